import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** How long a thread's event loop keeps timers waiting. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** 99th percentile since the last reading, ms. */
  readP99Ms(): number {
    const p99 = this.#histogram.percentile(99) / 1e6;
    this.#histogram.reset();
    // The histogram counts its own interval as delay.
    return Math.max(0, p99 - RESOLUTION_MS);
  }
}
