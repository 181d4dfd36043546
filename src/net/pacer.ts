/** Bytes that may leave at once after a pause. */
const BURST_PACKETS = 10;
/** Timers are a millisecond coarse: at high rates this much time's worth may leave at once. */
const BURST_MS = 2;

/** A token bucket: spreads what the window allows over the round trip (RFC 9002 section 7.7). */
export class Pacer {
  /** Bytes per millisecond. */
  rate = 0;
  #budget = 0;
  #filledAt: number;
  #packetBytes: number;

  constructor(packetBytes: number, now: number) {
    this.#packetBytes = packetBytes;
    this.#filledAt = now;
    this.#budget = BURST_PACKETS * packetBytes;
  }

  /** One more packet may leave. */
  ready(now: number): boolean {
    if (this.#budget > 0) return true;
    this.#fill(now);
    return this.#budget > 0;
  }

  /** When `ready` will be true. */
  readyAt(): number {
    return this.#filledAt + (1 - this.#budget) / this.rate;
  }

  sent(bytes: number): void {
    this.#budget -= bytes;
  }

  #fill(now: number): void {
    const burst = Math.max(BURST_PACKETS * this.#packetBytes, this.rate * BURST_MS);
    this.#budget = Math.min(burst, this.#budget + (now - this.#filledAt) * this.rate);
    this.#filledAt = now;
  }
}
