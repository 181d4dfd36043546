import { Writer } from '../net/bytes.js';
import { Valve } from './valve.js';

/** What a message costs besides its body, roughly: a lane is bounded in bytes, a mailbox in messages. */
const ENVELOPE_BYTES = 64;

interface Waiting {
  readonly type: number;
  readonly body: Buffer;
}

export interface ConduitOptions {
  /** On the data lane, so that order is kept. */
  readonly tell: (type: number, body: Uint8Array) => void;
  /** The type of a message whose number (varint) the other end tells back. */
  readonly mark: number;
}

/**
 * Messages to one actor on another thread, all in order and none lost: what it does not take now waits here. What
 * waits is bounded by whoever tells, which must look at `waitingBytes`.
 */
export class Conduit {
  /** Of messages that wait here, without those under way. */
  waitingBytes = 0;
  readonly #options: ConduitOptions;
  readonly #valve: Valve;
  readonly #writer = new Writer(16);
  #waiting: Waiting[] = [];

  constructor(options: ConduitOptions) {
    this.#options = options;
    this.#valve = new Valve((mark) => options.tell(options.mark, this.#writer.reset().varint(mark).view()));
  }

  /** Copies `body` if it has to wait. */
  tell(type: number, body: Uint8Array): void {
    if (this.#waiting.length === 0 && this.#valve.open) {
      this.#pass(type, body);
      return;
    }
    this.waitingBytes += body.length + ENVELOPE_BYTES;
    this.#waiting.push({ type, body: Buffer.from(body) });
  }

  /** The other end told a mark back. */
  marked(mark: number): void {
    this.#valve.marked(mark);
    let passed = 0;
    for (const { type, body } of this.#waiting) {
      if (!this.#valve.open) break;
      passed++;
      this.waitingBytes -= body.length + ENVELOPE_BYTES;
      this.#pass(type, body);
    }
    if (passed > 0) this.#waiting = this.#waiting.slice(passed);
  }

  /** The other end has begun a new life. */
  reset(): void {
    this.#valve.reset();
    this.#waiting = [];
    this.waitingBytes = 0;
  }

  #pass(type: number, body: Uint8Array): void {
    this.#options.tell(type, body);
    this.#valve.pass(body.length + ENVELOPE_BYTES);
  }
}
