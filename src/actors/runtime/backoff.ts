/** Restarts allowed within a period (OTP's intensity and period). */
export interface RestartIntensity {
  readonly intensity: number;
  readonly periodMs: number;
}

const RESTART_INTENSITY: RestartIntensity = { intensity: 5, periodMs: 60_000 };
const FIRST_MS = 50;
const MAX_MS = 5_000;

/**
 * Decides whether something that failed may start again, and when: at once-ish the first time, then waiting
 * twice as long each time, forgetting failures older than the period.
 */
export class RestartBudget {
  readonly #limit: RestartIntensity;
  #failures: number[] = [];

  constructor(limit: RestartIntensity = RESTART_INTENSITY) {
    this.#limit = limit;
  }

  /** Milliseconds to wait before the restart, or undefined when the budget is spent. */
  next(now: number): number | undefined {
    this.#failures = this.#failures.filter((at) => now - at < this.#limit.periodMs);
    if (this.#failures.length >= this.#limit.intensity) return undefined;
    const delay = Math.min(MAX_MS, FIRST_MS * 2 ** this.#failures.length);
    this.#failures.push(now);
    return delay;
  }
}
