import { Writer } from '../../src/net/bytes.js';
import { entryCodec, entryId } from '../../src/net/entry.js';
import type { Append, AppendResult, Head, LogStore, Range } from '../../src/store/types.js';

interface Row {
  readonly last: number;
  readonly seqs: Map<number, { seq: number; at: number }>;
}

/** Logs that last as long as the test, with the rules of the real ones: only the next counter, repeats answered. */
export class MemoryLogs implements LogStore {
  readonly instance = Buffer.alloc(16, 1);
  readonly epoch = 1;
  fault: LogStore['fault'];
  /** Appends are refused as by a full disk. */
  full = false;
  readonly entries = new Map<number, Buffer[]>();
  readonly #rows = new Map<string, Row>();
  readonly #journal: Buffer[] = [];
  readonly #cursors = new Map<string, number>();

  get journalLast(): number {
    return this.#journal.length;
  }

  async append(batch: readonly Append[], wall: number): Promise<AppendResult[]> {
    return batch.map((append) => this.#append(append, wall));
  }

  read(log: number, after: number, entriesMax: number, bytesMax: number): Range {
    const found = (this.entries.get(log) ?? []).slice(after, after + entriesMax);
    const entries: Buffer[] = [];
    let bytes = 0;
    for (const entry of found) {
      bytes += entry.length;
      if (bytes > bytesMax) break;
      entries.push(entry);
    }
    return { head: this.head(log), first: after + 1, entries };
  }

  head(log: number): Head {
    return { epoch: this.epoch, seq: this.entries.get(log)?.length ?? 0 };
  }

  async journal(records: readonly Uint8Array[]): Promise<number> {
    this.#journal.push(...records.map((record) => Buffer.from(record)));
    return this.#journal.length;
  }

  journalRead(after: number): { last: number; records: readonly Buffer[] } {
    return { last: this.#journal.length, records: this.#journal.slice(after) };
  }

  async journalTrim(): Promise<void> {}

  async cursor(account: Buffer, log: number, seq: number): Promise<number> {
    const key = `${account.toString('hex')} ${log}`;
    const moved = Math.max(seq, this.#cursors.get(key) ?? 0);
    this.#cursors.set(key, moved);
    return moved;
  }

  cursors(account: Buffer, logs: readonly number[]): number[] {
    return logs.map((log) => this.#cursors.get(`${account.toString('hex')} ${log}`) ?? 0);
  }

  async sweep(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}

  #append({ log, logId, account, author, stream, counter, kind, body }: Append, wall: number): AppendResult {
    const key = `${account.toString('hex')} ${stream.toString('hex')} ${log}`;
    const row = this.#rows.get(key) ?? { last: 0, seqs: new Map() };
    const before = row.seqs.get(counter);
    if (before) return { ok: true, repeat: true, epoch: this.epoch, ...before, entry: Buffer.alloc(0) };
    if (this.full)
      return { ok: false, code: 'DISK_FULL', message: 'The disk is full.', expected: row.last + 1 };
    if (counter !== row.last + 1)
      return { ok: false, code: 'GAP', message: 'An earlier message is missing.', expected: row.last + 1 };
    const writer = new Writer();
    const id = entryId(account, stream, logId, counter);
    entryCodec.encode(writer, { kind, at: wall, id, author, body: Buffer.from(body) });
    const entries = this.entries.get(log) ?? [];
    this.entries.set(log, entries);
    const entry = writer.copy();
    entries.push(entry);
    const at = { seq: entries.length, at: wall };
    row.seqs.set(counter, at);
    this.#rows.set(key, { last: counter, seqs: row.seqs });
    return { ok: true, repeat: false, epoch: this.epoch, ...at, entry };
  }
}
