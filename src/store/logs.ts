/**
 * The log store on LMDB: entries, request table, journal and cursors, with one transaction for everything
 * that is asked for in one turn of the event loop.
 *
 *   append, journal, cursor, sweep --> waiting --(microtask)--> one transaction, fsync --> all resolve
 */
import { NatterError } from '../chat/error.js';
import { Cursors } from './cursors.js';
import { Entries } from './entries.js';
import { type Environment, type EnvironmentOptions, openEnvironment } from './environment.js';
import { Journal } from './journal.js';
import { Streams } from './streams.js';
import { u48 } from './tables.js';
import type { Append, AppendResult, Head, LogStore, Range } from './types.js';
import { type ProbeTimers, Writable } from './writable.js';

/** One piece of `sweep`: streams looked at, request rows deleted. A few milliseconds at most. */
const SWEEP_STREAMS = 256;
const SWEEP_ROWS = 2_000;
/** A probe writes this much, so that it does not succeed where the next batch fails. */
const PROBE_BYTES = 64 * 1024;
const PROBE_FACT = Buffer.from('probe');

export interface LogStoreOptions extends EnvironmentOptions {
  /** Told why nothing can be written from now on, and `undefined` when that is over. */
  readonly turned?: (why: string | undefined) => void;
  /** Drives the probes of a store that turned read-only. */
  readonly timers: ProbeTimers;
  /** Stands in for a failing disk in tests: called at the end of every transaction that writes. */
  readonly beforeCommit?: () => void;
}

/** Something to be done in the next transaction. */
interface Work {
  /** In the transaction; may be rolled back. Throwing rolls back everything of this turn. */
  write(): void;
  done(): void;
  failed(error: NatterError): void;
}

/** Opens or makes the logs of a data folder. @throws NatterError DATA_CORRUPT, see environment.ts. */
export function openLogStore(folder: string, options: LogStoreOptions): LmdbLogStore {
  return new LmdbLogStore(openEnvironment(folder, options), options);
}

/** See `LogStore` for what each method promises. One owner, one thread. */
export class LmdbLogStore implements LogStore {
  readonly #environment: Environment;
  readonly #entries: Entries;
  readonly #streams: Streams;
  readonly #journal: Journal;
  readonly #cursors: Cursors;
  readonly #writable: Writable;
  readonly #beforeCommit: (() => void) | undefined;
  #waiting: Work[] = [];

