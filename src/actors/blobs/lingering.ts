/** A file stays open so long after its last use: whoever comes back soon needs no second look at what was verified. */
const LINGER_MS = 5 * 60_000;
/** Files that stay open so; each takes two handles. */
const LINGERING_MAX = 128;

/** Files that nobody uses just now, oldest first. */
export class Lingering {
  readonly #close: (number: number) => void;
  readonly #since = new Map<number, number>();

  constructor(close: (number: number) => void) {
    this.#close = close;
  }

  get size(): number {
    return this.#since.size;
  }

  /** Nobody uses it from now on. */
  add(number: number, now: number): void {
    this.#since.delete(number);
    this.#since.set(number, now);
    const [oldest] = this.#since.keys();
    if (this.#since.size > LINGERING_MAX && oldest !== undefined) this.#end(oldest);
  }

  /** It is used again, or closed already. */
  delete(number: number): void {
    this.#since.delete(number);
  }

  tick(now: number): void {
    for (const [number, since] of this.#since) {
      if (now - since < LINGER_MS) return;
      this.#end(number);
    }
  }

  #end(number: number): void {
    this.#since.delete(number);
    this.#close(number);
  }
}
