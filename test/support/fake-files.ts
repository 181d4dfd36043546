import sodium from 'sodium-native';
import { EventKind, FileAnswer, FileState, Operation } from '../../src/chat/operations.js';
import { CHUNK_BYTES, FILE_HASH_BYTES } from '../../src/net/constants.js';
import { chunkBytes, chunkCount } from '../../src/net/file-chunks.js';
import type { FakeConnection } from './fake-connection.js';

/** Chunks the server has wanted and not got. */
const WINDOW = 16;

export interface FakeFile {
  readonly f: number;
  readonly id: Buffer;
  readonly owner: string;
  readonly l: number;
  readonly n: string;
  readonly s: number;
  readonly t: string;
  readonly w: number;
  state: FileState;
  hash: Buffer | undefined;
  readonly records: Map<number, Buffer>;
  readonly answers: Map<string, FileAnswer>;
  /** Every record that was supplied, in order. */
  readonly came: number[];
  uploader: FakeConnection | undefined;
  readonly wanted: Set<number>;
  readonly readers: Set<FakeConnection>;
  /** Wanted by readers and not here. */
  readonly waiting: Map<number, Set<FakeConnection>>;
}

export interface FilesOwner {
  at(): number;
  /** Puts the file's entry into its log. @returns its seq */
  post(log: number, author: string, body: object): number;
  event(event: EventKind, body: object): void;
}

export function hashOf(bytes: Uint8Array): Buffer {
  const hash = Buffer.alloc(FILE_HASH_BYTES);
  sodium.crypto_generichash(hash, bytes);
  return hash;
}

export function recordOf(bytes: Uint8Array): Buffer {
  return Buffer.concat([hashOf(bytes), bytes]);
}

/** The files of a fake server. Honest, unless a test puts something else in place of its parts. */
export class FakeFiles {
  readonly byNumber = new Map<number, FakeFile>();
  /** What a reader gets instead of a record. */
  twist: (file: FakeFile, chunk: number, record: Buffer) => Buffer | undefined = (_file, _chunk, record) =>
    record;
  /** Refuses an operation, as often as it gives something. */
  refuse: (operation: number, file: FakeFile | undefined) => { c: string; m: string } | undefined = () =>
    undefined;
  /** So many chunks are wanted of each file until this is raised. */
  wantsMax = Number.POSITIVE_INFINITY;
  readonly #owner: FilesOwner;

  constructor(owner: FilesOwner) {
    this.#owner = owner;
  }

  get last(): FakeFile {
    const file = this.byNumber.get(this.byNumber.size);
    if (file === undefined) throw new Error('there is no file');
    return file;
  }

  attach(connection: FakeConnection): void {
    connection.onWant = (f, chunk) => this.#wants(connection, f, chunk);
    connection.onSupply = (f, chunk, record) => this.#take(connection, f, chunk, record);
  }

  /** The server has it already: offered by somebody and held. */
  hold(log: number, owner: string, name: string, bytes: Buffer): FakeFile {
    const file = this.#make(owner, log, Buffer.from(hashOf(bytes).subarray(0, 16)), name, bytes.length);
    for (let chunk = 0; chunk < chunkCount(bytes.length); chunk++)
      file.records.set(
        chunk,
        recordOf(bytes.subarray(chunk * CHUNK_BYTES, chunk * CHUNK_BYTES + chunkBytes(bytes.length, chunk))),
      );
    file.hash = hashOf(bytes);
    file.state = FileState.Held;
    this.#owner.post(log, owner, entryOf(file));
    return file;
  }

