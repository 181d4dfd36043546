import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NatterError } from '../../chat/error.js';
import { CHUNK_BYTES } from '../../net/constants.js';
import { U48_MAX } from '../tables.js';
import { Allowance, type AllowanceLimits } from './allowance.js';
import { BlobFolder } from './blob-folder.js';
import type { ChunkFile } from './chunks.js';
import { FileIndex } from './file-index.js';
import { type NewFile, Place, type StoredFile } from './file-row.js';
import { goneError } from './gone.js';
import { Handles } from './handles.js';

const DAY_MS = 24 * 3600 * 1000;
/** An upload that came no further is noted again after this. */
const REST_EVERY_MS = 60_000;
/** Of a file that is checked, before others get their turn: about 4 ms. */
const CHECK_STEP_BYTES = 4 * 1024 * 1024;
const CHECK_STEP_CHUNKS = CHECK_STEP_BYTES / CHUNK_BYTES;
/** Files whose time has come, dealt with in one step. */
const SWEEP_FILES = 16;
/** An answer that stays, whatever comes after (`FileAnswer.Done`). */
const ANSWER_DONE = 3;

export interface BlobLimits extends AllowanceLimits {
  /** Whole files are forgotten after this. */
  readonly fileDays: number;
  /** So are those whose upload stands still. */
  readonly uploadDays: number;
}

/** What one step of sweeping did. */
export interface Swept {
  /** Gone now. */
  readonly expired: readonly StoredFile[];
  readonly more: boolean;
}

/**
 * The files that people offer each other, under FOLDER/files: an index (file-index.ts), what is being sent (the spool)
 * and what is whole, stored once however many refer to it. One owner, one thread.
 *
 *   create -> open ... put ... rest -> open ... put ... finish -> open (to read) ... -> remove, or its time comes
 *
 * Index and disk cannot change in one step, so the index goes first, and `reconcile` ends at the next start what a
 * crash left half done: a row that says "whole" before its bytes were moved finds them in the spool.
 */
export class BlobStore {
  readonly #index: FileIndex;
  readonly #folder: BlobFolder;
  readonly #limits: BlobLimits;
  readonly #allowance: Allowance;
  readonly #handles: Handles;
  readonly #finishing = new Map<number, Promise<StoredFile>>();
  readonly #doomed = new Set<number>();

  private constructor(index: FileIndex, folder: BlobFolder, limits: BlobLimits) {
    this.#index = index;
    this.#folder = folder;
    this.#limits = limits;
    this.#handles = new Handles(folder);
    this.#allowance = new Allowance(index, folder, limits);
  }

  /**
   * Opens or makes the files of a data folder, and makes index and disk agree.
   * @param wall milliseconds since 1970
   * @throws NatterError DATA_CORRUPT naming the index; nothing is changed then
   */
  static open(data: string, limits: BlobLimits, wall: number): BlobStore {
    const path = join(data, 'files');
    const folder = new BlobFolder(path);
    const store = new BlobStore(FileIndex.open(path, wall), folder, limits);
    store.#reconcile(wall);
    return store;
  }

