/**
 * Where the bytes of files lie. Each is a file of chunks with its list (chunks.ts).
 *
 *   FOLDER/spool/NUMBER           what is being sent to the server
 *   FOLDER/blobs/ab/ROOT          what is whole, under the BLAKE2b-256 of its list in hex; ab are its first two digits
 */
import { existsSync, mkdirSync, readdirSync, renameSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { NatterError } from '../../chat/error.js';
import { syncFolder } from '../atomic.js';
import { listPath, removeChunks } from './chunk-pair.js';
import { ChunkFile } from './chunks.js';

const SPOOLED = /^(\d+)(?:\.chunks)?$/;
const BLOB = /^([0-9a-f]{64})(?:\.chunks)?$/;
const FAN_OUT_DIGITS = 2;

export class BlobFolder {
  readonly #folder: string;
  readonly #spool: string;
  readonly #blobs: string;

  /** Makes the folders, mode 0700. Throws what the file system throws. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#spool = join(folder, 'spool');
    this.#blobs = join(folder, 'blobs');
    for (const path of [this.#spool, this.#blobs]) mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** Bytes that may still be written to this disk. */
  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  /**
   * What was spooled of a file. One that is damaged begins anew: its sender has the chunks still.
   * @throws NatterError DISK_FULL, DATA_UNWRITABLE, FILE_TOO_LARGE
   */
  openSpool(number: number, size: number): ChunkFile {
    const path = this.#spoolPath(number);
    if (existsSync(path)) {
      try {
        return ChunkFile.reopen(path, size);
      } catch (error) {
        const code = error instanceof NatterError ? error.code : undefined;
        if (code !== 'FILE_MISSING' && code !== 'DATA_CORRUPT') throw error;
        removeChunks(path);
      }
    }
    return ChunkFile.create(path, size);
  }

  /** @throws NatterError FILE_MISSING, DATA_CORRUPT, DATA_UNWRITABLE */
  openBlob(root: Buffer, size: number): ChunkFile {
    return ChunkFile.reopen(this.#blobPath(root), size);
  }

  removeSpool(number: number): void {
    removeChunks(this.#spoolPath(number));
  }

  removeBlob(root: Buffer): void {
    removeChunks(this.#blobPath(root));
  }

  /** Moves what was spooled to where blobs are; whatever of it is there already stays. @returns whether the blob is whole now */
  adopt(number: number, root: Buffer): boolean {
    const from = this.#spoolPath(number);
    const to = this.#blobPath(root);
    const folder = join(to, '..');
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      syncFolder(this.#blobs);
    }
    for (const [source, target] of [
      [from, to],
      [listPath(from), listPath(to)],
    ] as const)
      if (!existsSync(target) && existsSync(source)) renameSync(source, target);
    syncFolder(folder);
    this.removeSpool(number);
    return this.hasBlob(root);
  }

  hasBlob(root: Buffer): boolean {
    const path = this.#blobPath(root);
    return existsSync(path) && existsSync(listPath(path));
  }

  /** Removes what an earlier life left that nobody needs. Names that are not ours are let be. */
  clean(needsSpool: (number: number) => boolean, needsBlob: (root: Buffer) => boolean): void {
    for (const name of readdirSync(this.#spool)) {
      const [, number] = SPOOLED.exec(name) ?? [];
      if (number !== undefined && !needsSpool(Number(number))) this.removeSpool(Number(number));
    }
    for (const part of readdirSync(this.#blobs, { withFileTypes: true })) {
      if (!part.isDirectory()) continue;
      for (const name of readdirSync(join(this.#blobs, part.name))) {
        const [, hex] = BLOB.exec(name) ?? [];
        if (hex === undefined) continue;
        const root = Buffer.from(hex, 'hex');
        if (!needsBlob(root)) this.removeBlob(root);
      }
    }
  }

  #spoolPath(number: number): string {
    return join(this.#spool, String(number));
  }

  #blobPath(root: Buffer): string {
    const hex = root.toString('hex');
    return join(this.#blobs, hex.slice(0, FAN_OUT_DIGITS), hex);
  }
}
