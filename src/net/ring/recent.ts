/** What was seen of late, by its name: bounded by count and by age, the oldest forgotten first. */
export class Recent<T> {
  readonly #lifeMs: number;
  readonly #max: number;
  /** In the order in which they came. */
  readonly #seen = new Map<string, { readonly value: T; readonly at: number }>();

  /** @param max names remembered */
  constructor(lifeMs: number, max: number) {
    this.#lifeMs = lifeMs;
    this.#max = max;
  }

  get size(): number {
    return this.#seen.size;
  }

  get(name: string, now: number): T | undefined {
    const entry = this.#seen.get(name);
    return entry !== undefined && now - entry.at < this.#lifeMs ? entry.value : undefined;
  }

  set(name: string, value: T, now: number): void {
    this.#seen.delete(name);
    this.#seen.set(name, { value, at: now });
    for (const [oldest, { at }] of this.#seen) {
      if (this.#seen.size <= this.#max && now - at < this.#lifeMs) return;
      this.#seen.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#seen.delete(name);
  }
}
