import sodium from 'sodium-native';
import { CHUNK_BYTES, FILE_HASH_BYTES } from '../../../net/constants.js';
import { chunkBytes, chunkCount } from '../../../net/file-chunks.js';
import { WholeHash } from '../../../store/files/whole.js';
import type { Disk, FileStamp, OpenFile } from './disk.js';
import { changed } from './failures.js';

/** What is read for its hash alone is read in strides of this. */
const STRIDE_CHUNKS = 8;

/**
 * A file that is sent. What is read for sending in order goes into the hash of the whole at once; what is not sent
 * any more after a resume is read only for that, beside the sending.
 *
 *     hashed  [0 ........ next)
 *     sent                       [8) [9) ...      a gap: caught up with, in strides
 */
export class Source {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #whole = new WholeHash();
  /** Chunks before this were read, so the hash may as well be there. */
  #reached = 0;
  #catching: Promise<void> | undefined;
  #stride: Buffer | undefined;
  #closed = false;

  private constructor(disk: Disk, path: string, file: OpenFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  /**
   * @param stamp which file it was when it was offered
   * @throws NatterError FILE_MISSING, FILE_UNREADABLE, FILE_CHANGED
   */
  static async open(disk: Disk, path: string, stamp: FileStamp): Promise<Source> {
    const file = await disk.open(path);
    if (isSame(file.stamp, stamp)) return new Source(disk, path, file);
    await file.close();
    throw changed(path);
  }

  get size(): number {
    return this.#file.stamp.size;
  }

  get count(): number {
    return chunkCount(this.size);
  }

  /**
   * Reads neighbouring chunks into records; their hashes are still to be put in front by `seal`.
   * @param records as many as chunks, each as long as its own
   * @throws NatterError FILE_CHANGED when the file has ended before, FILE_UNREADABLE
   */
  async read(first: number, records: readonly Buffer[]): Promise<void> {
    await this.#fill(
      first,
      records.map((record) => record.subarray(FILE_HASH_BYTES)),
    );
  }

  /** Hashes a chunk that was read: its record is complete then. */
  seal(chunk: number, record: Buffer): void {
    const bytes = record.subarray(FILE_HASH_BYTES);
    sodium.crypto_generichash(record.subarray(0, FILE_HASH_BYTES), bytes);
    this.#whole.update(chunk, bytes);
    this.#reached = Math.max(this.#reached, chunk + 1);
    // Whatever is wrong with the file is met again by `hash`.
    if (this.#whole.next < this.#reached) this.#catchUp().catch(() => {});
  }

  /** BLAKE2b-256 of the whole; reads whatever was not read yet. @throws as `read` */
  async hash(): Promise<Buffer> {
    this.#reached = this.count;
    while (this.#whole.next < this.count) await this.#catchUp();
    return this.#whole.digest();
  }

  /** Is it still the file that was offered? @throws NatterError FILE_CHANGED, FILE_MISSING, FILE_UNREADABLE */
  async check(): Promise<void> {
    if (!isSame(await this.#disk.stamp(this.#path), this.#file.stamp)) throw changed(this.#path);
  }

  close(): void {
    this.#closed = true;
    void this.#file.close();
  }

  #catchUp(): Promise<void> {
    this.#catching ??= this.#hashOn().finally(() => {
      this.#catching = undefined;
    });
    return this.#catching;
  }

  async #hashOn(): Promise<void> {
    this.#stride ??= Buffer.allocUnsafeSlow(STRIDE_CHUNKS * CHUNK_BYTES);
    while (!this.#closed && this.#whole.next < this.#reached) {
      const first = this.#whole.next;
      const end = Math.min(first + STRIDE_CHUNKS, this.#reached);
      const bytes = Math.min(end * CHUNK_BYTES, this.size) - first * CHUNK_BYTES;
      const stride = this.#stride.subarray(0, bytes);
      await this.#fill(first, [stride]);
      for (let chunk = first; chunk < end; chunk++) {
        const at = (chunk - first) * CHUNK_BYTES;
        // What was sent meanwhile is in it already, and is not taken in again.
        this.#whole.update(chunk, stride.subarray(at, at + chunkBytes(this.size, chunk)));
      }
    }
  }

  async #fill(first: number, targets: readonly Buffer[]): Promise<void> {
    const wanted = targets.reduce((sum, { length }) => sum + length, 0);
    if ((await this.#file.read(targets, first * CHUNK_BYTES)) !== wanted) throw changed(this.#path);
  }
}

function isSame(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}
