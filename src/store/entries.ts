/** Entries and heads of all logs. Writes happen inside the caller's transaction. */
import { Reader, Writer } from '../net/bytes.js';
import { type Entry, entryCodec, entryId } from '../net/entry.js';
import { CRC_BYTES, seal, unseal } from './crc.js';
import { corrupt } from './faults.js';
import { readU48, type Tables, u48 } from './tables.js';
import type { Append } from './types.js';

/** Heads kept in memory between transactions. */
const HEADS_CACHED_MAX = 65_536;

interface Tail {
  seq: number;
  /** Wall time of the last entry. */
  at: number;
  dirty: boolean;
}

export interface Written {
  readonly seq: number;
  readonly at: number;
  readonly entry: Buffer;
}

export class Entries {
  readonly #path: string;
  readonly #tables: Tables;
  readonly #tails = new Map<number, Tail>();
  readonly #dirty: [log: number, tail: Tail][] = [];
  readonly #writer = new Writer(8192);

  constructor(path: string, tables: Tables) {
    this.#path = path;
    this.#tables = tables;
  }

  /** Drops what a rolled-back transaction may have left in memory. */
  forget(): void {
    this.#tails.clear();
    this.#dirty.length = 0;
  }

  /** Seq of the last entry; 0 when empty. */
  head(log: number): number {
    return this.#tail(log).seq;
  }

  /** Writes the next entry of its log. `at` is the wall time, or that of the entry before if that is later. */
  append(one: Append, wall: number): Written {
    const tail = this.#tail(one.log);
    const seq = tail.seq + 1;
    const at = Math.max(wall, tail.at);
    const id = entryId(one.account, one.stream, one.logId, one.counter);
    const entry: Entry = { kind: one.kind, at, id, author: one.author, body: one.body };
    this.#writer.reset().u32(0);
    entryCodec.encode(this.#writer, entry);
    const record = seal(this.#writer.copy());
    this.#tables.entries.put(u48(one.log, seq), record);
    tail.seq = seq;
    tail.at = at;
    if (!tail.dirty) {
      tail.dirty = true;
      this.#dirty.push([one.log, tail]);
    }
    return { seq, at, entry: record.subarray(CRC_BYTES) };
  }

  /** Writes the heads that moved; the last step of a transaction. */
  flush(): void {
    for (const [log, tail] of this.#dirty) {
      this.#tables.heads.put(u48(log), u48(tail.seq, tail.at));
      tail.dirty = false;
    }
    this.#dirty.length = 0;
  }

  /**
   * Entries after a seq: at least one if there is any, then as many as fit.
   * @throws NatterError DATA_CORRUPT for an entry whose checksum does not fit or that is not there.
   */
  read(log: number, after: number, entriesMax: number, bytesMax: number): Buffer[] {
    const head = this.head(log);
    const entries: Buffer[] = [];
    let bytes = 0;
    for (let seq = after + 1; seq <= head && entries.length < entriesMax; seq++) {
      const entry = this.#entry(log, seq);
      if (entries.length > 0 && bytes + entry.length > bytesMax) break;
      entries.push(entry);
      bytes += entry.length;
    }
    return entries;
  }

  #entry(log: number, seq: number): Buffer {
    const record = this.#get('entries', u48(log, seq));
    if (record === undefined) throw corrupt(this.#path, `log ${log} lacks entry ${seq}`);
    const entry = unseal(record);
    if (entry === undefined) throw corrupt(this.#path, `log ${log}, entry ${seq}`);
    return entry;
  }

  #get(table: 'entries' | 'heads', key: Buffer): Buffer | undefined {
    try {
      return this.#tables[table].getBinary(key);
    } catch (error) {
      throw corrupt(this.#path, error instanceof Error ? error.message : String(error), error);
    }
  }

  #tail(log: number): Tail {
    const known = this.#tails.get(log);
    if (known !== undefined) return known;
    if (this.#tails.size >= HEADS_CACHED_MAX && this.#dirty.length === 0) this.#tails.clear();
    const stored = this.#get('heads', u48(log));
    const tail: Tail = { seq: 0, at: 0, dirty: false };
    if (stored !== undefined) {
      tail.seq = readU48(stored, 0);
      tail.at = readU48(stored, 1);
      // A head is not covered by a checksum; the entry it names is, and must say the same.
      if (entryCodec.decode(new Reader(this.#entry(log, tail.seq))).at !== tail.at)
        throw corrupt(this.#path, `log ${log} and its head differ`);
    }
    this.#tails.set(log, tail);
    return tail;
  }
}
