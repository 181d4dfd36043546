import type { Address } from './actor.js';
import { addressText } from './address.js';

/** Why a message reached nobody. */
export type DeadLetterReason =
  /** No actor of that kind lives here. */
  | 'nobody'
  /** The receiver's mailbox was full. */
  | 'mailbox'
  /** Too much already waited for that thread. */
  | 'outbox'
  /** The receiver was given up, or stopped before it came to this message. */
  | 'gone';

export interface DeadLetter {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly reason: DeadLetterReason;
  readonly type: number;
  readonly to: string;
  readonly from: string;
  readonly bytes: number;
}

const KEPT = 256;

/** The last messages that reached nobody, without their bodies, and how many there were in all. */
export class DeadLetters {
  readonly #ring: DeadLetter[] = [];
  #count = 0;

  /** All since the thread started. */
  get count(): number {
    return this.#count;
  }

  add(at: number, reason: DeadLetterReason, type: number, to: Address, from: Address, bytes: number): void {
    this.#ring[this.#count % KEPT] = {
      at,
      reason,
      type,
      to: addressText(to),
      from: addressText(from),
      bytes,
    };
    this.#count++;
  }

  /** Oldest first, at most 256. */
  list(): DeadLetter[] {
    const start = this.#count > KEPT ? this.#count % KEPT : 0;
    return [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
  }
}
