import { KEEPALIVE_MS, SILENCE_REDIAL_MS } from '../../net/constants.js';
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

/** Notices that a server is silent although it owes something. Costs a timer only while something is owed. */
export class Silence {
  readonly #options: SilenceOptions;
  #timer: unknown;
  #keepalive: unknown;
  #since = 0;
  #doubting = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** Something was sent, so that something is owed from now on. */
  watch(): void {
    this.#keepalive ??= this.#options.clock.setTimeout(() => this.#alive(), KEEPALIVE_MS);
    if (this.#timer !== undefined) return;
    this.#since = this.#options.clock.now();
    this.#arm(SILENCE_REDIAL_MS);
  }

  /** Another connection, or none. */
  reset(): void {
    this.#doubting = false;
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.reset();
    this.#options.clock.clearTimeout(this.#keepalive);
    this.#keepalive = undefined;
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

  /** The connection itself says nothing but keepalives now and then; those are owed an answer, too. */
  #alive(): void {
    this.#keepalive = undefined;
    this.watch();
  }
}
