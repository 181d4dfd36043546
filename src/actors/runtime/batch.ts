/**
 * The packed batch: every message from one thread to another of one turn and one lane, in one ArrayBuffer that
 * is transferred, never cloned. Numbers are in the machine's own byte order: a batch never leaves the process.
 *
 *            0        4        8        12        16                     24
 *   batch    | bytes  | count  | lane   | 0       | credit ctl, credit dt | envelope | envelope | ...
 *            0        4             8      12                       16       24         32        40
 *   envelope | body   | type 16     | ask  | to kind 8, from kind 8, | to key | from key | sentAt  | body, padded to 8
 *            | bytes  | what 16     | id   | asking thread 8         | f64    | f64      | f64 ms  |
 *
 * Keys are below 2^48, so a double holds them exactly.
 */
import { type Address, type Kind, MailLane } from './actor.js';
import { BATCH_MAX_BYTES, bufferBytes, giveBuffer, takeBuffer } from './buffers.js';

const BATCH_HEADER_BYTES = 24;
const ENVELOPE_BYTES = 40;
/** A body larger than this is a fault of the sender. */
export const BODY_MAX_BYTES = 4 * 1024 * 1024;
/** What an envelope carries. Watch, Unwatch and Terminated are between runtimes, no actor sees them. */
export const What = { Tell: 0, Ask: 1, Reply: 2, Refusal: 3, Watch: 4, Unwatch: 5, Terminated: 6 } as const;
export type What = (typeof What)[keyof typeof What];

/** The bytes an envelope takes with its body. */
export function envelopeBytes(bodyBytes: number): number {
  return ENVELOPE_BYTES + ((bodyBytes + 7) & ~7);
}

/** Who is told when the last message of a batch was handled, so that its bytes are credited to the sender. */
export interface BatchOwner {
  handled(batch: Batch): void;
  /** There are enough like its buffer here. */
  spare(buffer: ArrayBuffer): void;
}

/** A batch that came in. It is read in place; mailboxes hold (batch, offset), and the last one to let go releases it. */
export class Batch {
  readonly buffer: ArrayBuffer;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly owner: BatchOwner | undefined;
  #pending: number;

  constructor(buffer: ArrayBuffer, owner?: BatchOwner) {
    this.buffer = buffer;
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.owner = owner;
    this.#pending = this.count;
  }

  get bytes(): number {
    return this.u32[0] as number;
  }

  get count(): number {
    return this.u32[1] as number;
  }

  get lane(): MailLane {
    return this.u32[2] as MailLane;
  }

  /** The offset of the first envelope. */
  get first(): number {
    return BATCH_HEADER_BYTES;
  }

  /** The offset of the envelope behind the one at `at`. */
  after(at: number): number {
    return at + envelopeBytes(this.u32[at >> 2] as number);
  }

  what(at: number): What {
    return ((this.u32[(at >> 2) + 1] as number) >>> 16) as What;
  }

  type(at: number): number {
    return (this.u32[(at >> 2) + 1] as number) & 0xffff;
  }

  askId(at: number): number {
    return this.u32[(at >> 2) + 2] as number;
  }

  askThread(at: number): number {
    return ((this.u32[(at >> 2) + 3] as number) >>> 16) & 0xff;
  }

  toKind(at: number): Kind {
    return ((this.u32[(at >> 2) + 3] as number) & 0xff) as Kind;
  }

  fromKind(at: number): Kind {
    return (((this.u32[(at >> 2) + 3] as number) >>> 8) & 0xff) as Kind;
  }

  toKey(at: number): number {
    return this.f64[(at >> 3) + 2] as number;
  }

  fromKey(at: number): number {
    return this.f64[(at >> 3) + 3] as number;
  }

  sentAt(at: number): number {
    return this.f64[(at >> 3) + 4] as number;
  }

  /** A view of the body, valid until the message is let go. */
  body(at: number): Buffer {
    return Buffer.from(this.buffer, at + ENVELOPE_BYTES, this.u32[at >> 2] as number);
  }

  to(at: number): Address {
    return { kind: this.toKind(at), key: this.toKey(at) };
  }

  from(at: number): Address {
    return { kind: this.fromKind(at), key: this.fromKey(at) };
  }

