/**
 * The tables of a peer's private mail and their keys: one LMDB file, or memory, which the simulator and tests use.
 * Numbers are big-endian, so that the order of bytes is theirs; peers are Ed25519 keys.
 *
 *   kept           piece (16)                 at u48, piece               mail that is kept for others
 *   receipts       piece (16)                 at u48, receipt             of what was kept
 *   letters        peer (32), seq u48         letter (letters.ts)         private conversations
 *   known          author (32), id (16)       peer (32), seq u48          what has come, each once
 *   outbox         piece (16)                 peer (32), seq u48, piece   what is on its way
 *   conversations  peer (32)                  read u48
 */
import type { Database } from 'lmdb';
import { openDatabase } from '../database.js';

const NAMES = ['kept', 'receipts', 'letters', 'known', 'outbox', 'conversations'] as const;
export type TableName = (typeof NAMES)[number];

export interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Rows in the order of their keys. What is given and what is returned must not be changed. */
export interface Range {
  readonly from: Buffer;
  /** Without it. */
  readonly to: Buffer;
  /** Rows at most. */
  readonly limit: number;
  /** The last ones, the last first. */
  readonly backwards?: boolean;
}

export interface Table {
  get(key: Buffer): Buffer | undefined;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
  range(range: Range): Row[];
}

export interface MailTables {
  readonly tables: Readonly<Record<TableName, Table>>;
  /** All or nothing; durable when it returns. Throws what `write` throws, or the disk. */
  transact(write: () => void): void;
  close(): Promise<void>;
}

/** @throws NatterError DATA_CORRUPT when the file cannot be what LMDB wrote */
export function openMail(path: string): MailTables {
  const { tables, transact, close } = openDatabase(path, NAMES);
  return { tables: each((name) => new LmdbTable(tables[name])), transact, close };
}

/** Lasts as long as the process: for the simulator, and tests. */
export function memoryMail(): MailTables {
  const tables = each(() => new MemoryTable());
  return {
    tables,
    transact(write) {
      const before = NAMES.map((name) => tables[name].rows);
      for (const name of NAMES) tables[name].rows = new Map(tables[name].rows);
      try {
        write();
      } catch (error) {
        for (const [index, name] of NAMES.entries()) tables[name].rows = before[index] ?? new Map();
        throw error;
      }
    },
    close: async () => {},
  };
}

function each<T>(make: (name: TableName) => T): Record<TableName, T> {
  return Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<TableName, T>;
}

class LmdbTable implements Table {
  readonly #rows: Database<Buffer, Buffer>;

  constructor(rows: Database<Buffer, Buffer>) {
    this.#rows = rows;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#rows.getBinary(key);
  }

  put(key: Buffer, value: Buffer): void {
    void this.#rows.put(key, value);
  }

  remove(key: Buffer): void {
    void this.#rows.remove(key);
  }

  range({ from, to, limit, backwards = false }: Range): Row[] {
    const bounds = backwards
      ? { start: to, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start: from, end: to };
    return [...this.#rows.getRange({ ...bounds, limit })];
  }
}

class MemoryTable implements Table {
  /** By their keys, hex: which sorts as the bytes do. */
  rows = new Map<string, Buffer>();

  get(key: Buffer): Buffer | undefined {
    return this.rows.get(key.toString('hex'));
  }

  put(key: Buffer, value: Buffer): void {
    this.rows.set(key.toString('hex'), Buffer.from(value));
  }

  remove(key: Buffer): void {
    this.rows.delete(key.toString('hex'));
  }

  range({ from, to, limit, backwards = false }: Range): Row[] {
    const [first, end] = [from.toString('hex'), to.toString('hex')];
    const keys = [...this.rows.keys()].filter((key) => key >= first && key < end).sort();
    if (backwards) keys.reverse();
    return keys
      .slice(0, limit)
      .map((key) => ({ key: Buffer.from(key, 'hex'), value: this.rows.get(key) ?? Buffer.alloc(0) }));
  }
}
