/** Bytes that may leave at once after a pause. */
const BURST_PACKETS = 10;
/** Timers are a millisecond coarse: at high rates this much time's worth may leave at once. */
const BURST_MS = 2;
/** But no more than a receive buffer of the usual 208 KiB holds. */
const BURST_BYTES_MAX = 160_000;
/** Waiting for less than a timer's worth would wake the thread for every packet. */
const QUANTUM_MS = 1;

/** A token bucket: spreads what the window allows over the round trip (RFC 9002 section 7.7). */
export class Pacer {
  /** Bytes per millisecond. */
  rate = 0;
  packetBytes: number;
  #budget = 0;
  #filledAt: number;

  constructor(packetBytes: number, now: number) {
    this.packetBytes = packetBytes;
    this.#filledAt = now;
    this.#budget = BURST_PACKETS * packetBytes;
  }

  /** One more packet may leave. */
  ready(now: number): boolean {
    if (this.#budget > 0) return true;
    this.#fill(now);
    return this.#budget > 0;
  }

  /** When enough may leave to be worth a wake-up. */
  readyAt(): number {
    const quantum = Math.max(1, Math.min(this.#burst / 2, this.rate * QUANTUM_MS));
    return this.#filledAt + (quantum - this.#budget) / this.rate;
  }

  sent(bytes: number): void {
    this.#budget -= bytes;
  }

  get #burst(): number {
    return Math.max(BURST_PACKETS * this.packetBytes, Math.min(BURST_BYTES_MAX, this.rate * BURST_MS));
  }

  #fill(now: number): void {
    this.#budget = Math.min(this.#burst, this.#budget + (now - this.#filledAt) * this.rate);
    this.#filledAt = now;
  }
}
