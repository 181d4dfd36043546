import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Chart } from '../../chart/chart.js';
import type { Drawing } from '../../chart/drawing.js';

/** ELK takes some tens of megabytes, which go with its thread. */
const IDLE_MS = 5_000;
const HEAP_MB = 512;
/** A few times what the largest chart needs on a slow machine. */
const DEADLINE_MS = 20_000;

/** One thread that lays out charts, made at the first one and gone again when idle. */
export class LayoutPool {
  #pool: Piscina<Chart, Drawing> | undefined;

  /** As `layoutChart`, somewhere else. Rejects when that takes too long, or when the pool is closed meanwhile. */
  async layout(chart: Chart): Promise<Drawing> {
    this.#pool ??= startPool();
    return this.#pool.run(chart, { name: 'layoutChart', signal: AbortSignal.timeout(DEADLINE_MS) });
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }
}

function startPool(): Piscina<Chart, Drawing> {
  const pool = new Piscina<Chart, Drawing>({
    filename: fileURLToPath(new URL('./layout.js', import.meta.url)),
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // A thread that fails without a task has nobody to tell, and would end the process.
  pool.on('error', () => undefined);
  return pool;
}
