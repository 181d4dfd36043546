import { IDLE_MS, KEEPALIVE_MS } from './constants.js';

/** The endpoint was not asked for this long past a deadline: it slept, and silence means nothing. */
const SLEPT_MS = 10_000;

/**
 * Whether the peer is still there. The initiator keeps its address binding open with a PING every
 * KEEPALIVE_MS without traffic (RFC 9000 section 10.1.2); both ends give up after IDLE_MS of silence.
 */
export class Liveness {
  /** Monotonic time of the last authentic packet. */
  heardAt: number;
  #idleAt: number;
  readonly #initiator: boolean;

  constructor(initiator: boolean, now: number) {
    this.#initiator = initiator;
    this.heardAt = now;
    this.#idleAt = now + IDLE_MS;
  }

  heard(now: number): void {
    this.heardAt = now;
    this.#idleAt = now + IDLE_MS;
  }

  /** @param owed an ack is owed to us: probes keep the binding open then */
  deadline(sentAt: number, owed: boolean): number {
    return Math.min(this.#idleAt, this.#keepaliveAt(sentAt, owed));
  }

  /** What the time asks for: to give up, to ask whether the peer is there, or nothing. */
  check(sentAt: number, owed: boolean, now: number): 'dead' | 'ask' | 'alive' {
    if (now >= this.#idleAt) {
      if (now - this.#idleAt < SLEPT_MS) return 'dead';
      // The whole machine slept, so the silence was ours: the peer gets another chance.
      this.#idleAt = now + KEEPALIVE_MS;
      return 'ask';
    }
    return now >= this.#keepaliveAt(sentAt, owed) ? 'ask' : 'alive';
  }

  #keepaliveAt(sentAt: number, owed: boolean): number {
    if (!this.#initiator || owed) return Number.POSITIVE_INFINITY;
    return Math.min(sentAt, this.heardAt) + KEEPALIVE_MS;
  }
}
