/** The registry's journal: numbered records, each with its checksum, kept until a snapshot holds them. */
import { sealed, unseal } from './crc.js';
import { corrupt } from './faults.js';
import { readU48, type Tables, u48 } from './tables.js';

const LAST_FACT = Buffer.from('journal');
/** Records deleted in one transaction by `trim`. */
const TRIM_RECORDS = 1_000;

export class Journal {
  readonly #path: string;
  readonly #tables: Tables;
  #last: number | undefined;

  constructor(path: string, tables: Tables) {
    this.#path = path;
    this.#tables = tables;
  }

  /** Drops what a rolled-back transaction may have left in memory. */
  forget(): void {
    this.#last = undefined;
  }

  /** Number of the last record ever written, trimmed ones too; 0 at first. */
  get last(): number {
    if (this.#last === undefined) {
      const stored = this.#tables.facts.getBinary(LAST_FACT);
      this.#last = stored === undefined ? 0 : readU48(stored, 0);
    }
    return this.#last;
  }

  /** Inside the caller's transaction. */
  append(records: readonly Uint8Array[]): number {
    let last = this.last;
    for (const record of records) {
      last++;
      this.#tables.journal.put(u48(last), sealed(record));
    }
    if (records.length > 0) this.#tables.facts.put(LAST_FACT, u48(last));
    this.#last = last;
    return last;
  }

  /** Records after a number, at least one if there is any, then as many as fit. */
  read(after: number, bytesMax: number): { last: number; records: readonly Buffer[] } {
    const records: Buffer[] = [];
    let last = after;
    let bytes = 0;
    for (const { key, value } of this.#tables.journal.getRange({ start: u48(after + 1) })) {
      const record = unseal(value);
      const number = readU48(key, 0);
      if (record === undefined) throw corrupt(this.#path, `journal record ${number}`);
      if (number !== last + 1) throw this.#missing(last + 1);
      if (records.length > 0 && bytes + record.length > bytesMax) return { last, records };
      records.push(Buffer.from(record));
      bytes += record.length;
      last = number;
    }
    if (last < this.last) throw this.#missing(last + 1);
    return { last, records };
  }

  /** Only a snapshot trims records. One that is asked for a trimmed record is older than the one that trimmed it. */
  #missing(number: number): Error {
    return corrupt(this.#path, `journal record ${number} is missing, or the registry beside it is too old`);
  }

  /** Deletes a piece of what is at or below `through`, inside the caller's transaction. @returns true when there is more. */
  trim(through: number): boolean {
    const numbers = [
      ...this.#tables.journal.getKeys({ start: u48(0), end: u48(through + 1), limit: TRIM_RECORDS }),
    ];
    for (const number of numbers) this.#tables.journal.remove(number);
    return numbers.length === TRIM_RECORDS;
  }
}
