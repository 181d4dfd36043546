import { CHUNK_RECORD_MAX_BYTES } from '../../net/constants.js';

/** Buffers kept when nobody needs them. To allocate 64 KiB costs more than to copy them. */
const SPARES_MAX = 64;

/**
 * Which files a connection was asked for or given chunks of, and the records it was given: it refers to them until
 * the client has them, in buffers that go round.
 */
export class Records {
  readonly #connections = new Map<number, Map<number, Map<number, Buffer>>>();
  readonly #spares: Buffer[] = [];

  /** Something of that file goes over that connection. */
  note(connection: number, file: number): Map<number, Buffer> {
    const files = this.#connections.get(connection) ?? new Map<number, Map<number, Buffer>>();
    const records = files.get(file) ?? new Map<number, Buffer>();
    this.#connections.set(connection, files.set(file, records));
    return records;
  }

  /** A copy of a record to hand over, or undefined when it was handed over before and is not free yet. */
  copy(connection: number, file: number, chunk: number, record: Uint8Array): Buffer | undefined {
    const records = this.note(connection, file);
    if (records.has(chunk)) return undefined;
    const buffer = this.#spares.pop() ?? Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES);
    buffer.set(record);
    records.set(chunk, buffer);
    return buffer.subarray(0, record.length);
  }

  /** The connection refers to it no more. */
  free(connection: number, file: number, chunk: number): void {
    const records = this.#connections.get(connection)?.get(file);
    const buffer = records?.get(chunk);
    if (buffer === undefined) return;
    records?.delete(chunk);
    this.#spare(buffer);
  }

  /** The connection refers to nothing of that file any more. */
  freeFile(connection: number, file: number): void {
    const records = this.#connections.get(connection)?.get(file);
    for (const buffer of records?.values() ?? []) this.#spare(buffer);
    records?.clear();
  }

  /** The connection is gone. */
  forget(connection: number): void {
    for (const file of this.#connections.get(connection)?.keys() ?? []) this.freeFile(connection, file);
    this.#connections.delete(connection);
  }

  /** Every connection, and the files of which something goes over it. */
  *files(): Iterable<readonly [connection: number, file: number]> {
    for (const [connection, files] of this.#connections)
      for (const file of files.keys()) yield [connection, file];
  }

  #spare(buffer: Buffer): void {
    if (this.#spares.length < SPARES_MAX) this.#spares.push(buffer);
  }
}
