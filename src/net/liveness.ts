import { IDLE_MS, KEEPALIVE_MS, PROBE_AFTER_MS, PROBE_PATIENCE_MS } from './constants.js';

/** The endpoint was not asked for this long past a deadline: it slept, and silence means nothing. */
const SLEPT_MS = 10_000;

/**
 * Whether the peer is still there.
 *
 *   initiator   heard or sent --- keepaliveMs ---> PING ---- IDLE_MS since heard ----> dead
 *   responder   heard --------- PROBE_AFTER_MS --> PING ---- PROBE_PATIENCE_MS ------> dead
 *
 * The initiator keeps its address binding open (RFC 9000 section 10.1.2) and learns of a server that is gone; it
 * gives up late, since whoever uses it dials again beside it. The responder asks only who lets nothing be heard:
 * others are waiting to know who is there.
 */
export class Liveness {
  /** Monotonic time of the last authentic packet. */
  heardAt: number;
  readonly #initiator: boolean;
  readonly #keepaliveMs: number;
  /** When the peer counts as gone. A responder that has not asked yet does not know. */
  #deadAt: number;

  constructor(initiator: boolean, now: number, keepaliveMs = KEEPALIVE_MS) {
    this.#initiator = initiator;
    this.#keepaliveMs = keepaliveMs;
    this.heardAt = now;
    this.#deadAt = this.#deadAfter(now);
  }

  heard(now: number): void {
    this.heardAt = now;
    this.#deadAt = this.#deadAfter(now);
  }

  /** @param owed an ack is owed to us: recovery's probes ask already */
  deadline(sentAt: number, owed: boolean): number {
    return Math.min(this.#deadAt, this.#askAt(sentAt, owed));
  }

  /** What the time asks for: to give up, to ask whether the peer is there, or nothing. */
  check(sentAt: number, owed: boolean, now: number): 'dead' | 'ask' | 'alive' {
    if (now >= this.#deadAt) {
      if (now - this.#deadAt < SLEPT_MS) return 'dead';
      // The whole machine slept, so the silence was ours: the peer gets another chance.
      this.#deadAt = now + (this.#initiator ? KEEPALIVE_MS : PROBE_PATIENCE_MS);
      return 'ask';
    }
    if (now < this.#askAt(sentAt, owed)) return 'alive';
    if (!this.#initiator) this.#deadAt = now + PROBE_PATIENCE_MS;
    return 'ask';
  }

  #deadAfter(now: number): number {
    return this.#initiator ? now + IDLE_MS : Number.POSITIVE_INFINITY;
  }

  #askAt(sentAt: number, owed: boolean): number {
    if (this.#initiator) {
      return owed ? Number.POSITIVE_INFINITY : Math.min(sentAt, this.heardAt) + this.#keepaliveMs;
    }
    // Asked once: recovery repeats it.
    const asked = this.#deadAt < Number.POSITIVE_INFINITY;
    return asked ? Number.POSITIVE_INFINITY : this.heardAt + PROBE_AFTER_MS;
  }
}
