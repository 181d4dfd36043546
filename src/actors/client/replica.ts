import { Reader } from '../../net/bytes.js';
import { FETCH_ENTRIES_MAX } from '../../net/constants.js';
import { type Entry, entryCodec } from '../../net/entry.js';
import type { Entries } from '../../net/talk.js';
import type { Clock } from '../runtime/actor.js';
import { RecentIds } from './recent.js';

/** A push that overtook others waits this long for them before they are fetched; a round trip if that is longer. */
const GAP_WAIT_MS = 50;
/** Asked again after this when the server had nothing to give although it has a newer head. */
const EMPTY_WAIT_MS = 1_000;
/** Entries that arrived before their turn; what is further ahead is fetched when its turn comes. */
const EARLY_ENTRIES_MAX = 1_024;
const EARLY_BYTES_MAX = 1 << 20;
/** In a new epoch this many entries before the cursor are read again: the tail was not provable. */
const REREAD_ENTRIES = 256;

/** What a replica asks of its owner. */
export interface ReplicaOwner {
  readonly clock: Clock;
  readonly rttMs: number;
  /** Asks for entries after `after`; `done` gets undefined when that failed. */
  fetch(log: number, after: number, entries: number, done: (entries: Entries | undefined) => void): void;
  /** The next entry of the log. Its bytes are views. */
  deliver(seq: number, entry: Entry): void;
  /** Everything up to the head of the last `sync` was delivered. */
  caughtUp(seq: number): void;
}

/**
 * One log as a client sees it: takes pushes, heads and fetched pages in any order and as often as they come,
 * and gives each entry up once, in order of their numbers.
 *
 *   seq   ... 40 41 | 42 43 . . 46 47 . . . 51
 *          delivered ^next      early^       ^head
 *
 * Between `next` and the first early entry is a gap: it is fetched if it does not fill by itself soon.
 * Nothing that was delivered is kept, except the last ids.
 */
export class Replica {
  readonly log: number;
  readonly #owner: ReplicaOwner;
  readonly #reader = new Reader();
  readonly #early = new Map<number, Buffer>();
  /** Ids of what was delivered last: known again when a new epoch numbers it anew. */
  readonly #delivered = new RecentIds(REREAD_ENTRIES * 2);
  #earlyBytes = 0;
  #epoch: number;
  #head: number;
  #next: number;
  /** Nothing before this seq is delivered. */
  #first: number;
  /** Seq to reach before `caughtUp` is said; -1 when it was. */
  #goal = -1;
  #fetching = false;
  #timer: unknown;
  #stopped = false;

  /** @param after the last seq that is not wanted: delivery begins behind it */
  constructor(log: number, epoch: number, head: number, after: number, owner: ReplicaOwner) {
    this.log = log;
    this.#epoch = epoch;
    this.#head = head;
    this.#next = after + 1;
    this.#first = this.#next;
    this.#owner = owner;
  }

  get head(): number {
    return this.#head;
  }

  /** Seq that is delivered next. */
  get next(): number {
    return this.#next;
  }

  get first(): number {
    return this.#first;
  }

  /** Not everything up to the head of the last `sync` was delivered yet. */
  get behind(): boolean {
    return this.#goal >= 0;
  }

