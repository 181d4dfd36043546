import { NatterError } from '../../chat/error.js';
import { Writer, writeVarint } from '../../net/bytes.js';
import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, SUPPLIED_BYTES_MAX } from '../../net/constants.js';
import type { BlobStore } from '../../store/files/blobs.js';
import { IoMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { IO } from '../singletons.js';
import { Valve } from '../valve.js';
import type { ByConnection } from './bodies.js';
import type { FileCounters } from './figures.js';
import { FileReader, Reading } from './reader.js';

/** Supplied and not yet with the client, over all connections; shared by those that read. */
const SUPPLIED_ALTOGETHER_BYTES = 64 * 1024 * 1024;
/** Files that one connection may have open. */
const DOWNLOADS_PER_CONNECTION_MAX = 256;
/** A connection that takes nothing for this long is no reader any more. */
const STALLED_MS = 30_000;
/** Connection, file and chunk in front of a record: three varints. */
const HEAD_MAX_BYTES = 24;

export interface DownloadsOptions {
  readonly context: ActorContext;
  readonly store: BlobStore;
  readonly counters: FileCounters;
  /** Nobody reads that file any more. */
  readonly ended: (number: number) => void;
  /** That connection took nothing for so long that the file is not open over it any more. */
  readonly stalled: (number: number, connection: number) => void;
  /** The bytes of that file cannot be read. */
  readonly damaged: (number: number, error: NatterError) => void;
}

/** The files that clients fetch: hands io what they want, no faster than io and they take it. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #readers = new Map<number, FileReader>();
  /** Those who may have something ready, in turn. */
  readonly #queue = new Set<FileReader>();
  /** Who reads a file. */
  readonly #readersOf = new Map<number, Set<FileReader>>();
  readonly #valve: Valve;
  readonly #writer = new Writer(64);
  readonly #message = Buffer.allocUnsafeSlow(HEAD_MAX_BYTES + CHUNK_RECORD_MAX_BYTES);

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#valve = new Valve((mark) =>
      options.context.tell(IO, IoMessage.Mark, this.#writer.reset().varint(mark).view()),
    );
  }

  /** Files open over connections. */
  get size(): number {
    let size = 0;
    for (const { readings } of this.#readers.values()) size += readings.size;
    return size;
  }

  /** Which connection reads what, and which chunks of it it wants or was given and has not got. */
  get list(): (ByConnection & { readonly wanted: readonly number[] })[] {
    return [...this.#readers.values()].flatMap(({ connection, readings }) =>
      [...readings.values()].map(({ number, supplied, ready, waiting }) => ({
        f: number,
        c: connection,
        wanted: [...supplied, ...ready, ...waiting],
      })),
    );
  }

  has(number: number): boolean {
    return this.#readersOf.has(number);
  }

  /** That connection may want chunks of the file from now on. @throws NatterError BUSY, or what BlobStore.open throws */
  open(number: number, connection: number): void {
    const { context, store } = this.#options;
    const reader = this.#readers.get(connection) ?? new FileReader(connection, context.clock.now());
    if (reader.readings.has(number)) return;
    if (reader.readings.size >= DOWNLOADS_PER_CONNECTION_MAX)
      throw new NatterError(
        'BUSY',
        'So many files are being fetched at once; wait until one of them is done.',
      );
    const { size } = store.open(number);
    this.#readers.set(connection, reader);
    reader.readings.set(number, new Reading(number, size));
    this.#readersOf.set(number, (this.#readersOf.get(number) ?? new Set()).add(reader));
    // What an earlier life of this actor may have supplied.
    this.#unsupply(reader, number);
  }

  close(number: number, connection: number): void {
    const reader = this.#readers.get(connection);
    const reading = reader?.readings.get(number);
    if (reader === undefined || reading === undefined) return;
    this.#unsupply(reader, number);
    this.#end(reader, reading);
  }

  /** The file is gone: nothing of it goes out any more. */
  closeFile(number: number): void {
    for (const { connection } of [...(this.#readersOf.get(number) ?? [])]) this.close(number, connection);
  }

  connectionClosed(connection: number): void {
    const reader = this.#readers.get(connection);
    for (const reading of [...(reader?.readings.values() ?? [])])
      if (reader !== undefined) this.#end(reader, reading);
  }

  /** Ends all, as when every connection is gone. */
  closeAll(): void {
    for (const connection of [...this.#readers.keys()]) this.connectionClosed(connection);
    this.#valve.reset();
  }

  wanted(connection: number, number: number, first: number, count: number): void {
    const reader = this.#readers.get(connection);
    const reading = reader?.readings.get(number);
    if (reader === undefined || reading === undefined) return;
    try {
      const chunks = this.#options.store.open(number);
      reader.want(reading, first, count, (chunk) => chunks.has(chunk));
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
      this.#options.damaged(number, error);
    }
    this.#pump(reader);
  }

  /** A chunk has landed: it goes out to those who wait for it without being read again. */
  landed(number: number, chunk: number, record: Buffer): void {
    for (const reader of this.#readersOf.get(number) ?? []) {
      const reading = reader.readings.get(number);
      if (reading === undefined || !reading.waiting.has(chunk)) continue;
      reading.waiting.delete(chunk);
      reading.ready.add(chunk);
      // In turn with what is ready already; out of memory only if it is this one's turn now.
      if (reading.ready.size > 1 || !this.#valve.open || !reader.mayTake(this.#allowance))
        this.#queue.add(reader);
      else this.#supply(reader, reading, chunk, record);
    }
    this.#pump();
  }

  supplied(connection: number, number: number, chunk: number): void {
    const reader = this.#readers.get(connection);
    const reading = reader?.readings.get(number);
    if (reader === undefined || reading === undefined) return;
    reader.taken(reading, chunk, this.#options.context.clock.now());
    this.#pump(reader);
  }

  marked(mark: number): void {
    this.#valve.marked(mark);
    this.#pump();
  }

  /** Once a second or so: ends whoever takes nothing. */
  tick(now: number): void {
    for (const reader of [...this.#readers.values()]) {
      if (reader.suppliedBytes === 0 || now - reader.takenAt < STALLED_MS) continue;
      this.#options.counters.readersStalled++;
      for (const number of [...reader.readings.keys()]) {
        this.close(number, reader.connection);
        this.#options.stalled(number, reader.connection);
      }
    }
  }

  /** The I/O actor lives anew with the connections of before: what it had taken from us may be lost. */
  repeatAll(): void {
    this.#valve.reset();
    for (const reader of this.#readers.values()) {
      for (const reading of reader.readings.values()) {
        this.#unsupply(reader, reading.number);
        reader.unsupply(reading);
      }
      this.#queue.add(reader);
    }
    this.#pump();
  }

  /** What one connection may hold of what all may. */
  get #allowance(): number {
    return Math.min(
      SUPPLIED_BYTES_MAX,
      Math.max(CHUNK_BYTES, SUPPLIED_ALTOGETHER_BYTES / this.#readers.size),
    );
  }

  /** Supplies what is ready, one record of one reader after the other, until nobody may take more. */
  #pump(reader?: FileReader): void {
    if (reader !== undefined) this.#queue.add(reader);
    for (const next of this.#queue) {
      if (!this.#valve.open) return;
      this.#queue.delete(next);
      // Whoever may take no more comes back with what it takes.
      if (!next.mayTake(this.#allowance)) continue;
      const ready = next.next();
      if (ready === undefined) continue;
      this.#read(next, ready.reading, ready.chunk);
      if (next.readings.size > 0) this.#queue.add(next);
    }
  }

  #read(reader: FileReader, reading: Reading, chunk: number): void {
    const record = this.#message.subarray(HEAD_MAX_BYTES);
    let length: number;
    try {
      length = this.#options.store.open(reading.number).record(chunk, record);
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
      this.#options.damaged(reading.number, error);
      return;
    }
    this.#supply(reader, reading, chunk, record.subarray(0, length));
  }

  #supply(reader: FileReader, reading: Reading, chunk: number, record: Buffer): void {
    const { context, counters } = this.#options;
    const message = this.#message;
    let at = writeVarint(message, 0, reader.connection);
    at = writeVarint(message, at, reading.number);
    at = writeVarint(message, at, chunk);
    // Within the same buffer when it was read into it: `copy` moves bytes that overlap rightly.
    record.copy(message, at);
    at += record.length;
    reader.supply(reading, chunk, context.clock.now());
    counters.bytesOut += record.length;
    context.tell(IO, IoMessage.Supply, message.subarray(0, at));
    this.#valve.pass(at);
  }

  #end(reader: FileReader, reading: Reading): void {
    const { number } = reading;
    reader.close(reading);
    if (reader.readings.size === 0) {
      this.#readers.delete(reader.connection);
      this.#queue.delete(reader);
    }
    const readers = this.#readersOf.get(number);
    readers?.delete(reader);
    if (readers?.size !== 0) return;
    this.#readersOf.delete(number);
    this.#options.ended(number);
  }

  #unsupply({ connection }: FileReader, number: number): void {
    this.#options.context.tell(
      IO,
      IoMessage.Unsupply,
      this.#writer.reset().varint(connection).varint(number).view(),
    );
  }
}
