/** Feeds that last as long as the process: for a simulator, and to test against. */
import { GROUP_ENTRIES_MAX } from '../../net/ring/constants.js';
import type { FeedEntry, FeedId, GroupId } from '../../net/ring/entry.js';
import { GroupFeeds } from './group-feeds.js';
import { HeldFeeds } from './held.js';
import { type Kept, SWEEP_ENTRIES, surplusOf } from './retention.js';
import type { Added, Durable, FeedStore, Rows, StoredEntry } from './types.js';

interface MemoryEntry extends StoredEntry, Kept {}

/** One group: its entries by feed and seq, by clock and author, and in the order of coming. */
class MemoryGroup {
  readonly feeds: GroupFeeds;
  readonly bySeq = new Map<FeedId, Map<number, MemoryEntry>>();
  byClock: MemoryEntry[] = [];
  byNumber: MemoryEntry[] = [];
  last = 0;

  constructor(id: GroupId) {
    this.feeds = new GroupFeeds(Buffer.from(id, 'hex'), {
      entry: (feed, seq) => this.bySeq.get(feed)?.get(seq)?.entry,
    });
  }

  add(entry: FeedEntry): number {
    const { feed, seq, clock } = entry;
    this.last++;
    const one: MemoryEntry = {
      number: this.last,
      entry,
      feed,
      seq,
      clock,
      author: entry.author.toString('hex'),
    };
    const ofFeed = this.bySeq.get(feed);
    if (ofFeed === undefined) this.bySeq.set(feed, new Map([[seq, one]]));
    else ofFeed.set(seq, one);
    this.byNumber.push(one);
    this.byClock.splice(this.placeOf(one), 0, one);
    this.feeds.add(entry);
    return this.last;
  }

  /** Where an entry is, or would be, by clock and author. */
  placeOf({ entry }: StoredEntry): number {
    let low = 0;
    let high = this.byClock.length;
    // Most are the newest.
    const newest = this.byClock[high - 1];
    if (newest !== undefined && compare(newest.entry, entry) < 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.byClock[middle];
      if (other !== undefined && compare(other.entry, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @returns whether there may be more */
  sweep(wall: number): boolean {
    const surplus = surplusOf(this.byClock, this.feeds, wall);
    const gone = new Set<MemoryEntry>();
    for (const { kept, isCrowd } of surplus) {
      if (isCrowd) this.feeds.horizon = kept.clock;
      this.bySeq.get(kept.feed)?.delete(kept.seq);
      this.feeds.forget(kept.feed, kept.seq);
      gone.add(kept);
    }
    if (gone.size > 0) {
      this.byClock = this.byClock.filter((one) => !gone.has(one));
      this.byNumber = this.byNumber.filter((one) => !gone.has(one));
    }
    for (const id of this.feeds.dropPast(wall)) this.bySeq.delete(id);
    return surplus.length >= SWEEP_ENTRIES;
  }
}

function compare(a: FeedEntry, b: FeedEntry): number {
  return a.clock.compare(b.clock) || a.author.compare(b.author) || a.hash.compare(b.hash);
}

export class MemoryFeedStore extends HeldFeeds<MemoryGroup> implements FeedStore {
  readonly fault = undefined;
  readonly #rows = new Map<string, Rows>();

  append(entries: readonly FeedEntry[], wall: number, durable?: Durable): readonly Added[] {
    const added = entries.map((entry) => this.#add(entry, wall));
    durable?.(undefined);
    return added;
  }

  after(group: GroupId, after: number, count: number): readonly StoredEntry[] {
    const entries = this.held.get(group)?.byNumber ?? [];
    const from = entries.findIndex(({ number }) => number > after);
    return from < 0 ? [] : entries.slice(from, from + count);
  }

  history(group: GroupId, before: number, count: number): readonly StoredEntry[] {
    const known = this.held.get(group);
    if (known === undefined) return [];
    const first = known.byNumber.find(({ number }) => number === before);
    const end = first === undefined ? known.byClock.length : known.placeOf(first);
    return known.byClock.slice(Math.max(0, end - count), end);
  }

  drop(group: GroupId): void {
    this.held.delete(group);
  }

  sweep(wall: number): boolean {
    let more = false;
    for (const group of this.held.values()) more = group.sweep(wall) || more;
    return more;
  }

  rows(table: string): Rows {
    const known = this.#rows.get(table);
    if (known !== undefined) return known;
    const rows = new MemoryRows();
    this.#rows.set(table, rows);
    return rows;
  }

  flush(done: Durable): void {
    done(undefined);
  }

  async close(): Promise<void> {}

  protected override open(id: GroupId): MemoryGroup {
    return new MemoryGroup(id);
  }

  #add(entry: FeedEntry, wall: number): Added {
    const group = this.group(entry.group.toString('hex'));
    const judged = group.feeds.judge(entry, wall);
    if (judged !== 'new') return judged;
    const number = group.add(entry);
    this.heard(entry.clock);
    if (group.feeds.size > GROUP_ENTRIES_MAX + SWEEP_ENTRIES) group.sweep(wall);
    return { state: 'new', number };
  }
}

class MemoryRows implements Rows {
  readonly #values = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: Buffer, durable?: Durable): void {
    this.#values.set(key, Buffer.from(value));
    durable?.(undefined);
  }

  delete(key: string, durable?: Durable): void {
    this.#values.delete(key);
    durable?.(undefined);
  }

  entries(): readonly (readonly [key: string, value: Buffer])[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
