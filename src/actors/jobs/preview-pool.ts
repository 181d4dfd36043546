import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { NoPreview, Preview } from '../../chat/preview.js';
import type { PreviewTask } from './preview.js';

/** A hostile picture may keep a decoder busy for ever. */
const DEADLINE_MS = 5_000;
/** A decoder's memory is only given back with its thread. */
const IDLE_MS = 2_000;
/** Of JavaScript's own objects; pixels lie outside and are bounded by the picture's size. */
const HEAP_MB = 128;
const COLUMNS_MAX = 500;
const ROWS_MAX = 250;

/** One thread that looks into files, made at the first preview and gone again when idle. */
export class PreviewPool {
  readonly #deadlineMs: number;
  #pool: Piscina<PreviewTask, Preview> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(deadlineMs = DEADLINE_MS) {
    this.#deadlineMs = deadlineMs;
  }

  /**
   * What can be seen of a file in so many cells. Never rejects: kind `none` says why there is nothing. A file that
   * takes longer than the deadline loses its thread. One file at a time, in the order they were asked for.
   * @param columns 1 to 500 @param rows 1 to 250; what lies outside is moved inside
   */
  previewFile(path: string, columns: number, rows: number): Promise<Preview> {
    const task = { path, columns: within(columns, COLUMNS_MAX), rows: within(rows, ROWS_MAX) };
    // Not in the pool's own queue, where a file's deadline would run while others are looked into.
    const result = this.#last.then(() => this.#run(task));
    this.#last = result;
    return result;
  }

  /** Ends the thread; what it was doing, and whatever waits, ends as `none`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.destroy();
  }

  async #run(task: PreviewTask): Promise<Preview> {
    if (this.#isClosed) return none('The program is ending.');
    this.#pool ??= this.#start();
    const signal = AbortSignal.timeout(this.#deadlineMs);
    try {
      return await this.#pool.run(task, { signal });
    } catch {
      return none(signal.aborted ? 'Looking into the file took too long.' : 'The file cannot be shown.');
    }
  }

  #start(): Piscina<PreviewTask, Preview> {
    const pool = new Piscina<PreviewTask, Preview>({
      filename: fileURLToPath(new URL('./preview.js', import.meta.url)),
      name: 'preview',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    // A thread that fails without a task has nobody to tell, and would end the process.
    pool.on('error', () => undefined);
    return pool;
  }
}

const none = (reason: string): NoPreview => ({ kind: 'none', reason });

function within(size: number, max: number): number {
  return Math.min(max, Math.max(1, Math.floor(size) || 1));
}