  /** One entry, whole and encoded; a view is enough. */
  push(seq: number, entry: Buffer): void {
    if (seq < this.#next || this.#stopped) return;
    this.#head = Math.max(this.#head, seq);
    if (seq > this.#next) {
      this.#keep(seq, entry);
      this.#await();
      return;
    }
    this.#give(entry);
    this.#drain();
    this.#settle();
  }

  /** The newest entry of the log, as the server says. It may be old news, so it only ever makes us ask. */
  announce(epoch: number, head: number): void {
    if (this.#stopped) return;
    if (this.#differs(epoch, head)) this.#fetch();
    else this.#head = Math.max(this.#head, head);
    this.#settle();
  }

  /** As `announce`, after a connection was made: what is missing is fetched at once, then `caughtUp` follows. */
  sync(epoch: number, head: number): void {
    this.#goal = Math.max(this.#head, head);
    if (this.#differs(epoch, head)) this.#fetch();
    else this.#head = this.#goal;
    if (this.#next <= this.#head) this.#fetch();
    this.#finish();
  }

  /** Delivers everything after `after` (again, if it was before). */
  follow(after: number): void {
    if (after + 1 < this.#first || after + 1 < this.#next) this.#delivered.clear();
    this.#next = after + 1;
    this.#first = this.#next;
    this.#forgetEarly();
    this.sync(this.#epoch, this.#head);
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
    this.#forgetEarly();
  }

  // ---- Delivery -----------------------------------------------------------------------------------------

  #give(bytes: Buffer): void {
    const seq = this.#next++;
    const entry = entryCodec.decode(this.#reader.reset(bytes));
    if (this.#delivered.add(entry.id.toString('hex'))) this.#owner.deliver(seq, entry);
  }

  #drain(): void {
    for (let bytes = this.#early.get(this.#next); bytes !== undefined; bytes = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#earlyBytes -= bytes.length;
      this.#give(bytes);
    }
  }

  #keep(seq: number, entry: Buffer): void {
    if (this.#early.has(seq)) return;
    if (this.#early.size >= EARLY_ENTRIES_MAX || this.#earlyBytes + entry.length > EARLY_BYTES_MAX) return;
    this.#early.set(seq, Buffer.from(entry));
    this.#earlyBytes += entry.length;
  }

  #forgetEarly(): void {
    this.#early.clear();
    this.#earlyBytes = 0;
  }

  #differs(epoch: number, head: number): boolean {
    return epoch !== this.#epoch || head < this.#next - 1;
  }

  /** The tail that we know may be another now: what is near the cursor is read again, and known by its ids. */
  #renew(epoch: number, head: number): void {
    this.#epoch = epoch;
    this.#head = head;
    this.#next = Math.max(Math.min(this.#first, head + 1), Math.min(this.#next, head + 1) - REREAD_ENTRIES);
    this.#first = Math.min(this.#first, this.#next);
    this.#forgetEarly();
    this.#goal = head;
  }

  // ---- Repair -------------------------------------------------------------------------------------------

  /** After progress: stops waiting when nothing is missing, waits when something is. */
  #settle(): void {
    if (this.#next > this.#head) this.#clear();
    else this.#await();
    this.#finish();
  }

  #finish(): void {
    if (this.#goal < 0 || this.#next <= this.#goal) return;
    this.#goal = -1;
    this.#owner.caughtUp(this.#next - 1);
  }

  #await(waitMs = Math.max(GAP_WAIT_MS, this.#owner.rttMs)): void {
    if (this.#timer !== undefined || this.#fetching || this.#stopped) return;
    this.#timer = this.#owner.clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#next <= this.#head) this.#fetch();
    }, waitMs);
  }

  #clear(): void {
    this.#owner.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fetch(): void {
    if (this.#fetching || this.#stopped) return;
    this.#clear();
    this.#fetching = true;
    const after = this.#next - 1;
    let until = this.#head;
    for (const seq of this.#early.keys()) until = Math.min(until, seq - 1);
    const wanted = Math.min(FETCH_ENTRIES_MAX, Math.max(1, until - after));
    this.#owner.fetch(this.log, after, wanted, (entries) => {
      if (this.#stopped) return;
      this.#fetching = false;
      if (entries === undefined) this.#await(EMPTY_WAIT_MS);
      else this.#take(entries, after);
    });
  }

  /** @param after what was asked for: at that time everything up to it had been delivered */
  #take(entries: Entries, after: number): void {
    const renewed = entries.epoch !== this.#epoch || entries.head < after;
    if (renewed) this.#renew(entries.epoch, entries.head);
    this.#head = Math.max(this.#head, entries.head);
    const before = this.#next;
    // What lies between was deleted by age.
    if (after + 1 === before && entries.first > before && entries.entries.length > 0)
      this.#next = entries.first;
    entries.entries.forEach((entry, index) => {
      if (entries.first + index === this.#next) this.#give(entry);
    });
    this.#drain();
    if (this.#next <= this.#head) {
      if (renewed || this.#next > before) this.#fetch();
      else this.#await(EMPTY_WAIT_MS);
    }
    this.#finish();
  }
}
