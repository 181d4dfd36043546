/** Read cursors: how far an account has read a log. They only move forward. */
import { readU48, type Tables, u48 } from './tables.js';

export class Cursors {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get(account: Buffer, log: number): number {
    const stored = this.#tables.cursors.getBinary(Buffer.concat([account, u48(log)]));
    return stored === undefined ? 0 : readU48(stored, 0);
  }

  /** Inside the caller's transaction. @returns the cursor that now holds. */
  advance(account: Buffer, log: number, seq: number): number {
    const before = this.get(account, log);
    if (seq <= before) return before;
    this.#tables.cursors.put(Buffer.concat([account, u48(log)]), u48(seq));
    return seq;
  }
}
