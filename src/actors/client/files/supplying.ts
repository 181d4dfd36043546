import { recordBytes } from '../../../net/file-chunks.js';
import type { Around } from './around.js';
import type { Source } from './source.js';

/** Chunks that are wanted and not read yet; what is beyond is asked for again by who wants it. */
const QUEUE_MAX = 256;
/** Read at once: 512 KiB. */
const STRIDE_CHUNKS = 8;
const CHECK_EVERY_MS = 1_000;

export interface SupplyingOptions {
  readonly around: Pick<Around, 'clock' | 'pool' | 'breathe'>;
  readonly source: Source;
  /** Hands a record to the connection, which keeps it until it was taken. @returns false when it takes none now */
  supply(chunk: number, record: Buffer): boolean;
  /** The file cannot be read, or is another by now. Nothing more is supplied. */
  failed(error: unknown): void;
}

/** What one reader wants of a file: read in strides, and supplied as far as there is room. */
export class Supplying {
  readonly #options: SupplyingOptions;
  /** Not supplied yet, also what is being read; in the order in which they were asked for. */
  readonly #queue = new Set<number>();
  /** Supplied and not acknowledged. */
  readonly #flying = new Map<number, Buffer>();
  readonly #share = { held: 0, room: () => void this.#pump() };
  #reading = false;
  #closed = false;
  #checkedAt = 0;

  constructor(options: SupplyingOptions) {
    this.#options = options;
    options.around.pool.open(this.#share);
  }

  /** Nothing about either is sure. */
  wanted(first: number, count: number): void {
    const end = Math.min(first + count, this.#options.source.count);
    for (let chunk = first; chunk < end && this.#queue.size < QUEUE_MAX; chunk++)
      if (!this.#flying.has(chunk)) this.#queue.add(chunk);
    void this.#pump();
  }

  /** The reader has the whole of a record. @returns false for one that is not under way */
  supplied(chunk: number): boolean {
    const record = this.#flying.get(chunk);
    if (record === undefined) return false;
    this.#flying.delete(chunk);
    this.#options.around.pool.giveBack(this.#share, [record]);
    return true;
  }

  /** The connection holds nothing of it any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { pool } = this.#options.around;
    this.#queue.clear();
    const flying = [...this.#flying.values()];
    this.#flying.clear();
    pool.giveBack(this.#share, flying);
    pool.close(this.#share);
  }

  /** Reads what is wanted and hands it over, as far as there is room. */
  async #pump(): Promise<void> {
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    try {
      while (!this.#closed && this.#queue.size > 0) {
        const [first, count] = this.#nextRun();
        const buffers = this.#options.around.pool.take(this.#share, count);
        if (buffers.length === 0 || !(await this.#supply(first, buffers))) return;
      }
    } catch (error) {
      if (!this.#closed) this.#options.failed(error);
    } finally {
      this.#reading = false;
    }
  }

  /**
   * Reads neighbours from the queue at once, and supplies them one a turn: to hash all of them first would keep
   * everything else waiting.
   * @returns false when the connection did not take all; the rest stays in the queue
   */
  async #supply(first: number, buffers: readonly Buffer[]): Promise<boolean> {
    const { source, supply, around } = this.#options;
    const records = buffers.map((buffer, index) =>
      buffer.subarray(0, recordBytes(source.size, first + index)),
    );
    let supplied = 0;
    try {
      await this.#check(source);
      await source.read(first, records);
      for (const [index, record] of records.entries()) {
        if (this.#closed) break;
        const chunk = first + index;
        source.seal(chunk, record);
        if (!supply(chunk, record)) break;
        this.#queue.delete(chunk);
        this.#flying.set(chunk, buffers[index] ?? record);
        supplied++;
        await around.breathe();
      }
    } finally {
      around.pool.giveBack(this.#share, buffers.slice(supplied));
    }
    return supplied === buffers.length && !this.#closed;
  }

  /** Somebody may write to it while it is sent: noticed soon, not only at the end of many gigabytes. */
  async #check(source: Source): Promise<void> {
    const now = this.#options.around.clock.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    await source.check();
  }

  /** The first neighbours in the queue. */
  #nextRun(): [first: number, count: number] {
    const [first = 0] = this.#queue;
    let count = 1;
    while (count < STRIDE_CHUNKS && this.#queue.has(first + count)) count++;
    return [first, count];
  }
}
