import { recordBytes } from '../../net/file-chunks.js';
import type { ChunkFile } from '../../store/files/chunks.js';

/** Chunks that are asked for together: neighbours, each `bytes` long as a record but the last. */
export interface WantedRun {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  readonly lastBytes: number;
}

/** What is wanted of one file over one connection. It knows no actors and no clock. */
export class Upload {
  readonly number: number;
  readonly connection: number;
  /** 16 bytes: its owner. */
  readonly account: Buffer;
  readonly chunks: ChunkFile;
  /** Asked for and not here, with when it was asked for last; in the order of asking. */
  readonly #outstanding = new Map<number, number>();
  #outstandingBytes = 0;
  #next = 0;
  /** When a chunk of it came last, or it was opened. */
  progressAt: number;
  /** Bytes kept since somebody looked at the disk. */
  unlookedBytes = 0;
  /** Wrong chunks in a row. */
  wrongs = 0;

  constructor(
    { number, connection, account }: Pick<Upload, 'number' | 'connection' | 'account'>,
    chunks: ChunkFile,
    now: number,
  ) {
    this.number = number;
    this.connection = connection;
    this.account = account;
    this.chunks = chunks;
    this.progressAt = now;
  }

  /** Something is asked for. */
  get waits(): boolean {
    return this.#outstanding.size > 0;
  }

  /** Of the records that are asked for. */
  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  /** The chunk came, or is not to be waited for. @returns whether it was asked for */
  settle(chunk: number): boolean {
    if (!this.#outstanding.delete(chunk)) return false;
    this.#outstandingBytes -= this.#recordBytes(chunk);
    return true;
  }

  /** A chunk that came and was wrong must be asked for again. */
  again(chunk: number): void {
    this.settle(chunk);
    this.#next = Math.min(this.#next, chunk);
  }

  /** Nothing is asked for any more; whatever is missing will be asked for from the beginning. */
  restart(): void {
    this.#outstanding.clear();
    this.#outstandingBytes = 0;
    this.#next = 0;
  }

  /**
   * What to ask for now, so that records of `windowBytes` are outstanding: at least one.
   * @param roomBytes that may be asked for over this connection at all
   */
  fill(windowBytes: number, roomBytes: number, now: number): WantedRun[] {
    if (!this.waits) this.progressAt = now;
    const limit = Math.min(windowBytes, this.#outstandingBytes + roomBytes);
    const runs: WantedRun[] = [];
    let first = -1;
    let end = -1;
    for (let chunk = this.#nextMissing(); chunk >= 0; chunk = this.#nextMissing()) {
      const bytes = this.#recordBytes(chunk);
      const isFirst = this.#outstanding.size === 0 && bytes <= roomBytes;
      if (!isFirst && this.#outstandingBytes + bytes > limit) break;
      this.#outstanding.set(chunk, now);
      this.#outstandingBytes += bytes;
      this.#next = chunk + 1;
      if (chunk !== end) {
        if (first >= 0) runs.push(this.#run(first, end));
        first = chunk;
      }
      end = chunk + 1;
    }
    if (first >= 0) runs.push(this.#run(first, end));
    return runs;
  }

  /** Chunks asked for before `then` and not here: asked for again now. */
  repeat(then: number, now: number): WantedRun[] {
    const runs: WantedRun[] = [];
    for (const [chunk, at] of this.#outstanding) {
      if (at > then) break;
      runs.push(this.#run(chunk, chunk + 1));
    }
    for (const { first } of runs) {
      this.#outstanding.delete(first);
      this.#outstanding.set(first, now);
    }
    return runs;
  }

  #nextMissing(): number {
    let chunk = this.chunks.missing(this.#next);
    while (chunk >= 0 && this.#outstanding.has(chunk)) chunk = this.chunks.missing(chunk + 1);
    return chunk;
  }

  #recordBytes(chunk: number): number {
    return recordBytes(this.chunks.size, chunk);
  }

  #run(first: number, end: number): WantedRun {
    return {
      first,
      count: end - first,
      bytes: this.#recordBytes(first),
      lastBytes: this.#recordBytes(end - 1),
    };
  }
}
