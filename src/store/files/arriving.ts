import { CHUNK_RECORD_MAX_BYTES, FILE_HASH_BYTES } from '../../net/constants.js';
import type { ChunkFile } from './chunks.js';
import { WholeHash } from './whole.js';

/** Chunks hashed beside one that lands, so that what came out of order or in an earlier life is caught up with. */
const CATCH_UP_CHUNKS = 2;

// Used within one call only, so one serves all.
const scratch = Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES);

/** A file that arrives, at a server or a client, and the hash of the whole as far as its chunks touch. */
export class ArrivingFile {
  readonly chunks: ChunkFile;
  readonly #whole = new WholeHash();

  constructor(chunks: ChunkFile) {
    this.chunks = chunks;
  }

  /** As ChunkFile.put. What comes in order is hashed out of memory. */
  put(chunk: number, record: Buffer): 'written' | 'known' | 'wrong' {
    const result = this.chunks.put(chunk, record);
    if (result !== 'written') return result;
    this.#whole.update(chunk, record.subarray(FILE_HASH_BYTES));
    this.hashOn(CATCH_UP_CHUNKS);
    return result;
  }

  /**
   * Takes at most so many more chunks into the hash of the whole, from the disk.
   * @returns true when there are more to take
   * @throws NatterError DATA_CORRUPT when they cannot be read
   */
  hashOn(count: number): boolean {
    const { chunks } = this;
    for (let left = count; this.#next < chunks.count && chunks.has(this.#next); left--) {
      if (left === 0) return true;
      const length = chunks.record(this.#next, scratch);
      this.#whole.update(this.#next, scratch.subarray(FILE_HASH_BYTES, length));
    }
    return false;
  }

  /** BLAKE2b-256 of the whole, once `hashOn` has nothing more and every chunk is here. */
  hash(): Buffer {
    return this.#whole.digest();
  }

  /** As ChunkFile.recheck. A chunk that turned out wrong may have been taken into the hash, which begins anew then. */
  recheck(bytes: number): boolean {
    const before = this.chunks.held;
    const isMore = this.chunks.recheck(bytes);
    if (this.chunks.held < before) this.#whole.reset();
    return isMore;
  }

  get #next(): number {
    return this.#whole.next;
  }
}
