import { Bucket } from './bucket.js';

/**
 * Token buckets per network, after wireguard-go's ratelimiter, in a bounded table. Asked only after a token
 * has proven the source: otherwise whoever forges an address could use up its owner's share.
 */
export class RateLimiter {
  readonly #perS: number;
  readonly #burst: number;
  readonly #max: number;
  /** In the order of last use, so the first is the one to forget. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perS: number, burst: number, addressesMax: number) {
    this.#perS = perS;
    this.#burst = burst;
    this.#max = addressesMax;
  }

  /** Addresses remembered, at most `addressesMax`. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token of that address's network; false when it has none left. */
  take(address: string, now: number): boolean {
    const network = networkOf(address);
    const bucket = this.#buckets.get(network) ?? new Bucket(this.#perS, this.#burst, now);
    this.#buckets.delete(network);
    if (this.#buckets.size >= this.#max) this.#forgetOldest();
    this.#buckets.set(network, bucket);
    return bucket.take(now) === 0;
  }

  #forgetOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}

const MAPPED = '::ffff:';

/** What one customer has at the least: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length;
    for (let missing = 8 - groups.length - behind; missing > 0; missing--) groups.push('0');
    if (tail !== '') groups.push(...tail.split(':'));
  }
  return groups.slice(0, 4).join(':');
}
