/** Sums of fractions miss whole numbers by about this. */
const ROUNDING = 1e-6;

/** A token bucket: `perS` tokens a second, at most `burst` of them saved. Time is handed in, in milliseconds. */
export class Bucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perS: number, burst: number, now: number) {
    this.#perMs = perS / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /**
   * Takes tokens if there is one: for what comes as a whole the bucket goes into debt, and has nothing until that is
   * paid. @returns 0, or the milliseconds until there is one.
   */
  take(now: number, count = 1): number {
    const waitMs = this.waitMs(now);
    if (waitMs === 0) this.#tokens -= count;
    return waitMs;
  }

  /** Takes tokens for what is done already, if there are any or not. */
  charge(count: number): void {
    this.#tokens -= count;
  }

  /** @returns 0 while there is a token, or the milliseconds until there is one. */
  waitMs(now: number): number {
    this.#refill(now);
    if (this.#tokens >= 1 - ROUNDING) return 0;
    return Math.ceil((1 - this.#tokens) / this.#perMs - ROUNDING);
  }

  /** Gives one token back. */
  give(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  full(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** Keys at which full buckets are thrown out: those remember nothing. */
const SWEEP_AT = 10_000;

/** One bucket per key: addresses, accounts. Memory is bounded by the keys that are not at rest. */
export class Buckets {
  readonly #perS: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = SWEEP_AT;

  constructor(perS: number, burst: number) {
    this.#perS = perS;
    this.#burst = burst;
  }

  /** As of one bucket. @returns 0, or the milliseconds until this key has a token again. */
  take(key: string, now: number, count = 1): number {
    return this.#bucket(key, now).take(now, count);
  }

  /** As of one bucket. */
  charge(key: string, now: number, count: number): void {
    this.#bucket(key, now).charge(count);
  }

  /** As `take`, without taking. */
  waitMs(key: string, now: number): number {
    return this.#buckets.get(key)?.waitMs(now) ?? 0;
  }

  give(key: string): void {
    this.#buckets.get(key)?.give();
  }

  #bucket(key: string, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (bucket !== undefined) return bucket;
    this.#sweep(now);
    bucket = new Bucket(this.#perS, this.#burst, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #sweep(now: number): void {
    if (this.#buckets.size < this.#sweepAt) return;
    for (const [key, bucket] of this.#buckets) if (bucket.full(now)) this.#buckets.delete(key);
    this.#sweepAt = Math.max(SWEEP_AT, this.#buckets.size * 2);
  }
}
