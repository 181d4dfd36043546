import { SILENCE_REDIAL_MS } from '../../net/constants.js';
import type { Clock } from '../runtime/actor.js';

/** While in doubt, one looks this often whether the connection was heard after all. */
const DOUBT_LOOK_MS = 250;

export interface SilenceOptions {
  readonly clock: Clock;
  /** Does the server owe us something: an answer, or an acknowledgement? */
  owed(): boolean;
  /** Monotonic time of the last authenticated packet. */
  heardAt(): number;
  /** Owed, and nothing heard for SILENCE_REDIAL_MS. */
  silent(): void;
  /** Something was heard after that. */
  heard(): void;
}

/**
 * Notices that a server is silent although it owes something. Costs a timer only while something is owed; on a
 * connection where nobody says anything that is the answer to the keepalive, see `asked` in session.ts.
 */
export class Silence {
  readonly #options: SilenceOptions;
  #timer: unknown;
  /** When the oldest thing that may be unanswered was sent. */
  #since = 0;
  #doubting = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** Something was sent, so that something is owed from now on. */
  watch(): void {
    const isWatching = this.#timer !== undefined;
    // What was heard since then answers for what was sent till then: silence counts from now.
    if (!isWatching || this.#options.heardAt() > this.#since) this.#since = this.#options.clock.now();
    if (!isWatching) this.#arm(SILENCE_REDIAL_MS);
  }

  /** Another connection, or none. */
  reset(): void {
    this.#doubting = false;
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, ms);
  }

  #look(): void {
    if (!this.#options.owed()) {
      if (this.#doubting) this.#believe();
      return;
    }
    const silentMs = this.#options.clock.now() - Math.max(this.#since, this.#options.heardAt());
    if (silentMs < SILENCE_REDIAL_MS) {
      if (this.#doubting) this.#believe();
      this.#arm(SILENCE_REDIAL_MS - silentMs);
      return;
    }
    this.#arm(DOUBT_LOOK_MS);
    if (this.#doubting) return;
    this.#doubting = true;
    this.#options.silent();
  }

  #believe(): void {
    this.#doubting = false;
    this.#options.heard();
  }
}
