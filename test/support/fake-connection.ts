import { Malformed } from '../../src/net/bytes.js';
import { FrameType, KEEPALIVE_MS, SUPPLIED_BYTES_MAX, WANTED_BYTES_MAX } from '../../src/net/constants.js';
import {
  CloseCode,
  type CloseReason,
  type Connection,
  type EndpointHandler,
  type PathAddress,
} from '../../src/net/types.js';
import type { VirtualTime } from './virtual-time.js';

/** What becomes of one frame: so many copies, each after so many ms; none is a loss. */
export type Fate = readonly number[];

export interface Frame {
  readonly toServer: boolean;
  readonly type: number;
  readonly body: Buffer;
}

/** Chunks travel so long, one way, and are never lost: a real connection sends them again by itself. */
const CHUNK_DELAY_MS = 5;

/** Both ends of a session at the level of frames. Unlike a real one it sends nothing again: the core has to. */
export class FakeConnection implements Connection {
  static #last = 0;
  readonly id = ++FakeConnection.#last;
  readonly dialled = true;
  readonly handshakeHash = Buffer.alloc(64, this.id);
  readonly path: PathAddress = { address: '127.0.0.1', port: 7777 };
  rttMs = 10;
  heardAt: number;
  owing = false;
  closed: CloseReason | undefined;
  outgoingMessages = 0;
  outgoingBytes = 0;
  owner: unknown;
  /** Whoever logged in over it. */
  user = '';
  /** What the client wants and has not got: bytes by chunk by transfer. */
  readonly wants = new Map<number, Map<number, number>>();
  /** What the client supplied and was not yet told to have arrived, by chunk by transfer. */
  readonly supplies = new Map<number, Map<number, Buffer>>();
  /** The server hears of one wanted chunk, of one record that came. */
  onWant: ((transfer: number, chunk: number) => void) | undefined;
  onSupply: ((transfer: number, chunk: number, record: Buffer) => void) | undefined;
  #handle = 0;
  readonly #datagrams = new Map<number, { type: number; body: Buffer }[]>();

  constructor(
    readonly time: VirtualTime,
    readonly remoteKey: Buffer,
    /** The client's static key. */
    readonly deviceKey: Buffer,
    readonly handler: EndpointHandler,
    readonly fate: (frame: Frame) => Fate,
    readonly received: (connection: FakeConnection, type: number, body: Buffer) => void,
    readonly ended: (connection: FakeConnection) => void,
    keepaliveMs: number = KEEPALIVE_MS,
  ) {
    this.heardAt = time.now();
    time.setTimeout(() => this.#keepAlive(keepaliveMs), keepaliveMs);
  }

  /** When nothing was heard for so long, asks and is answered like a frame, which has type PING here. */
  #keepAlive(everyMs: number): void {
    if (this.closed !== undefined) return;
    if (!this.owing && this.time.now() - this.heardAt >= everyMs) {
      this.owing = true;
      this.handler.asked?.(this);
      this.#ping();
    }
    this.time.setTimeout(
      () => this.#keepAlive(everyMs),
      Math.max(1_000, this.heardAt + everyMs - this.time.now()),
    );
  }

  /** Repeated as recovery would, once a second. */
  #ping(): void {
    if (this.closed !== undefined || !this.owing) return;
    const [there] = this.fate({ toServer: true, type: FrameType.Ping, body: Buffer.alloc(0) });
    const [back] = this.fate({ toServer: false, type: FrameType.Ack, body: Buffer.alloc(0) });
    if (there === undefined || back === undefined) {
      this.time.setTimeout(() => this.#ping(), 1_000);
      return;
    }
    this.time.setTimeout(() => {
      this.owing = false;
      this.heardAt = this.time.now();
    }, there + back);
  }

  send(type: number, body: Uint8Array): number {
    const handle = ++this.#handle;
    const frame = { toServer: true, type, body: Buffer.from(body) };
    for (const delayMs of this.fate(frame)) {
      this.time.setTimeout(() => {
        if (this.closed === undefined) this.received(this, type, frame.body);
      }, delayMs);
    }
    return handle;
  }

