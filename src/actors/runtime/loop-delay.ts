import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** How long a thread's event loop keeps timers waiting. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #worst = 0;

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** 99th percentile since the last reading, ms. What an inspector saw meanwhile counts with its worst glance. */
  readP99Ms(): number {
    const p99 = Math.max(this.#worst, this.#take());
    this.#worst = 0;
    return p99;
  }

  /** The same since the last glance, for an inspector: it takes nothing from whoever reads. */
  glanceP99Ms(): number {
    const p99 = this.#take();
    this.#worst = Math.max(this.#worst, p99);
    return p99;
  }

  #take(): number {
    const p99 = this.#histogram.percentile(99) / 1e6;
    this.#histogram.reset();
    // The histogram counts its own interval as delay.
    return Math.max(0, p99 - RESOLUTION_MS);
  }
}