  constructor(environment: Environment, options: LogStoreOptions) {
    const { path, tables } = environment;
    this.#environment = environment;
    this.#entries = new Entries(path, tables);
    this.#streams = new Streams(tables);
    this.#journal = new Journal(path, tables);
    this.#cursors = new Cursors(tables);
    this.#writable = new Writable(
      path,
      options.timers,
      () => this.#probe(),
      (fault) => options.turned?.(fault?.message),
    );
    this.#beforeCommit = options.beforeCommit;
  }

  get instance(): Buffer {
    return this.#environment.instance;
  }

  get epoch(): number {
    return this.#environment.epoch;
  }

  get journalLast(): number {
    return this.#journal.last;
  }

  get fault(): { readonly code: string; readonly message: string } | undefined {
    return this.#writable.fault;
  }

  /** Why readers must fetch anew since this start, if they must. */
  get renewed(): string | undefined {
    return this.#environment.renewed;
  }

  append(batch: readonly Append[], wall: number): Promise<AppendResult[]> {
    let results: AppendResult[] = [];
    return new Promise((resolve) => {
      this.#enqueue({
        write: () => {
          results = batch.map((one) => this.#append(one, wall));
        },
        done: () => resolve(results),
        failed: (error) => {
          const code = error.code === 'DISK_FULL' || error.code === 'DATA_CORRUPT' ? error.code : 'READ_ONLY';
          resolve(batch.map(() => ({ ok: false, code, message: error.message, expected: 0 })));
        },
      });
    });
  }

  read(log: number, after: number, entriesMax: number, bytesMax: number): Range {
    const head = this.head(log);
    const from = Math.min(after, head.seq);
    return { head, first: from + 1, entries: this.#entries.read(log, from, entriesMax, bytesMax) };
  }

  head(log: number): Head {
    return { epoch: this.#environment.epoch, seq: this.#entries.head(log) };
  }

  journal(records: readonly Uint8Array[]): Promise<number> {
    return this.#write(() => this.#journal.append(records));
  }

  journalRead(after: number, bytesMax: number): { last: number; records: readonly Buffer[] } {
    return this.#journal.read(after, bytesMax);
  }

  async journalTrim(through: number): Promise<void> {
    while (await this.#write(() => this.#journal.trim(through)));
  }

  cursor(account: Buffer, log: number, seq: number): Promise<number> {
    return this.#write(() => this.#cursors.advance(account, log, seq));
  }

  cursors(account: Buffer, logs: readonly number[]): number[] {
    return logs.map((log) => this.#cursors.get(account, log));
  }

  async sweep(wall: number): Promise<boolean> {
    const more = await this.#write(() => this.#streams.sweep(wall, SWEEP_STREAMS, SWEEP_ROWS));
    if (!more) this.#environment.mark();
    return more;
  }

  /** Commits what waits, then closes the file. */
  async close(): Promise<void> {
    this.#commit();
    this.#writable.stop();
    await this.#environment.close();
  }

  /** A damaged log must not take the others of its batch along, so it is read before anything is written. */
  #append(one: Append, wall: number): AppendResult {
    try {
      this.#entries.head(one.log);
      return this.#accept(one, wall);
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
      return { ok: false, code: 'DATA_CORRUPT', message: error.message, expected: 0 };
    }
  }

  #accept(one: Append, wall: number): AppendResult {
    const { log, counter } = one;
    const known = this.#streams.find(one.account, one.stream);
    if (known?.expired)
      return refused('STREAM_EXPIRED', 'This stream was unused for too long; say it again in a new one.', 0);
    const last = known === undefined ? 0 : this.#streams.last(known, log);
    if (counter !== last + 1) {
      // What is ahead was never accepted; it is not looked up, since it may be larger than a key can hold.
      const request = counter > last ? undefined : known && this.#streams.request(known, log, counter);
      if (request === undefined)
        return refused('GAP', `Request ${last + 1} of this stream comes first, not ${counter}.`, last + 1);
      const { seq, at } = request;
      return { ok: true, repeat: true, epoch: this.#environment.epoch, seq, at, entry: NOTHING };
    }
    const fault = this.#writable.fault;
    if (fault !== undefined)
      return { ...refused('READ_ONLY', fault.message, counter), code: codeWhile(fault.code) };
    const stream = known ?? this.#streams.open(one.account, one.stream, wall);
    const written = this.#entries.append(one, wall);
    this.#streams.accept(stream, log, counter, written, wall);
    return { ok: true, repeat: false, epoch: this.#environment.epoch, ...written };
  }

  /** Runs in the next transaction; rejects when it fails, or at once while nothing can be written. */
  #write<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const fault = this.#writable.fault;
      if (fault !== undefined) {
        reject(this.#writable.refusal(fault));
        return;
      }
      let result: T;
      this.#enqueue({
        write: () => {
          result = write();
        },
        done: () => resolve(result),
        failed: reject,
      });
    });
  }

  #enqueue(work: Work): void {
    this.#waiting.push(work);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#commit());
  }

  #commit(): void {
    const works = this.#waiting;
    if (works.length === 0) return;
    this.#waiting = [];
    try {
      this.#environment.transact(() => {
        for (const work of works) work.write();
        this.#entries.flush();
        if (this.#writable.fault === undefined) this.#beforeCommit?.();
      });
    } catch (error) {
      this.#entries.forget();
      this.#streams.forget();
      this.#journal.forget();
      const failure = error instanceof NatterError ? error : this.#writable.failed(error);
      for (const work of works) work.failed(failure);
      return;
    }
    for (const work of works) work.done();
  }

  #probe(): void {
    this.#environment.transact(() => {
      this.#environment.tables.facts.put(PROBE_FACT, Buffer.alloc(PROBE_BYTES));
      this.#beforeCommit?.();
    });
    this.#environment.transact(() => {
      this.#environment.tables.facts.put(PROBE_FACT, u48(0));
    });
  }
}

const NOTHING = Buffer.alloc(0);

const codeWhile = (code: string): 'READ_ONLY' | 'DATA_CORRUPT' =>
  code === 'DATA_CORRUPT' ? 'DATA_CORRUPT' : 'READ_ONLY';

function refused(
  code: 'GAP' | 'STREAM_EXPIRED' | 'READ_ONLY',
  message: string,
  expected: number,
): Extract<AppendResult, { ok: false }> {
  return { ok: false, code, message, expected };
}
