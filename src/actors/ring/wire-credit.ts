import {
  CHUNK_RECORD_MAX_BYTES,
  OUTGOING_BYTES_MAX,
  OUTGOING_MESSAGES_MAX,
  SUPPLIED_BYTES_MAX,
  WANTED_BYTES_MAX,
} from '../../net/constants.js';

/** Left to what the connection itself queues: its WANTs, and the heads of frames. */
const FRAMES_MAX = OUTGOING_MESSAGES_MAX - 64;
const FRAME_BYTES_MAX = OUTGOING_BYTES_MAX - 16 * 1024;

/** Records of all transfers of one wire, by chunk: how many bytes each has, and all together. */
class Ledger {
  readonly #max: number;
  readonly #transfers = new Map<number, Map<number, number>>();
  #bytes = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns whether it is new; undefined when its bound is reached */
  add(transfer: number, chunk: number, bytes: number): boolean | undefined {
    if (bytes < 1 || bytes > CHUNK_RECORD_MAX_BYTES) throw new RangeError(`a record of ${bytes} bytes`);
    const chunks = this.#transfers.get(transfer) ?? new Map<number, number>();
    if (chunks.has(chunk)) return false;
    if (this.#bytes + bytes > this.#max) return undefined;
    this.#transfers.set(transfer, chunks.set(chunk, bytes));
    this.#bytes += bytes;
    return true;
  }

  /** @returns whether it was there */
  remove(transfer: number, chunk: number): boolean {
    const chunks = this.#transfers.get(transfer);
    const bytes = chunks?.get(chunk);
    if (chunks === undefined || bytes === undefined) return false;
    chunks.delete(chunk);
    if (chunks.size === 0) this.#transfers.delete(transfer);
    this.#bytes -= bytes;
    return true;
  }

  removeAll(transfer: number): void {
    for (const bytes of this.#transfers.get(transfer)?.values() ?? []) this.#bytes -= bytes;
    this.#transfers.delete(transfer);
  }
}

/**
 * What is owed over one wire whose connection lives on another thread: the connection's own bounds, counted on this
 * side, so that an answer needs no question. It errs on the safe side by what is on its way between the threads.
 *
 *     told ............ | on its way | taken: held | arrived
 */
export class WireCredit {
  readonly wanted = new Ledger(WANTED_BYTES_MAX);
  readonly supplied = new Ledger(SUPPLIED_BYTES_MAX);
  rttMs: number | undefined;
  #told = 0;
  #toldBytes = 0;
  #taken = 0;
  #takenBytes = 0;
  #held = 0;
  #heldBytes = 0;

  /** Counts a frame. @returns false when there is no room for it */
  send(bytes: number): boolean {
    const frames = this.#told - this.#taken + this.#held;
    const waiting = this.#toldBytes - this.#takenBytes + this.#heldBytes;
    if (frames >= FRAMES_MAX || waiting + bytes > FRAME_BYTES_MAX) return false;
    this.#told++;
    this.#toldBytes += bytes;
    return true;
  }

  /** The other thread has taken in so much since the wire was opened, and its connection holds so much of it. */
  load(taken: number, takenBytes: number, held: number, heldBytes: number): void {
    this.#taken = taken;
    this.#takenBytes = takenBytes;
    this.#held = held;
    this.#heldBytes = heldBytes;
  }
}