  answer(from: FakeConnection, operation: number, body: Record<string, never>): object | undefined {
    const file = this.byNumber.get(Number(body.f));
    const refusal = operation >= Operation.Offer ? this.refuse(operation, file) : undefined;
    if (refusal !== undefined) return refusal;
    if (operation === Operation.Offer) return this.#offer(from, body);
    if (operation === Operation.Offers) return { f: this.#offers(from.user, Number(body.a)) };
    if (operation < Operation.Offer) return undefined;
    if (file === undefined) return { c: 'NO_SUCH_FILE', m: 'There is no such file.' };
    return this.#about(from, operation, file, body);
  }

  #about(from: FakeConnection, operation: number, file: FakeFile, body: Record<string, never>): object {
    switch (operation) {
      case Operation.Upload:
        file.uploader = from;
        file.wanted.clear();
        this.#pull(file);
        return { b: bytesOf(file) };
      case Operation.Finish:
        return { s: this.#finish(file, bytesIn(body.h)) };
      case Operation.Download:
        file.readers.add(from);
        return { s: file.state, z: file.s, ...(file.hash === undefined ? {} : { h: file.hash }) };
      case Operation.FileClose:
        if (body.u) file.uploader = undefined;
        else file.readers.delete(from);
        return {};
      case Operation.Withdraw:
        this.gone(file, 'FILE_WITHDRAWN');
        return {};
      case Operation.Answer:
        file.answers.set(from.user, Number(body.s) as FileAnswer);
        this.#owner.event(EventKind.Answer, { f: file.f, l: file.l, n: from.user, s: body.s });
        return {};
      default:
        return {};
    }
  }

  gone(file: FakeFile, reason: string): void {
    file.state = FileState.Gone;
    this.#owner.event(EventKind.File, { f: file.f, l: file.l, s: file.state, r: reason });
  }

  /** Takes no more of what is sent, and says why. */
  halt(file: FakeFile, reason: string): void {
    file.uploader = undefined;
    this.#owner.event(EventKind.File, { f: file.f, l: file.l, s: FileState.Waiting, r: reason });
  }

  /** The server forgot what its readers want, and says so. */
  readerStalled(file: FakeFile): void {
    file.readers.clear();
    this.#owner.event(EventKind.File, { f: file.f, l: file.l, s: file.state, h: file.hash, r: 'STALLED' });
  }

  /** Asks the uploader for what is missing, up to the window. */
  pull(file: FakeFile): void {
    this.#pull(file);
  }

  #offer(from: FakeConnection, body: Record<string, never>): object {
    const id = bytesIn(body.i);
    const known = [...this.byNumber.values()].find((each) => each.owner === from.user && each.id.equals(id));
    if (known !== undefined) return { f: known.f, q: 1 };
    const file = this.#make(from.user, Number(body.l), id, String(body.n), Number(body.s), String(body.t));
    return { f: file.f, q: this.#owner.post(file.l, from.user, entryOf(file)) };
  }

  #make(owner: string, l: number, id: Buffer, n: string, s: number, t = 'text/plain'): FakeFile {
    const file: FakeFile = {
      f: this.byNumber.size + 1,
      ...{ id, owner, l, n, s, t },
      w: this.#owner.at(),
      state: FileState.Waiting,
      hash: undefined,
      records: new Map(),
      answers: new Map(),
      came: [],
      uploader: undefined,
      wanted: new Set(),
      readers: new Set(),
      waiting: new Map(),
    };
    this.byNumber.set(file.f, file);
    return file;
  }

  #offers(user: string, after: number): object[] {
    return [...this.byNumber.values()]
      .filter(({ f, owner, answers }) => f > after && owner !== user && !answers.has(user))
      .map((file) => ({
        ...entryOf(file),
        ...{ l: file.l, o: file.owner, st: file.state, b: bytesOf(file), w: file.w, a: FileAnswer.None },
        ...(file.hash === undefined ? {} : { h: file.hash }),
      }));
  }

  #pull(file: FakeFile): void {
    const { uploader } = file;
    for (let chunk = 0; uploader !== undefined && chunk < chunkCount(file.s); chunk++) {
      if (file.wanted.size >= WINDOW || file.came.length + file.wanted.size >= this.wantsMax) return;
      if (file.records.has(chunk) || file.wanted.has(chunk)) continue;
      file.wanted.add(chunk);
      uploader.deliverWant(file.f, chunk, 1);
    }
  }

  #take(from: FakeConnection, f: number, chunk: number, record: Buffer): void {
    const file = this.byNumber.get(f);
    if (file === undefined || file.uploader !== from) return;
    file.came.push(chunk);
    file.wanted.delete(chunk);
    const bytes = record.subarray(FILE_HASH_BYTES);
    if (
      bytes.length === chunkBytes(file.s, chunk) &&
      hashOf(bytes).equals(record.subarray(0, FILE_HASH_BYTES))
    )
      file.records.set(chunk, Buffer.from(record));
    for (const reader of file.waiting.get(chunk) ?? []) this.#give(reader, file, chunk);
    file.waiting.delete(chunk);
    this.#pull(file);
  }

  #finish(file: FakeFile, hash: Buffer): FileState {
    if (file.records.size < chunkCount(file.s)) return FileState.Uploading;
    if (file.state !== FileState.Held) {
      file.state = FileState.Held;
      file.hash = hash;
      this.#owner.event(EventKind.File, { f: file.f, l: file.l, s: file.state, h: hash });
    }
    return file.state;
  }

  #wants(from: FakeConnection, f: number, chunk: number): void {
    const file = this.byNumber.get(f);
    if (file === undefined || !file.readers.has(from)) return;
    if (file.records.has(chunk)) this.#give(from, file, chunk);
    else file.waiting.set(chunk, (file.waiting.get(chunk) ?? new Set()).add(from));
  }

  #give(to: FakeConnection, file: FakeFile, chunk: number): void {
    if (to.closed !== undefined) return;
    const record = file.records.get(chunk);
    const given = record === undefined ? undefined : this.twist(file, chunk, record);
    if (given !== undefined) to.deliverChunk(file.f, chunk, given);
  }
}

export function entryOf({ f, id, n, s, t }: FakeFile): object {
  return { f, i: id, n, s, t };
}

/** Everything the server has of it. */
export function contentOf(file: FakeFile): Buffer {
  const chunks = [...file.records].sort(([a], [b]) => a - b);
  return Buffer.concat(chunks.map(([, record]) => record.subarray(FILE_HASH_BYTES)));
}

function bytesOf(file: FakeFile): number {
  return [...file.records.values()].reduce((sum, { length }) => sum + length - FILE_HASH_BYTES, 0);
}

function bytesIn(value: unknown): Buffer {
  return Buffer.from(value as Uint8Array);
}
