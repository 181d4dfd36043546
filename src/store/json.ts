/** A lowdb adapter that is careful: whole files only, and a file it cannot read is never written over. */
import { readFileSync } from 'node:fs';
import type { SyncAdapter } from 'lowdb';
import { writeFileAtomic } from './atomic.js';
import { corrupt } from './faults.js';

/**
 * JSON in one file, indented so that a person may read it; replaced by temporary file, fsync and rename.
 * `read` throws NatterError DATA_CORRUPT for what is no JSON or what `check` refuses, and from then on
 * `write` throws the same.
 */
export class AtomicJson<T> implements SyncAdapter<T> {
  readonly path: string;
  readonly #check: (value: unknown) => T;
  #damage: Error | undefined;

  /** @param check returns the value in its type, or throws an Error whose message says what is wrong */
  constructor(path: string, check: (value: unknown) => T) {
    this.path = path;
    this.#check = check;
  }

  /** Null when there is no such file. */
  read(): T | null {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return this.#check(JSON.parse(text));
    } catch (error) {
      this.#damage = corrupt(this.path, error instanceof Error ? error.message : String(error), error);
      throw this.#damage;
    }
  }

  write(data: T): void {
    if (this.#damage !== undefined) throw this.#damage;
    writeFileAtomic(this.path, `${JSON.stringify(data, null, 1)}\n`);
  }
}

/** A plain object, or an Error. */
export function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as Record<string, unknown>;
}
