/** What the feeds of a ring peer's data folder show to who owns them. */
import type { NatterError } from '../../chat/error.js';
import type { FeedEntry, FeedId, GroupId } from '../../net/ring/entry.js';
import type { SyncSet } from '../../net/ring/sync/set.js';

/** What became of an entry that was to be kept. */
export type Added =
  /** Kept now; `number` counts what came to this peer in this group, from 1. */
  | { readonly state: 'new'; readonly number: number }
  | { readonly state: 'known' }
  /** Older than what is kept. */
  | { readonly state: 'past' }
  /** Its author signed two different histories; hashes of 32 bytes. What was seen first stays. */
  | { readonly state: 'forked'; readonly held: Buffer; readonly came: Buffer }
  | { readonly state: 'refused'; readonly why: 'clock' | 'feeds' | 'disk' };

export interface StoredEntry {
  /** In which order they came to this peer, from 1 in each group: `seq` for screens. */
  readonly number: number;
  readonly entry: FeedEntry;
}

/** The end of a feed. */
export interface FeedTail {
  readonly seq: number;
  readonly hash: Buffer;
  readonly clock: Buffer;
}

/**
 * All feeds of all groups of one peer, and its small tables: one owner, one thread. Whatever is read is as after
 * the last call, also what is not durable yet.
 */
export interface FeedStore {
  /** Why nothing can be written now; undefined while all is well. */
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  /** The latest clock of everything that is kept, 8 bytes; where one's own goes on after a start. */
  readonly lastClock: Buffer | undefined;

  /**
   * Takes entries whose signatures are good. Each is judged at once; `durable` is called once, later or at once, when
   * all that is new is on the disk, or with why it is not: then it is as if it had not come.
   * @param wall ms since 1970, for retention
   */
  append(entries: readonly FeedEntry[], wall: number, durable?: Durable): readonly Added[];
  /** Undefined for a feed that is not known. */
  tail(group: GroupId, feed: FeedId): FeedTail | undefined;
  /** Groups of which something is kept. */
  groups(): readonly GroupId[];
  /** The feeds of a group as a set to sync; the same object at each call. */
  set(group: GroupId): SyncSet;
  /** The number of what came last in a group; 0 when nothing did. */
  lastNumber(group: GroupId): number;
  /** In the order of coming: those with a number above `after`, at most `count`. */
  after(group: GroupId, after: number, count: number): readonly StoredEntry[];
  /**
   * In the order of clock and author, which is how screens show them: the last `count` before the one that has the
   * number `before`, or of all when there is no such entry.
   */
  history(group: GroupId, before: number, count: number): readonly StoredEntry[];
  /** Forgets a group: one left it. */
  drop(group: GroupId): void;
  /** Forgets what is too old or too much. A bounded piece per call; true when there is more. */
  sweep(wall: number): boolean;
  /** A small table of one's own. Names are short and fixed in the program. */
  rows(table: string): Rows;
  /** Calls back when everything asked for so far is durable, or failed. */
  flush(done: Durable): void;
  close(): Promise<void>;
}

export type Durable = (error: NatterError | undefined) => void;

/** Keys and values are short: some hundred bytes. */
export interface Rows {
  get(key: string): Buffer | undefined;
  put(key: string, value: Buffer, durable?: Durable): void;
  delete(key: string, durable?: Durable): void;
  /** Sorted by key. */
  entries(): readonly (readonly [key: string, value: Buffer])[];
}
