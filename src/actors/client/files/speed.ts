/** What is averaged over: long enough to be read, short enough to notice that it stands still. */
const SMOOTHING_MS = 3_000;
/** Shorter steps are noise. */
const STEP_MS = 100;

/** Bytes a second, smoothed exponentially. */
export class Speed {
  #perS = 0;
  #bytes = 0;
  #since: number | undefined;
  #seeded = false;

  /** So many bytes came just now (0: none did). */
  add(bytes: number, now: number): void {
    this.#since ??= now;
    this.#bytes += bytes;
    const ms = now - this.#since;
    if (ms < STEP_MS) return;
    const current = (this.#bytes * 1000) / ms;
    const weight = this.#seeded ? 1 - Math.exp(-ms / SMOOTHING_MS) : 1;
    this.#perS += (current - this.#perS) * weight;
    this.#seeded = true;
    this.#bytes = 0;
    this.#since = now;
  }

  get perS(): number {
    return Math.round(this.#perS);
  }

  /** It stands still, and begins anew. */
  reset(): void {
    this.#perS = 0;
    this.#bytes = 0;
    this.#since = undefined;
    this.#seeded = false;
  }
}
