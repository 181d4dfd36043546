/**
 * An LMDB file with named tables, written by one thread. Commits are synchronous (environment.ts says why): when
 * `transact` returns, everything in it is on the disk.
 */
import { existsSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { corrupt } from './faults.js';
import { unendable } from './guard.js';
import { checkPages } from './pages.js';
import type { Table } from './tables.js';

/** Databases a file may hold besides those that are named at once. */
const SPARE_TABLES = 5;

export interface Database<Name extends string> {
  readonly path: string;
  readonly tables: Readonly<Record<Name, Table>>;
  /** LMDB's number of the last transaction. */
  readonly lastTransaction: number;
  /** Runs `write` in one transaction; durable when this returns. Throws what `write` or LMDB throws, then nothing was written. */
  transact(write: () => void): void;
  close(): Promise<void>;
}

/**
 * Opens or makes the file and its tables.
 * @throws NatterError DATA_CORRUPT when the file cannot be what LMDB wrote; nothing is changed then.
 */
export function openDatabase<Name extends string>(path: string, names: readonly Name[]): Database<Name> {
  const existed = existsSync(path);
  // LMDB maps the file and trusts it: a truncated one ends the process with SIGBUS.
  if (existed) checkPages(path);
  let root: RootDatabase<Buffer, Buffer>;
  let tables: Record<Name, Table>;
  try {
    root = open<Buffer, Buffer>({
      path,
      noSubdir: true,
      overlappingSync: false,
      compression: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: names.length + SPARE_TABLES,
    });
    tables = openTables(root, names);
  } catch (error) {
    if (!existed) throw error;
    throw corrupt(path, error instanceof Error ? error.message : String(error), error);
  }
  return {
    path,
    tables,
    get lastTransaction() {
      return Number((root.getStats() as { lastTxnId: number }).lastTxnId);
    },
    transact(write) {
      // The braces matter: a thenable returned from the callback would keep the transaction open.
      unendable(() => {
        root.transactionSync(() => {
          write();
        });
      });
    },
    async close() {
      await root.close();
    },
  };
}

function openTables<Name extends string>(
  root: RootDatabase<Buffer, Buffer>,
  names: readonly Name[],
): Record<Name, Table> {
  const opened = names.map((name) => [
    name,
    root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
  ]);
  return Object.fromEntries(opened) as Record<Name, Table>;
}