  /** One message of this batch was handled, dropped or copied out. */
  release(): void {
    this.#pending--;
    if (this.#pending > 0) return;
    this.owner?.handled(this);
    if (!giveBuffer(this.buffer)) this.owner?.spare(this.buffer);
  }

  /** It was empty, and only carried credit or its buffer. */
  discard(): void {
    giveBuffer(this.buffer);
  }

  /** A batch of its own that holds only the message at `at`: for mail that may wait long. */
  extract(at: number): Batch {
    const bytes = this.after(at) - at;
    const buffer = new ArrayBuffer(BATCH_HEADER_BYTES + bytes);
    new Uint8Array(buffer).set(new Uint8Array(this.buffer, at, bytes), BATCH_HEADER_BYTES);
    const head = new Uint32Array(buffer, 0, 3);
    head[0] = buffer.byteLength;
    head[1] = 1;
    head[2] = this.lane;
    return new Batch(buffer);
  }
}

const NO_U32 = new Uint32Array(0);
const NO_F64 = new Float64Array(0);
const NO_U8 = new Uint8Array(0);

/** Collects the messages of one lane for one thread. */
export class BatchWriter {
  readonly lane: MailLane;
  #buffer: ArrayBuffer | undefined;
  #u32 = NO_U32;
  #f64 = NO_F64;
  #u8 = NO_U8;
  #bytes = BATCH_HEADER_BYTES;
  #count = 0;

  constructor(lane: MailLane) {
    this.lane = lane;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes written, header included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the batch costs; see `batchCost`. */
  get cost(): number {
    return bufferBytes(this.#bytes);
  }

  /** Copies one message in. RangeError when the body is above BODY_MAX_BYTES. */
  add(
    what: What,
    type: number,
    to: Address,
    from: Address,
    askId: number,
    askThread: number,
    sentAt: number,
    body: Uint8Array,
  ): void {
    const length = body.length;
    if (length > BODY_MAX_BYTES)
      throw new RangeError(`a message body of ${length} bytes is above ${BODY_MAX_BYTES}`);
    const at = this.#bytes;
    const end = at + ENVELOPE_BYTES + ((length + 7) & ~7);
    if (end > this.#u8.length) this.#grow(end);
    const u32 = this.#u32;
    const f64 = this.#f64;
    const word = at >> 2;
    u32[word] = length;
    u32[word + 1] = type | (what << 16);
    u32[word + 2] = askId;
    u32[word + 3] = to.kind | (from.kind << 8) | (askThread << 16);
    const double = at >> 3;
    f64[double + 2] = to.key;
    f64[double + 3] = from.key;
    f64[double + 4] = sentAt;
    if (length > 0) this.#u8.set(body, at + ENVELOPE_BYTES);
    this.#bytes = end;
    this.#count++;
  }

  /** Hands the batch over, ready to be transferred, and begins a new one. */
  take(): ArrayBuffer {
    const buffer = this.#buffer ?? this.#grow(BATCH_HEADER_BYTES);
    const u32 = this.#u32;
    // Pooled buffers hold old bytes: every word of the header is written.
    u32[0] = this.#bytes;
    u32[1] = this.#count;
    u32[2] = this.lane;
    u32[3] = 0;
    u32[4] = 0;
    u32[5] = 0;
    this.#buffer = undefined;
    this.#u32 = NO_U32;
    this.#f64 = NO_F64;
    this.#u8 = NO_U8;
    this.#bytes = BATCH_HEADER_BYTES;
    this.#count = 0;
    return buffer;
  }

  #grow(need: number): ArrayBuffer {
    const larger = takeBuffer(need > BATCH_MAX_BYTES ? Math.max(need, this.#u8.length * 2) : need);
    const bytes = new Uint8Array(larger);
    if (this.#bytes > BATCH_HEADER_BYTES) bytes.set(this.#u8.subarray(0, this.#bytes));
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = larger;
    this.#u8 = bytes;
    this.#u32 = new Uint32Array(larger);
    this.#f64 = new Float64Array(larger);
    return larger;
  }
}

/** What a batch costs whoever sends it: the buffer it needs, since that is what a stuck receiver would hold. */
export function batchCost(buffer: ArrayBuffer): number {
  return bufferBytes(new Uint32Array(buffer, 0, 1)[0] as number);
}

/** Makes a batch without messages of a buffer: it carries credit, and goes back to whoever has use for it. */
export function emptyBatch(buffer: ArrayBuffer): ArrayBuffer {
  new Uint32Array(buffer, 0, BATCH_HEADER_BYTES / 4).set([BATCH_HEADER_BYTES, 0, MailLane.Control, 0, 0, 0]);
  return buffer;
}

/** Writes how many bytes of each lane its receiver has handled into a batch that is about to go. */
export function writeCredit(buffer: ArrayBuffer, control: number, data: number): void {
  const words = new Uint32Array(buffer, 16, 2);
  words[0] = control;
  words[1] = data;
}
