/** What is averaged over: long enough to be read, short enough to notice that it stands still. */
const SMOOTHING_MS = 3_000;
/** Shorter steps are noise. */
const STEP_MS = 100;

/** Bytes a second, smoothed exponentially over the time there was: the slow start of a link weighs no more than it lasts. */
export class Speed {
  #sum = 0;
  /** What all steps so far weigh, from 0 up to 1. */
  #weight = 0;
  #bytes = 0;
  #since: number | undefined;

  /** So many bytes came just now (0: none did). */
  add(bytes: number, now: number): void {
    this.#since ??= now;
    this.#bytes += bytes;
    const ms = now - this.#since;
    if (ms < STEP_MS) return;
    const current = (this.#bytes * 1000) / ms;
    const weight = 1 - Math.exp(-ms / SMOOTHING_MS);
    this.#sum += (current - this.#sum) * weight;
    this.#weight += (1 - this.#weight) * weight;
    this.#bytes = 0;
    this.#since = now;
  }

  get perS(): number {
    return this.#weight === 0 ? 0 : Math.round(this.#sum / this.#weight);
  }

  /** It stands still, and begins anew. */
  reset(): void {
    this.#sum = 0;
    this.#weight = 0;
    this.#bytes = 0;
    this.#since = undefined;
  }
}
