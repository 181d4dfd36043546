/**
 * The feeds of a ring peer on LMDB: one file, one transaction for everything that is asked for in one round of the
 * event loop.
 *
 *   append, put, delete --> judged, waiting --(end of the round, or the next read)--> one transaction, fsync --> durable
 *
 * What is in memory (which entries of which feed are held) is ahead of the file by what waits; when a commit fails it
 * is read anew from the file.
 */
import { NatterError } from '../../chat/error.js';
import { GROUP_ID_BYTES } from '../../net/ring/constants.js';
import type { FeedEntry, GroupId } from '../../net/ring/entry.js';
import { type Database, openDatabase } from '../database.js';
import { type ProbeTimers, Writable } from '../writable.js';
import { GroupFile } from './group-file.js';
import { HeldFeeds } from './held.js';
import { FileRows } from './rows.js';
import { FEED_TABLES } from './tables.js';
import type { Added, Durable, FeedStore, Rows, StoredEntry } from './types.js';

/** A probe writes this much, so that it does not succeed where the next batch fails. */
const PROBE_BYTES = 64 * 1024;
/** In the table of rows; no table's name begins with NUL. */
const PROBE_KEY = Buffer.from('\0probe');

export interface FeedStoreOptions {
  /** Drives the probes of a store that turned read-only. */
  readonly timers: ProbeTimers;
  /** Told why nothing can be written from now on, and `undefined` when that is over. */
  readonly turned?: (why: string | undefined) => void;
  /** Stands in for a failing disk in tests: called at the end of every transaction. */
  readonly beforeCommit?: () => void;
}

/** Something to be done in the next transaction. */
interface Work {
  write(): void;
  readonly durable: Durable | undefined;
}

type Names = (typeof FEED_TABLES)[number];

/** @param path of the file, which is made at the first call @throws NatterError DATA_CORRUPT, see database.ts */
export function openFeedStore(path: string, options: FeedStoreOptions): FeedStore {
  return new LmdbFeedStore(openDatabase(path, FEED_TABLES), options);
}

class LmdbFeedStore extends HeldFeeds<GroupFile> implements FeedStore {
  readonly #database: Database<Names>;
  readonly #writable: Writable;
  readonly #beforeCommit: (() => void) | undefined;
  #waiting: Work[] = [];
  /** Groups whose head is written at the end of the next transaction. */
  readonly #moved = new Set<GroupFile>();

  constructor(database: Database<Names>, options: FeedStoreOptions) {
    super();
    this.#database = database;
    this.#beforeCommit = options.beforeCommit;
    this.#writable = new Writable(
      database.path,
      options.timers,
      () => this.#probe(),
      (fault) => options.turned?.(fault?.message),
    );
    this.#load();
  }

  get fault(): { readonly code: string; readonly message: string } | undefined {
    return this.#writable.fault;
  }

  append(entries: readonly FeedEntry[], wall: number, durable?: Durable): readonly Added[] {
    const { fault } = this.#writable;
    if (fault !== undefined) {
      durable?.(this.#writable.refusal(fault));
      return entries.map(() => ({ state: 'refused', why: 'disk' }));
    }
    const added = entries.map((entry) => this.#add(entry, wall));
    this.#enqueue(() => {}, durable);
    return added;
  }

  after(group: GroupId, after: number, count: number): readonly StoredEntry[] {
    this.#commit();
    return this.held.get(group)?.after(after, count) ?? [];
  }

  history(group: GroupId, before: number, count: number): readonly StoredEntry[] {
    this.#commit();
    return this.held.get(group)?.history(before, count) ?? [];
  }

  drop(group: GroupId): void {
    this.#commit();
    const known = this.held.get(group);
    if (known === undefined) return;
    this.held.delete(group);
    this.#enqueue(() => known.clear(), undefined);
    this.#commit();
  }

  sweep(wall: number): boolean {
    this.#commit();
    let more = false;
    for (const group of this.held.values()) more = this.#sweep(group, wall) || more;
    return more;
  }

  rows(table: string): Rows {
    return new FileRows(table, {
      table: this.#database.tables.rows,
      settle: () => this.#commit(),
      write: (write, durable) => this.#enqueue(write, durable),
    });
  }

  flush(done: Durable): void {
    this.#enqueue(() => {}, done);
    this.#commit();
  }

  /** Commits what waits, then closes the file. */
  async close(): Promise<void> {
    this.#commit();
    this.#writable.stop();
    await this.#database.close();
  }

  #add(entry: FeedEntry, wall: number): Added {
    const group = this.group(entry.group.toString('hex'));
    const judged = group.feeds.judge(entry, wall);
    // To judge may take a look into the file, and so a commit, which may fail.
    if (this.#writable.fault !== undefined) return { state: 'refused', why: 'disk' };
    if (judged !== 'new') return judged;
    const number = group.add(entry);
    this.heard(entry.clock);
    this.#moved.add(group);
    this.#enqueue(() => {
      group.write(entry, number);
      if (group.isCrowded) group.remove(group.surplus(wall), wall);
    }, undefined);
    return { state: 'new', number };
  }

  #sweep(group: GroupFile, wall: number): boolean {
    const surplus = group.surplus(wall);
    if (surplus.length === 0) return false;
    this.#enqueue(() => group.remove(surplus, wall), undefined);
    this.#commit();
    return this.#writable.fault === undefined;
  }

  protected override open(id: GroupId): GroupFile {
    // What is on the disk of it is read, so nothing of it may wait.
    this.#commit();
    return this.#file(Buffer.from(id, 'hex'));
  }

  #file(id: Buffer): GroupFile {
    return new GroupFile(id, this.#database.tables, () => this.#commit());
  }

  #enqueue(write: () => void, durable: Durable | undefined): void {
    const { fault } = this.#writable;
    if (fault !== undefined) {
      durable?.(this.#writable.refusal(fault));
      return;
    }
    this.#waiting.push({ write, durable });
    // Not at the end of the turn: what comes while the disk is busy waits as turns of its own, and whoever floods a
    // peer would have it wait for the disk once for each entry, with everybody's words behind them.
    if (this.#waiting.length === 1) setImmediate(() => this.#commit());
  }

  #commit(): void {
    const works = this.#waiting;
    if (works.length === 0) return;
    this.#waiting = [];
    let failure: NatterError | undefined;
    try {
      this.#database.transact(() => {
        for (const { write } of works) write();
        for (const group of this.#moved) group.writeHead();
        this.#beforeCommit?.();
      });
    } catch (error) {
      failure = error instanceof NatterError ? error : this.#writable.failed(error);
      this.#load();
    }
    this.#moved.clear();
    for (const { durable } of works) durable?.(failure);
  }

  /** Reads what is held of all groups. */
  #load(): void {
    this.held.clear();
    this.lastClock = undefined;
    for (const key of [...this.#database.tables.groups.getKeys({})]) {
      const id = Buffer.from(key.subarray(0, GROUP_ID_BYTES));
      const group = this.#file(id);
      this.held.set(id.toString('hex'), group);
      for (const [, { lastClock }] of group.feeds.feeds()) this.heard(lastClock);
    }
  }

  #probe(): void {
    const { rows } = this.#database.tables;
    this.#database.transact(() => {
      void rows.put(PROBE_KEY, Buffer.alloc(PROBE_BYTES));
      this.#beforeCommit?.();
    });
    this.#database.transact(() => {
      void rows.remove(PROBE_KEY);
    });
  }
}
