import { Malformed } from '../../src/net/bytes.js';
import { FrameType, KEEPALIVE_MS } from '../../src/net/constants.js';
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

/** Both ends of a session at the level of frames. Unlike a real one it sends nothing again: the core has to. */
export class FakeConnection implements Connection {
  static #last = 0;
  readonly id = ++FakeConnection.#last;
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

  want(): boolean {
    return false;
  }

  unwant(): void {}

  supply(): boolean {
    return false;
  }

  unsupply(): void {}

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
    this.ended(this);
    this.handler.closed(this, reason);
  }
}
