import type { Clock } from '../../runtime/actor.js';

/** Notices when nothing moved for a while. */
export class Stillness {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #stands: () => void;
  #movedAt = Number.NEGATIVE_INFINITY;
  #timer: unknown;

  /** @param stands called once after `ms` without a move; `watch` begins anew */
  constructor(clock: Clock, ms: number, stands: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#stands = stands;
  }

  /** Something moved just now. */
  moved(): void {
    this.#movedAt = this.#clock.now();
  }

  /** Nothing has moved for so long, whether that is watched or not. */
  get isStill(): boolean {
    return this.#clock.now() - this.#movedAt >= this.#ms;
  }

  /** From now on. */
  watch(): void {
    this.stop();
    this.moved();
    this.#look();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  /** A timer is set once, not with each move. */
  #look(): void {
    const left = this.#movedAt + this.#ms - this.#clock.now();
    if (left > 0) this.#timer = this.#clock.setTimeout(() => this.#look(), left);
    else this.#stands();
  }
}
