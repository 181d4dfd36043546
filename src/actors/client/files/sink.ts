import { CHUNK_RECORD_MAX_BYTES, FILE_HASH_BYTES } from '../../../net/constants.js';
import type { ChunkFile } from '../../../store/chunks.js';
import { WholeHash } from '../../../store/whole.js';

/** While chunks land, so many that landed too early are taken into the hash with each. */
const CATCH_UP_CHUNKS = 2;

// Used within one call only, so one serves all.
const scratch = Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES);

/** A file that is received: each chunk verified as it lands, and the hash of the whole as far as they touch. */
export class Sink {
  readonly #file: ChunkFile;
  readonly #whole = new WholeHash();

  constructor(file: ChunkFile) {
    this.#file = file;
  }

  get path(): string {
    return this.#file.path;
  }

  get held(): number {
    return this.#file.held;
  }

  get complete(): boolean {
    return this.#file.complete;
  }

  /** The next chunk >= from that is not here, or -1. */
  missing(from: number): number {
    return this.#file.missing(from);
  }

  /** Of a chunk's record, its hash included. */
  recordBytes(chunk: number): number {
    return FILE_HASH_BYTES + this.#file.bytesOf(chunk);
  }

  /** @throws NatterError DISK_FULL, READ_ONLY */
  put(chunk: number, record: Buffer): 'written' | 'known' | 'wrong' {
    const result = this.#file.put(chunk, record);
    if (result !== 'written') return result;
    if (chunk === this.#whole.next) this.#whole.update(chunk, record.subarray(FILE_HASH_BYTES));
    this.hashOn(CATCH_UP_CHUNKS);
    return result;
  }

  /**
   * Takes at most so many more chunks into the hash of the whole, from the disk.
   * @returns true when there are more
   * @throws NatterError DATA_CORRUPT
   */
  hashOn(chunks: number): boolean {
    for (let left = chunks; this.#isNextHere; left--) {
      if (left === 0) return true;
      const chunk = this.#whole.next;
      const length = this.#file.record(chunk, scratch);
      this.#whole.update(chunk, scratch.subarray(FILE_HASH_BYTES, length));
    }
    return false;
  }

  /** Of the whole, once `hashOn` has nothing more. */
  hash(): Buffer {
    return this.#whole.digest();
  }

  /** Reads again what an earlier life wrote, about `bytes` of it. @returns true when there is more */
  recheck(bytes: number): boolean {
    this.#whole.reset();
    return this.#file.recheck(bytes);
  }

  /** What is here stays. */
  close(): void {
    this.#file.close();
  }

  /** Takes away whatever is left of it. */
  remove(): void {
    this.#file.remove();
  }

  get #isNextHere(): boolean {
    return this.#whole.next < this.#file.count && this.#file.has(this.#whole.next);
  }
}
