import { CHUNK_RECORD_MAX_BYTES, FILE_HASH_BYTES } from '../net/constants.js';
import type { ChunkFile } from './chunks.js';
import { WholeHash } from './whole.js';

/** Chunks hashed beside one that lands, so that what came out of order or in an earlier life is caught up with. */
const CATCH_UP_CHUNKS = 2;

const scratch = Buffer.alloc(CHUNK_RECORD_MAX_BYTES);

/** A file that is being sent, and the hash of the whole as far as its chunks touch. */
export class Spooled {
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

  /** Chunks turned out wrong that may have been taken in. */
  hashAnew(): void {
    this.#whole.reset();
  }

  /** BLAKE2b-256 of the whole, once `hashOn` has nothing more and every chunk is here. */
  hash(): Buffer {
    return this.#whole.digest();
  }

  get #next(): number {
    return this.#whole.next;
  }
}
