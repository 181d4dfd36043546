import type { Clock } from '../../runtime/actor.js';

/** A wait that somebody may cut short. */
export class Nap {
  readonly #clock: Clock;
  #timer: unknown;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or when `end` is called. One at a time: an earlier one ends. */
  sleep(ms: number): Promise<void> {
    this.end();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#clock.setTimeout(() => this.end(), ms);
    });
  }

  end(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.#clock.clearTimeout(this.#timer);
    wake?.();
  }
}
