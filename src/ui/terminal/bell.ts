/** Rings at most this often; ms. */
const EVERY_MS = 2_000;

/** Calls a person who looks elsewhere, but not for every word. */
export class Bell {
  readonly #ring: () => void;
  #rangAt = Number.NEGATIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @param now ms since 1970 */
  call(now: number): void {
    if (now - this.#rangAt < EVERY_MS) return;
    this.#rangAt = now;
    this.#ring();
  }
}
