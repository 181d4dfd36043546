/**
 * The index of files: what there is, whose, where and until when. Numbers in keys are u48 (tables.ts).
 *
 *   files     number                        row (file-row.ts)
 *   ids       account (16), id (16)         number
 *   live      log, number                   account (16): those that are not gone
 *   blobs     root (32)                     files that refer to it, size
 *   answers   number, account (16)          u8
 *   due       when (ms since 1970), number  nothing
 *   usage     account (16)                  files, bytes: those that are not gone
 *   facts     name                          number
 */
import { join } from 'node:path';
import { NatterError } from '../../chat/error.js';
import { Malformed } from '../../net/bytes.js';
import { type Database, openDatabase } from '../database.js';
import { corrupt, faultOf } from '../faults.js';
import { readU48, U48_MAX, u48 } from '../tables.js';
import { fileRowCodec, type NewFile, Place, type StoredFile } from './file-row.js';

const NAMES = ['files', 'ids', 'live', 'blobs', 'answers', 'due', 'usage', 'facts'] as const;
const Fact = {
  Format: Buffer.from('format'),
  Last: Buffer.from('last'),
  Bytes: Buffer.from('bytes'),
  Blobs: Buffer.from('blobs'),
  BlobBytes: Buffer.from('blobBytes'),
} as const;
const FORMAT = 1;
const NUMBER_BYTES = 6;
const NOTHING = Buffer.alloc(0);
const FIRST_KEY = Buffer.alloc(1);
/** A value that says only that its key is there. */
const THERE = Buffer.from([1]);
/** 2024-01-01, in seconds: see `FileIndex.open`. */
const NUMBERS_SINCE_S = 1_704_067_200;

/** Where a blob's reference count goes. */
interface BlobRow {
  readonly files: number;
  readonly size: number;
}

/** What one account has here. */
export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

/** Every change is one durable transaction; each throws NatterError DISK_FULL, READ_ONLY or DATA_CORRUPT. */
export class FileIndex {
  readonly #database: Database<(typeof NAMES)[number]>;

  private constructor(database: Database<(typeof NAMES)[number]>) {
    this.#database = database;
  }

