import { ACK_DELAY_MAX_MS, GRANULARITY_MS, INITIAL_RTT_MS } from './constants.js';

/**
 * An event loop runs its timers late, and the peer's delayed ack waits for one: without this slack every
 * small round trip would end in a needless probe.
 */
const TIMER_SLACK_MS = 10;

/** Round-trip time as RFC 9002 section 5 estimates it. Milliseconds. */
export class RoundTrip {
  smoothed = INITIAL_RTT_MS;
  variation = INITIAL_RTT_MS / 2;
  /** The last sample, less the delay the peer reported. */
  latest = INITIAL_RTT_MS;
  sampled = false;
  #min = Number.POSITIVE_INFINITY;

  sample(rttMs: number, ackDelayMs: number): void {
    this.#min = Math.min(this.#min, rttMs);
    const delay = Math.min(ackDelayMs, ACK_DELAY_MAX_MS);
    const adjusted = rttMs - delay >= this.#min ? rttMs - delay : rttMs;
    this.latest = adjusted;
    if (!this.sampled) {
      this.sampled = true;
      this.smoothed = adjusted;
      this.variation = adjusted / 2;
      return;
    }
    this.variation += (Math.abs(this.smoothed - adjusted) - this.variation) / 4;
    this.smoothed += (adjusted - this.smoothed) / 8;
  }

  /** A new path: nothing is known. */
  reset(): void {
    this.smoothed = INITIAL_RTT_MS;
    this.variation = INITIAL_RTT_MS / 2;
    this.latest = INITIAL_RTT_MS;
    this.sampled = false;
    this.#min = Number.POSITIVE_INFINITY;
  }

  /** RFC 9002 section 6.2.1, without backoff; but people wait for the first packets, so these wait less. */
  get probeTimeout(): number {
    if (!this.sampled) return this.smoothed + ACK_DELAY_MAX_MS;
    return this.smoothed + Math.max(4 * this.variation, GRANULARITY_MS, TIMER_SLACK_MS) + ACK_DELAY_MAX_MS;
  }
}