  /** From the server to the client. What is due at the same time arrives in one datagram, so in one turn. */
  deliver(type: number, body: Buffer): void {
    const copy = Buffer.from(body);
    for (const delayMs of this.fate({ toServer: false, type, body: copy })) {
      const due = this.time.now() + delayMs;
      const datagram = this.#datagrams.get(due);
      if (datagram !== undefined) {
        datagram.push({ type, body: copy });
        continue;
      }
      this.#datagrams.set(due, [{ type, body: copy }]);
      this.time.setTimeout(() => this.#arrive(due), delayMs);
    }
  }

  #arrive(due: number): void {
    const frames = this.#datagrams.get(due) ?? [];
    this.#datagrams.delete(due);
    this.heardAt = this.time.now();
    for (const { type, body } of frames) {
      if (this.closed === undefined) this.#take(type, Buffer.from(body));
    }
  }

  /** As a real connection: what cannot be read ends it. */
  #take(type: number, body: Buffer): void {
    try {
      this.handler.frame(this, type, body);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.close(CloseCode.Protocol, error.message);
    }
  }

  cancel(): void {}

  push(): void {}

  unpush(): void {}

  want(transfer: number, chunk: number, bytes: number): boolean {
    if (this.closed !== undefined) return false;
    const chunks = this.wants.get(transfer) ?? new Map<number, number>();
    if (chunks.has(chunk)) return true;
    const wanted = [...this.wants.values()].flatMap((each) => [...each.values()]);
    if (sum(wanted) + bytes > WANTED_BYTES_MAX) return false;
    this.wants.set(transfer, chunks.set(chunk, bytes));
    this.#later(() => {
      if (this.wants.get(transfer)?.has(chunk)) this.onWant?.(transfer, chunk);
    });
    return true;
  }

  unwant(transfer: number): void {
    this.wants.delete(transfer);
  }

  supply(transfer: number, chunk: number, record: Buffer): boolean {
    if (this.closed !== undefined) return false;
    const records = this.supplies.get(transfer) ?? new Map<number, Buffer>();
    if (records.has(chunk)) return true;
    const held = [...this.supplies.values()].flatMap((each) =>
      [...each.values()].map(({ length }) => length),
    );
    if (sum(held) + record.length > SUPPLIED_BYTES_MAX) return false;
    this.supplies.set(transfer, records.set(chunk, record));
    this.#later(() => {
      if (this.supplies.get(transfer)?.get(chunk) !== record) return;
      this.onSupply?.(transfer, chunk, record);
      this.#later(() => {
        if (this.supplies.get(transfer)?.get(chunk) !== record) return;
        this.supplies.get(transfer)?.delete(chunk);
        this.handler.supplied?.(this, transfer, chunk);
      });
    });
    return true;
  }

  unsupply(transfer: number): void {
    this.supplies.delete(transfer);
  }

  /** The server wants chunks of the client. */
  deliverWant(transfer: number, first: number, count: number): void {
    this.#later(() => this.handler.wanted?.(this, transfer, first, count));
  }

  /** The server sends a record, which is dropped unless it is wanted as long as it is. */
  deliverChunk(transfer: number, chunk: number, record: Buffer): void {
    this.#later(() => {
      if (this.wants.get(transfer)?.get(chunk) !== record.length) return;
      this.wants.get(transfer)?.delete(chunk);
      this.heardAt = this.time.now();
      const reused = Buffer.from(record);
      this.handler.chunk?.(this, transfer, chunk, reused);
      reused.fill(0);
    });
  }

  #later(run: () => void): void {
    this.time.setTimeout(() => {
      if (this.closed === undefined) run();
    }, CHUNK_DELAY_MS);
  }

  latest(_key: string, type: number, body: Uint8Array): void {
    this.send(type, body);
  }

  close(code: CloseCode, text: string): void {
    this.end({ code, text, local: true });
  }

  /** The connection is no more; the client is told. */
  end(reason: CloseReason = { code: CloseCode.Silent, text: 'nothing was heard', local: true }): void {
    if (this.closed !== undefined) return;
    this.closed = reason;
    this.wants.clear();
    this.supplies.clear();
    this.ended(this);
    this.handler.closed(this, reason);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