  /**
   * Opens or makes the index in a folder. Numbers go on at least from the seconds since 2024: rooms remember them,
   * so an index that was lost or restored must not give one of before to another file.
   * @param wall milliseconds since 1970
   * @throws NatterError DATA_CORRUPT naming the file
   */
  static open(folder: string, wall: number): FileIndex {
    const path = join(folder, 'index.mdb');
    const index = new FileIndex(openDatabase(path, NAMES));
    const format = index.#fact(Fact.Format);
    if (format !== 0 && format !== FORMAT)
      throw corrupt(path, `format ${format}, this version reads ${FORMAT}`);
    index.#write(() => {
      index.#setFact(Fact.Format, FORMAT);
      index.#setFact(Fact.Last, Math.max(index.#fact(Fact.Last), Math.floor(wall / 1000) - NUMBERS_SINCE_S));
    });
    return index;
  }

  /** Declared bytes of what is in the spool, and of each blob once. */
  get bytes(): number {
    return this.#fact(Fact.Bytes);
  }

  /** Blobs, each counted once. */
  get blobs(): number {
    return this.#fact(Fact.Blobs);
  }

  /** Bytes of all blobs. */
  get blobBytes(): number {
    return this.#fact(Fact.BlobBytes);
  }

  get(number: number): StoredFile | undefined {
    const row = this.#table('files').getBinary(u48(number));
    if (row === undefined) return undefined;
    try {
      return fileRowCodec.decode(number, row);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw corrupt(this.#database.path, `the row of file ${number}: ${error.message}`, error);
    }
  }

  byId(account: Buffer, id: Buffer): StoredFile | undefined {
    const number = this.#table('ids').getBinary(Buffer.concat([account, id]));
    return number === undefined ? undefined : this.get(readU48(number, 0));
  }

  usage(account: Buffer): Usage {
    const row = this.#table('usage').getBinary(account);
    return row === undefined ? { files: 0, bytes: 0 } : { files: readU48(row, 0), bytes: readU48(row, 1) };
  }

  add(file: NewFile, created: number, due: number): StoredFile {
    const number = this.#fact(Fact.Last) + 1;
    const stored: StoredFile = {
      ...file,
      number,
      place: Place.Spool,
      held: 0,
      created,
      due,
      hash: NOTHING,
      root: NOTHING,
      reason: '',
    };
    this.#write(() => {
      this.#setFact(Fact.Last, number);
      this.#table('ids').put(Buffer.concat([file.account, file.id]), u48(number));
      this.#table('live').put(u48(file.log, number), file.account);
      this.#charge(stored, 1);
      this.#changeFact(Fact.Bytes, stored.size);
      this.#replace(undefined, stored);
    });
    return stored;
  }

  /** How far its upload came, and until when that is kept. */
  rest(file: StoredFile, held: number, due: number): StoredFile {
    return this.#update(file, { ...file, held, due });
  }

  /** All of it is there, under this root. */
  settle(file: StoredFile, root: Buffer, hash: Buffer, due: number): StoredFile {
    const settled = { ...file, place: Place.Blob, held: file.size, root, hash, due };
    this.#write(() => {
      const { files } = this.#blob(root);
      this.#table('blobs').put(root, u48(files + 1, file.size));
      // One copy of it is counted, and that is counted already.
      if (files > 0) this.#changeFact(Fact.Bytes, -file.size);
      else this.#countBlob(file.size, 1);
      this.#replace(file, settled);
    });
    return settled;
  }

  /** It is gone; what is known of it stays until `due`. */
  vanish(file: StoredFile, reason: string, due: number): StoredFile {
    const gone = { ...file, place: Place.Nowhere, held: 0, reason, due };
    this.#write(() => {
      if (file.place === Place.Spool) this.#changeFact(Fact.Bytes, -file.size);
      else this.#release(file);
      this.#charge(file, -1);
      this.#table('live').remove(u48(file.log, file.number));
      this.#replace(file, gone);
    });
    return gone;
  }

  /** Nothing is known of it any more. */
  forget(file: StoredFile): void {
    this.#write(() => {
      this.#table('files').remove(u48(file.number));
      this.#table('ids').remove(Buffer.concat([file.account, file.id]));
      this.#table('due').remove(u48(file.due, file.number));
      for (const key of this.#answerKeys(file.number)) this.#table('answers').remove(key);
    });
  }

  /** Does any file need this blob? */
  isNeeded(root: Buffer): boolean {
    return this.#table('blobs').getBinary(root) !== undefined;
  }

  answer(number: number, account: Buffer): number {
    return this.#table('answers').getBinary(Buffer.concat([u48(number), account]))?.[0] ?? 0;
  }

  setAnswer(number: number, account: Buffer, answer: number): void {
    this.#write(() => {
      this.#table('answers').put(Buffer.concat([u48(number), account]), Buffer.from([answer]));
    });
  }

  /** Files of a log that are not gone, with a number below this, newest first. */
  *newest(log: number, below: number): Generator<StoredFile> {
    const range = { start: u48(log, below - 1), end: u48(log, 0), reverse: true };
    for (const { key } of this.#table('live').getRange(range)) {
      const file = this.get(readU48(key, 1));
      if (file !== undefined) yield file;
    }
  }

  /** Numbers and owners of the files of a log that are not gone, above this number, oldest first. */
  *offered(log: number, above: number): Generator<{ readonly number: number; readonly account: Buffer }> {
    const range = { start: u48(log, above + 1), end: u48(log, U48_MAX) };
    for (const { key, value } of this.#table('live').getRange(range))
      yield { number: readU48(key, 1), account: Buffer.from(value) };
  }

  /** At most `count` files whose time has come. */
  due(wall: number, count: number): StoredFile[] {
    const files: StoredFile[] = [];
    for (const key of this.#table('due').getKeys({ start: FIRST_KEY, end: u48(wall + 1), limit: count })) {
      const file = this.get(readU48(key, 1));
      if (file !== undefined) files.push(file);
    }
    return files;
  }

  /** Every file there is, oldest first; do not change the index meanwhile. */
  *all(): Generator<StoredFile> {
    for (const key of this.#table('files').getKeys({})) {
      const file = this.get(readU48(key, 0));
      if (file !== undefined) yield file;
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #update(file: StoredFile, changed: StoredFile): StoredFile {
    this.#write(() => this.#replace(file, changed));
    return changed;
  }

  #replace(file: StoredFile | undefined, changed: StoredFile): void {
    if (file !== undefined) this.#table('due').remove(u48(file.due, file.number));
    this.#table('due').put(u48(changed.due, changed.number), THERE);
    this.#table('files').put(u48(changed.number), fileRowCodec.encode(changed));
  }

  #release({ root, size }: StoredFile): void {
    const { files } = this.#blob(root);
    if (files > 1) {
      this.#table('blobs').put(root, u48(files - 1, size));
      return;
    }
    this.#table('blobs').remove(root);
    this.#changeFact(Fact.Bytes, -size);
    this.#countBlob(size, -1);
  }

  #blob(root: Buffer): BlobRow {
    const row = this.#table('blobs').getBinary(root);
    return row === undefined ? { files: 0, size: 0 } : { files: readU48(row, 0), size: readU48(row, 1) };
  }

  #countBlob(size: number, sign: 1 | -1): void {
    this.#changeFact(Fact.Blobs, sign);
    this.#changeFact(Fact.BlobBytes, sign * size);
  }

  #charge({ account, size }: StoredFile, sign: 1 | -1): void {
    const { files, bytes } = this.usage(account);
    if (files + sign <= 0) this.#table('usage').remove(account);
    else this.#table('usage').put(account, u48(files + sign, Math.max(0, bytes + sign * size)));
  }

  #answerKeys(number: number): Buffer[] {
    return [...this.#table('answers').getKeys({ start: u48(number), end: u48(number + 1) })].map((key) =>
      Buffer.from(key),
    );
  }

  #fact(name: Buffer): number {
    const value = this.#table('facts').getBinary(name);
    return value?.length === NUMBER_BYTES ? readU48(value, 0) : 0;
  }

  #setFact(name: Buffer, value: number): void {
    this.#table('facts').put(name, u48(value));
  }

  #changeFact(name: Buffer, by: number): void {
    this.#setFact(name, Math.max(0, this.#fact(name) + by));
  }

  #table(name: (typeof NAMES)[number]) {
    return this.#database.tables[name];
  }

  #write(write: () => void): void {
    try {
      this.#database.transact(write);
    } catch (error) {
      if (error instanceof NatterError) throw error;
      const { code, message } = faultOf(error, this.#database.path);
      throw new NatterError(code, message, { path: this.#database.path }, error);
    }
  }
}
