import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, WANTED_BYTES_MAX } from '../../net/constants.js';
import { chunkCount, recordBytes } from '../../net/file-chunks.js';

/** What one connection wants of one file. */
export class Reading {
  readonly number: number;
  readonly size: number;
  /** Wanted and here, in the order of wanting. */
  readonly ready = new Set<number>();
  /** Wanted and not here yet. */
  readonly waiting = new Set<number>();
  /** Told to io; the client has not all of it. */
  readonly supplied = new Set<number>();

  constructor(number: number, size: number) {
    this.number = number;
    this.size = size;
  }

  get count(): number {
    return chunkCount(this.size);
  }

  recordBytes(chunk: number): number {
    return recordBytes(this.size, chunk);
  }

  bytesOf(chunks: Iterable<number>): number {
    let bytes = 0;
    for (const chunk of chunks) bytes += this.recordBytes(chunk);
    return bytes;
  }
}

/** One connection that reads files, and what it holds of this server's memory. It knows no actors and no clock. */
export class FileReader {
  readonly connection: number;
  readonly readings = new Map<number, Reading>();
  /** Records told to io that the client has not acknowledged. */
  suppliedBytes = 0;
  /** When the client last took something, or had nothing to take. */
  takenAt: number;
  #wantedBytes = 0;

  constructor(connection: number, now: number) {
    this.connection = connection;
    this.takenAt = now;
  }

  /** Notes what is wanted, as far as it may be: what is beyond WANTED_BYTES_MAX is ignored, and wanted again by the client. */
  want(reading: Reading, first: number, count: number, isHere: (chunk: number) => boolean): void {
    const end = Math.min(first + count, first + WANTED_BYTES_MAX / CHUNK_BYTES, reading.count);
    for (let chunk = first; chunk < end; chunk++) {
      const { ready, waiting, supplied } = reading;
      if (ready.has(chunk) || waiting.has(chunk) || supplied.has(chunk)) continue;
      const bytes = reading.recordBytes(chunk);
      if (this.#wantedBytes + bytes > WANTED_BYTES_MAX) return;
      this.#wantedBytes += bytes;
      (isHere(chunk) ? ready : waiting).add(chunk);
    }
  }

  /** The next file's next chunk; files take turns. */
  next(): { readonly reading: Reading; readonly chunk: number } | undefined {
    for (const reading of this.readings.values()) {
      const [chunk] = reading.ready;
      if (chunk === undefined) continue;
      this.readings.delete(reading.number);
      this.readings.set(reading.number, reading);
      return { reading, chunk };
    }
    return undefined;
  }

  /** May so much more be supplied? One record always, so that nobody is left out. */
  mayTake(allowance: number): boolean {
    return this.suppliedBytes === 0 || this.suppliedBytes + CHUNK_RECORD_MAX_BYTES <= allowance;
  }

  /** A wanted chunk goes to io now. */
  supply(reading: Reading, chunk: number, now: number): void {
    if (!reading.ready.delete(chunk)) reading.waiting.delete(chunk);
    const bytes = reading.recordBytes(chunk);
    this.#wantedBytes -= bytes;
    if (this.suppliedBytes === 0) this.takenAt = now;
    reading.supplied.add(chunk);
    this.suppliedBytes += bytes;
  }

  /** The client has all of it. */
  taken(reading: Reading, chunk: number, now: number): void {
    if (!reading.supplied.delete(chunk)) return;
    this.suppliedBytes -= reading.recordBytes(chunk);
    this.takenAt = now;
  }

  /** What was told to io was lost: it is to be told again. */
  unsupply(reading: Reading): void {
    const bytes = reading.bytesOf(reading.supplied);
    this.suppliedBytes -= bytes;
    this.#wantedBytes += bytes;
    for (const chunk of reading.supplied) reading.ready.add(chunk);
    reading.supplied.clear();
  }

  close(reading: Reading): void {
    this.readings.delete(reading.number);
    this.suppliedBytes -= reading.bytesOf(reading.supplied);
    this.#wantedBytes -= reading.bytesOf(reading.ready) + reading.bytesOf(reading.waiting);
  }
}
