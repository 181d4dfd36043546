import { closeSync, fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import sodium from 'sodium-native';
import { CHUNK_BYTES, FILE_HASH_BYTES } from '../../net/constants.js';
import { chunkBytes, chunkCount } from '../../net/file-chunks.js';
import { corrupt } from '../faults.js';
import { Bitmap } from './bitmap.js';
import {
  type ChunkPair,
  closePair,
  isInPlace,
  makePair,
  openPair,
  removeChunks,
  unwritable,
} from './chunk-pair.js';
import { readAt, writeAt } from './positional.js';
import { WriteBehind } from './write-behind.js';

/** Of the list, at a time: 2,048 hashes. */
const LIST_BLOCK_BYTES = 64 * 1024;

const ZEROS = Buffer.alloc(CHUNK_BYTES);
const flush = promisify(fdatasync);
// All I/O here is synchronous and ends before anything else runs, so one of each serves every file.
const digest = Buffer.alloc(FILE_HASH_BYTES);
const scratch = Buffer.alloc(CHUNK_BYTES);
const listBlock = Buffer.alloc(LIST_BLOCK_BYTES);

/**
 * One file as a log of chunks: its bytes, and beside it the hash of every chunk that is here.
 *
 *   PATH           chunk 0 | chunk 1 | (hole)  | chunk 3 | ...      has its size from the beginning
 *   PATH.chunks    hash 0  | hash 1  | 0 ... 0 | hash 3  | ...      32 bytes each; all zero: not here
 *
 * A hash is written right after its bytes, so what an earlier life of the process verified is known again when it
 * was killed. Only when the machine itself went down may a hash be there without its bytes: hence `recheck`. Chunks
 * of zeros are not written; a sparse file stays sparse. In memory there is a bit per chunk, never the list.
 */
export class ChunkFile {
  readonly path: string;
  readonly size: number;
  /** Chunks of the whole. */
  readonly count: number;
  readonly #pair: ChunkPair;
  readonly #data: WriteBehind;
  readonly #here: Bitmap;
  /** Written by an earlier life and not read again since. */
  readonly #unproven: Bitmap | undefined;
  #recheckAt = 0;
  #held = 0;

  private constructor(path: string, size: number, pair: ChunkPair, inherited: boolean) {
    this.path = path;
    this.size = size;
    this.count = chunkCount(size);
    this.#pair = pair;
    this.#data = new WriteBehind(pair.data);
    this.#here = new Bitmap(this.count);
    this.#unproven = inherited ? new Bitmap(this.count) : undefined;
    if (inherited) this.#readList();
  }

  /**
   * Makes a file with nothing in it, and its list; mode 0600, never over something that is there, never through a link.
   * @param size bytes of the whole
   * @throws NatterError FILE_TOO_LARGE, DISK_FULL, DATA_UNWRITABLE
   */
  static create(path: string, size: number): ChunkFile {
    return new ChunkFile(path, size, makePair(path, size), false);
  }

  /**
   * Opens a file of an earlier life of the process: what that wrote counts, and is read again by `recheck`.
   * @throws NatterError FILE_MISSING; DATA_CORRUPT when it is not `size` bytes or its list does not fit;
   *   DATA_UNWRITABLE when it must not be opened
   */
  static reopen(path: string, size: number): ChunkFile {
    const pair = openPair(path, size);
    try {
      return new ChunkFile(path, size, pair, true);
    } catch (error) {
      closePair(pair);
      throw error;
    }
  }

  /** Bytes of the chunks that are here. */
  get held(): number {
    return this.#held;
  }

  /** Every chunk is here. An empty file always is. */
  get complete(): boolean {
    return this.#held === this.size;
  }

  /** Both of its files still bear their names: nobody took them away, or put others there. */
  get inPlace(): boolean {
    return isInPlace(this.path, this.#pair);
  }

  has(chunk: number): boolean {
    return this.#here.has(chunk);
  }

  /** The next chunk from `from` on that is not here, or -1. */
  missing(from: number): number {
    return this.#here.nextAbsent(from);
  }

  /** Bytes of one chunk, without its hash. */
  bytesOf(chunk: number): number {
    return chunkBytes(this.size, chunk);
  }

  /**
   * Verifies the record of a chunk of this file and keeps it.
   * @param record its hash (32 bytes), then its bytes; a view will do
   * @returns 'known' when the chunk was here already, 'wrong' when hash or length do not fit; nothing changed then
   * @throws NatterError DISK_FULL, or READ_ONLY when the disk refuses for another reason; the chunk is still missing
   */
  put(chunk: number, record: Uint8Array): 'written' | 'known' | 'wrong' {
    if (!Number.isInteger(chunk) || chunk < 0 || chunk >= this.count) return 'wrong';
    if (this.has(chunk)) return 'known';
    const length = this.bytesOf(chunk);
    if (record.length !== FILE_HASH_BYTES + length) return 'wrong';
    const bytes = record.subarray(FILE_HASH_BYTES);
    sodium.crypto_generichash(digest, bytes);
    if (digest.compare(record, 0, FILE_HASH_BYTES) !== 0) return 'wrong';
    try {
      if (!this.#isThere(chunk, bytes)) {
        writeAt(this.#pair.data, bytes, chunk * CHUNK_BYTES);
        this.#data.wrote(length);
      }
      writeAt(this.#pair.list, digest, chunk * FILE_HASH_BYTES);
    } catch (error) {
      throw unwritable(this.path, error, 'READ_ONLY');
    }
    this.#here.add(chunk);
    this.#held += length;
    return 'written';
  }

  /**
   * Copies the record of a chunk that is here into `target`, which has room for CHUNK_RECORD_MAX_BYTES.
   * @returns its length
   * @throws NatterError DATA_CORRUPT when it cannot be read
   */
  record(chunk: number, target: Buffer): number {
    const length = this.bytesOf(chunk);
    this.#read(this.#pair.list, target.subarray(0, FILE_HASH_BYTES), chunk * FILE_HASH_BYTES);
    this.#read(
      this.#pair.data,
      target.subarray(FILE_HASH_BYTES, FILE_HASH_BYTES + length),
      chunk * CHUNK_BYTES,
    );
    return FILE_HASH_BYTES + length;
  }

  /**
   * Verifies again what an earlier life wrote, about `bytes` of it; a chunk that is wrong is missing afterwards.
   * @returns true when there is more to verify
   * @throws NatterError DATA_CORRUPT when it cannot be read, DISK_FULL
   */
  recheck(bytes: number): boolean {
    const unproven = this.#unproven;
    if (unproven === undefined) return false;
    let left = bytes;
    for (;;) {
      const chunk = unproven.next(this.#recheckAt);
      this.#recheckAt = chunk < 0 ? this.count : chunk;
      if (chunk < 0 || left <= 0) return chunk >= 0;
      unproven.delete(chunk);
      if (!this.#isRight(chunk)) this.#lose(chunk);
      left -= this.bytesOf(chunk);
    }
  }

  /** BLAKE2b-256 of the list of hashes: the address of the whole. Every chunk must be here. */
  root(): Buffer {
    const state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES);
    const root = Buffer.alloc(FILE_HASH_BYTES);
    sodium.crypto_generichash_init(state, null, FILE_HASH_BYTES);
    this.#eachListBlock((block) => sodium.crypto_generichash_update(state, block));
    sodium.crypto_generichash_final(state, root);
    return root;
  }

  /**
   * Resolves when data and list are on the disk, which may take seconds. Do not `close` meanwhile.
   * @throws NatterError DISK_FULL, READ_ONLY
   */
  async sync(): Promise<void> {
    try {
      await this.#data.sync();
      await flush(this.#pair.list);
    } catch (error) {
      throw unwritable(this.path, error, 'READ_ONLY');
    }
  }

  close(): void {
    this.#data.close();
    closeSync(this.#pair.list);
  }

  /** Closes it and removes it with its list. */
  remove(): void {
    this.close();
    removeChunks(this.path);
  }

  /**
   * Are these bytes there without being written? So are zeros where nothing ever was; in a file of an earlier life
   * it is looked up, since that may have been killed between bytes and hash.
   */
  #isThere(chunk: number, bytes: Uint8Array): boolean {
    if (ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) !== 0) return false;
    if (this.#unproven === undefined) return true;
    const there = scratch.subarray(0, bytes.length);
    this.#read(this.#pair.data, there, chunk * CHUNK_BYTES);
    return there.equals(bytes);
  }

  #isRight(chunk: number): boolean {
    const bytes = scratch.subarray(0, this.bytesOf(chunk));
    this.#read(this.#pair.data, bytes, chunk * CHUNK_BYTES);
    sodium.crypto_generichash(digest, bytes);
    const listed = listBlock.subarray(0, FILE_HASH_BYTES);
    this.#read(this.#pair.list, listed, chunk * FILE_HASH_BYTES);
    return listed.equals(digest);
  }

  #lose(chunk: number): void {
    try {
      writeAt(this.#pair.list, ZEROS.subarray(0, FILE_HASH_BYTES), chunk * FILE_HASH_BYTES);
    } catch (error) {
      throw unwritable(this.path, error, 'READ_ONLY');
    }
    this.#here.delete(chunk);
    this.#held -= this.bytesOf(chunk);
  }

  #readList(): void {
    let chunk = 0;
    this.#eachListBlock((block) => {
      for (let at = 0; at < block.length; at += FILE_HASH_BYTES, chunk++) {
        if (ZEROS.compare(block, at, at + FILE_HASH_BYTES, 0, FILE_HASH_BYTES) === 0) continue;
        this.#here.add(chunk);
        this.#unproven?.add(chunk);
        this.#held += this.bytesOf(chunk);
      }
    });
  }

  #eachListBlock(visit: (block: Buffer) => void): void {
    const end = this.count * FILE_HASH_BYTES;
    for (let at = 0; at < end; at += LIST_BLOCK_BYTES) {
      const block = listBlock.subarray(0, Math.min(LIST_BLOCK_BYTES, end - at));
      this.#read(this.#pair.list, block, at);
      visit(block);
    }
  }

  #read(handle: number, target: Buffer, position: number): void {
    let read: number;
    try {
      read = readAt(handle, target, position);
    } catch (error) {
      throw corrupt(this.path, error instanceof Error ? error.message : String(error), error);
    }
    if (read < target.length) throw corrupt(this.path, 'it ends too early');
  }
}
