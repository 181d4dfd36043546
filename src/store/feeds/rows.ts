import type { Table } from '../tables.js';
import type { Durable, Rows } from './types.js';

const NUL = Buffer.alloc(1);

export interface RowsFile {
  readonly table: Table;
  /** Writes what waits: what is read comes after it. */
  settle(): void;
  /** In the next transaction. */
  write(write: () => void, durable: Durable | undefined): void;
}

/** One small table among others of a file: its name, NUL and the key are the key of a row there. */
export class FileRows implements Rows {
  readonly #file: RowsFile;
  readonly #prefix: Buffer;

  /** @param name without NUL */
  constructor(name: string, file: RowsFile) {
    this.#file = file;
    this.#prefix = Buffer.concat([Buffer.from(name), NUL]);
  }

  get(key: string): Buffer | undefined {
    this.#file.settle();
    return this.#file.table.getBinary(this.#key(key));
  }

  put(key: string, value: Buffer, durable?: Durable): void {
    const own = Buffer.from(value);
    this.#file.write(() => void this.#file.table.put(this.#key(key), own), durable);
  }

  delete(key: string, durable?: Durable): void {
    this.#file.write(() => void this.#file.table.remove(this.#key(key)), durable);
  }

  entries(): readonly (readonly [key: string, value: Buffer])[] {
    this.#file.settle();
    const end = Buffer.from(this.#prefix);
    end[end.length - 1] = 1;
    return [...this.#file.table.getRange({ start: this.#prefix, end })].map(
      ({ key, value }) => [key.toString('utf8', this.#prefix.length), Buffer.from(value)] as const,
    );
  }

  #key(key: string): Buffer {
    return Buffer.concat([this.#prefix, Buffer.from(key)]);
  }
}
