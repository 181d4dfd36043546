import {
  IDLE_MS,
  KEEPALIVE_ATTENTIVE_MS,
  KEEPALIVE_MS,
  PROBE_AFTER_MS,
  PROBE_PATIENCE_MS,
} from './constants.js';
import type { ConnectionSeed } from './seam.js';

/** The endpoint was not asked for this long past a deadline: it slept, and silence means nothing. */
const SLEPT_MS = 10_000;

/**
 * Whether the peer is still there.
 *
 *   initiator   heard or sent --- keepaliveMs ---> PING ---- IDLE_MS since heard ----> dead
 *   responder   heard --------- PROBE_AFTER_MS --> PING ---- PROBE_PATIENCE_MS ------> dead
 *   peer        heard (who dialled: or sent)
 *                     - KEEPALIVE_ATTENTIVE_MS --> PING ---- PROBE_PATIENCE_MS ------> dead
 *
 * The initiator keeps its address binding open (RFC 9000 section 10.1.2) and learns of a server that is gone; it
 * gives up late, since whoever uses it dials again beside it. The responder asks only who lets nothing be heard:
 * others are waiting to know who is there. Of two peers either may be the one who has gone, or has moved.
 */
export class Liveness {
  /** Monotonic time of the last authentic packet. */
  heardAt: number;
  readonly #initiator: boolean;
  readonly #mutual: boolean;
  readonly #keepaliveMs: number;
  /** When the peer counts as gone. A responder that has not asked yet does not know. */
  #deadAt: number;

  constructor(seed: Pick<ConnectionSeed, 'initiator' | 'mutual' | 'keepaliveMs' | 'now'>) {
    const { initiator, mutual = false, now } = seed;
    this.#initiator = initiator;
    this.#mutual = mutual;
    this.#keepaliveMs = seed.keepaliveMs ?? (mutual ? KEEPALIVE_ATTENTIVE_MS : KEEPALIVE_MS);
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
      this.#deadAt = now + (this.#patient ? KEEPALIVE_MS : PROBE_PATIENCE_MS);
      return 'ask';
    }
    if (now < this.#askAt(sentAt, owed)) return 'alive';
    if (!this.#patient) this.#deadAt = now + PROBE_PATIENCE_MS;
    return 'ask';
  }

  /** Gives up late, and not because it asked. */
  get #patient(): boolean {
    return this.#initiator && !this.#mutual;
  }

  #deadAfter(now: number): number {
    return this.#patient ? now + IDLE_MS : Number.POSITIVE_INFINITY;
  }

  #askAt(sentAt: number, owed: boolean): number {
    if (this.#patient) {
      return owed ? Number.POSITIVE_INFINITY : Math.min(sentAt, this.heardAt) + this.#keepaliveMs;
    }
    // Asked once: recovery repeats it.
    const asked = this.#deadAt < Number.POSITIVE_INFINITY;
    if (asked) return Number.POSITIVE_INFINITY;
    if (!this.#mutual) return this.heardAt + PROBE_AFTER_MS;
    const quietSince = this.#initiator && !owed ? Math.min(sentAt, this.heardAt) : this.heardAt;
    return quietSince + this.#keepaliveMs;
  }
}