  /** Blobs, each counted once, and their bytes. */
  get figures(): { readonly blobs: number; readonly bytes: number } {
    return { blobs: this.#index.blobs, bytes: this.#index.blobBytes };
  }

  /** Less is left on the disk than must be kept free. */
  get crowded(): boolean {
    return this.#allowance.crowded;
  }

  /**
   * Makes a file that is going to be sent; a repeated one is found again by its owner and id.
   * @throws NatterError FILE_TOO_LARGE, QUOTA_EXCEEDED, DISK_FULL
   */
  create(file: NewFile, wall: number): StoredFile {
    const known = this.#index.byId(file.account, file.id);
    if (known !== undefined) return known;
    this.#allowance.check(file);
    return this.#index.add(file, wall, this.#uploadDue(wall));
  }

  /** @throws NatterError NO_SUCH_FILE */
  get(number: number): StoredFile {
    const file = this.#index.get(number);
    if (file !== undefined) return file;
    throw new NatterError('NO_SUCH_FILE', `There is no file ${number}; look for it in the list of files.`);
  }

  /** A file that is not gone. @throws NatterError NO_SUCH_FILE, or why it is gone */
  present(number: number): StoredFile {
    const file = this.get(number);
    if (file.place === Place.Nowhere) throw goneError(file.reason);
    return file;
  }

  /** Bytes of a file that are verified here. */
  heldOf(file: StoredFile): number {
    return this.#handles.get(file.number)?.held ?? file.held;
  }

  /**
   * The chunks of a file that is not gone; the same object until `close`, unless it is whole: ask anew for each use.
   * @throws NatterError NO_SUCH_FILE, why it is gone, or what ChunkFile throws
   */
  open(number: number): ChunkFile {
    return this.#handles.get(number) ?? this.#handles.open(this.present(number));
  }

  /**
   * Keeps a chunk of a file that is being sent and open: see ChunkFile.put.
   * @throws NatterError DISK_FULL, READ_ONLY; NO_SUCH_FILE when it is not open
   */
  put(number: number, chunk: number, record: Buffer): 'written' | 'known' | 'wrong' {
    return this.#handles.arriving(number).put(chunk, record);
  }

  /** Notes how far an upload came, and that it did. */
  rest(number: number, wall: number): void {
    const file = this.#index.get(number);
    if (file?.place !== Place.Spool) return;
    const held = this.heldOf(file);
    const due = this.#uploadDue(wall);
    // Whoever opens and closes it all the time makes nobody write.
    if (held !== file.held || due - file.due >= REST_EVERY_MS) this.#index.rest(file, held, due);
  }

  /** Nobody reads or writes its chunks any more; while it is being finished it stays open. */
  close(number: number): void {
    if (!this.#finishing.has(number)) this.#handles.close(number);
  }

  /** Closes whatever is open and not being finished. */
  closeAll(): void {
    for (const number of this.#handles.numbers) this.close(number);
  }

  isFinishing(number: number): boolean {
    return this.#finishing.has(number);
  }

  /**
   * Checks a file all of whose chunks are here, makes it durable and gives it its place. Whoever has it open must open
   * it again. Asking twice is asking once.
   * @param hash BLAKE2b-256 of the whole, as its owner says
   * @throws NatterError HASH_MISMATCH when chunks of an earlier life turned out wrong: they are missing again; or when
   *   all are right and the whole is not: its owner did not send one file; FILE_MISSING when chunks are missing; DISK_FULL, READ_ONLY
   */
  finish(number: number, hash: Buffer, wall: () => number): Promise<StoredFile> {
    const running = this.#finishing.get(number);
    if (running !== undefined) return running;
    const finished = this.#finish(number, hash, wall).finally(() => this.#finishing.delete(number));
    this.#finishing.set(number, finished);
    return finished;
  }

  /**
   * The file is gone for good, with its chunks unless other files have the same.
   * @param reason an error's code
   * @throws NatterError NO_SUCH_FILE, DISK_FULL
   */
  async remove(number: number, reason: string, wall: number): Promise<StoredFile> {
    this.#doomed.add(number);
    try {
      await this.#finishing.get(number)?.catch(() => undefined);
    } finally {
      this.#doomed.delete(number);
    }
    const file = this.get(number);
    return file.place === Place.Nowhere ? file : this.#vanish(file, reason, wall);
  }

  /** What an account did with a file; having all of it stays, whatever is said later. @returns whether that is news */
  answer(number: number, account: Buffer, answer: number): boolean {
    this.present(number);
    const before = this.#index.answer(number, account);
    if (before === answer || before === ANSWER_DONE) return false;
    this.#index.setAnswer(number, account, answer);
    return true;
  }

  answerOf(number: number, account: Buffer): number {
    return this.#index.answer(number, account);
  }

  /** Files of a log, newest first, with a number below this (0: from the newest). */
  list(log: number, below: number, count: number): StoredFile[] {
    const files: StoredFile[] = [];
    for (const file of this.#index.newest(log, below === 0 ? U48_MAX : below)) {
      if (files.length === count) break;
      files.push(file);
    }
    return files;
  }

  /** Files of others in these logs that an account has not answered, with a number above this, oldest first. */
  offers(account: Buffer, logs: readonly number[], above: number, count: number): StoredFile[] {
    const numbers: number[] = [];
    for (const log of logs) {
      let found = 0;
      for (const offer of this.#index.offered(log, above)) {
        if (offer.account.equals(account) || this.#index.answer(offer.number, account) !== 0) continue;
        numbers.push(offer.number);
        if (++found === count) break;
      }
    }
    numbers.sort((one, other) => one - other);
    return numbers.slice(0, count).flatMap((number) => this.#index.get(number) ?? []);
  }

  /**
   * Deals with files whose time has come, a few at a time.
   * @param isSent is it being sent just now? Then it is not old.
   */
  sweep(wall: number, isSent: (number: number) => boolean): Swept {
    const files = this.#index.due(wall, SWEEP_FILES);
    const expired: StoredFile[] = [];
    for (const file of files) {
      if (file.place === Place.Nowhere) this.#index.forget(file);
      else if (isSent(file.number) || this.#finishing.has(file.number)) this.rest(file.number, wall);
      else expired.push(this.#vanish(file, 'FILE_EXPIRED', wall));
    }
    return { expired, more: files.length === SWEEP_FILES };
  }

  /** Ends what is being finished, then closes everything. */
  async shut(): Promise<void> {
    await Promise.allSettled(this.#finishing.values());
    this.closeAll();
    await this.#index.close();
  }

  async #finish(number: number, hash: Buffer, wall: () => number): Promise<StoredFile> {
    const file = this.present(number);
    if (file.place === Place.Blob) return file;
    const chunks = this.open(number);
    if (!chunks.complete) throw incomplete(chunks, 'FILE_MISSING');
    await this.#check(number, chunks, hash);
    const root = chunks.root();
    await chunks.sync();
    this.#spare(number);
    const isNew = !this.#index.isNeeded(root);
    const settled = this.#index.settle(file, root, hash, wall() + this.#limits.fileDays * DAY_MS);
    this.#handles.close(number);
    if (isNew) this.#folder.adopt(number, root);
    else this.#folder.removeSpool(number);
    return settled;
  }

  async #check(number: number, chunks: ChunkFile, hash: Buffer): Promise<void> {
    const arriving = this.#handles.arriving(number);
    while (arriving.recheck(CHECK_STEP_BYTES)) {
      await nextTurn();
      this.#spare(number);
    }
    if (!chunks.complete) throw incomplete(chunks, 'HASH_MISMATCH');
    while (arriving.hashOn(CHECK_STEP_CHUNKS)) {
      await nextTurn();
      this.#spare(number);
    }
    if (!arriving.hash().equals(hash))
      throw new NatterError('HASH_MISMATCH', 'The file changed while it was sent; offer it again.');
  }

  /** Somebody wants it removed: it is not to be finished. */
  #spare(number: number): void {
    if (this.#doomed.has(number)) throw goneError('FILE_WITHDRAWN');
  }

  #vanish(file: StoredFile, reason: string, wall: number): StoredFile {
    this.#handles.close(file.number);
    const vanished = this.#index.vanish(file, reason, wall + this.#limits.fileDays * DAY_MS);
    if (file.place === Place.Spool) this.#folder.removeSpool(file.number);
    else if (!this.#index.isNeeded(file.root)) this.#folder.removeBlob(file.root);
    return vanished;
  }

  #reconcile(wall: number): void {
    const spooled = new Set<number>();
    const lost: StoredFile[] = [];
    for (const file of this.#index.all()) {
      if (file.place === Place.Spool) spooled.add(file.number);
      else if (
        file.place === Place.Blob &&
        !this.#folder.hasBlob(file.root) &&
        !this.#folder.adopt(file.number, file.root)
      )
        lost.push(file);
    }
    for (const file of lost) this.#vanish(file, 'FILE_MISSING', wall);
    this.#folder.clean(
      (number) => spooled.has(number),
      (root) => this.#index.isNeeded(root),
    );
  }

  #uploadDue(wall: number): number {
    return wall + this.#limits.uploadDays * DAY_MS;
  }
}

function incomplete({ held, size }: ChunkFile, code: 'FILE_MISSING' | 'HASH_MISMATCH'): NatterError {
  return new NatterError(code, `${size - held} bytes of the file are missing; they must be sent again.`);
}
