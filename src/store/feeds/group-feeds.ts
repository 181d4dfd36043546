import { Writer } from '../../net/bytes.js';
import { clockMs, isAhead } from '../../net/ring/clock.js';
import {
  AUTHOR_ENTRIES_MAX,
  AUTHOR_FEEDS_MAX,
  ENTRY_LIFE_MS,
  SYNC_MARK_BYTES,
  SYNC_RANGES_MAX,
} from '../../net/ring/constants.js';
import type { FeedEntry, FeedId } from '../../net/ring/entry.js';
import { type Item, ItemKind } from '../../net/ring/gossip/item.js';
import { DigestBuckets } from '../../net/ring/sync/buckets.js';
import type { SyncHead, SyncRange, SyncSet } from '../../net/ring/sync/set.js';
import { Feed } from './feed.js';
import type { Added } from './types.js';

/** Where the entries themselves are. */
export interface EntrySource {
  entry(feed: FeedId, seq: number): FeedEntry | undefined;
}

export type Judgement = Exclude<Added, { readonly state: 'new' }> | 'new';

/** Gaps of one feed that its element tells apart. */
const ELEMENT_GAPS_MAX = 1_000;
const KNOWN: Judgement = { state: 'known' };
const PAST: Judgement = { state: 'past' };
const element = new Writer(128, 1 << 16);

/** All feeds of one group without their entries: what is held, what may be taken in, and how it compares to others'. */
export class GroupFeeds implements SyncSet {
  readonly id: Buffer;
  /** Entries with this clock and before were forgotten, since there were too many. */
  horizon: Buffer | undefined;
  readonly #source: EntrySource;
  readonly #feeds = new Map<FeedId, Feed>();
  readonly #buckets = new DigestBuckets((id) => this.#element(id));
  readonly #authors = new Map<string, { feeds: number; entries: number }>();
  #size = 0;
  #wall = 0;

  /** @param id 16 bytes */
  constructor(id: Buffer, source: EntrySource) {
    this.id = id;
    this.#source = source;
  }

  get root(): Buffer {
    return this.#buckets.root;
  }

  get digest(): Buffer {
    return this.#buckets.digest;
  }

  feed(id: FeedId): Feed | undefined {
    return this.#feeds.get(id);
  }

  feeds(): Iterable<readonly [FeedId, Feed]> {
    return this.#feeds;
  }

  /** Entries held. */
  get size(): number {
    return this.#size;
  }

  /** Authors (hex) of whom more than `share` entries are held, and how many more. */
  overShare(share: number): Map<string, number> {
    const over = new Map<string, number>();
    for (const [author, { entries }] of this.#authors) if (entries > share) over.set(author, entries - share);
    return over;
  }

  /** What is to become of an entry; nothing changes but that a fork is remembered. */
  judge(entry: FeedEntry, wall: number): Judgement {
    this.#wall = wall;
    if (isAhead(entry.clock, wall)) return { state: 'refused', why: 'clock' };
    const feed = this.#feeds.get(entry.feed);
    if (feed?.has(entry.seq)) {
      const held = this.#hashAt(feed, entry.feed, entry.seq);
      return held === undefined || held.equals(entry.hash) ? KNOWN : this.#forked(feed, held, entry.hash);
    }
    if (this.#isPast(entry, feed)) return PAST;
    if (feed !== undefined) return this.#judgeChain(entry, feed);
    const author = this.#authors.get(entry.author.toString('hex'));
    return author !== undefined && author.feeds >= AUTHOR_FEEDS_MAX
      ? { state: 'refused', why: 'feeds' }
      : 'new';
  }

  /** Takes in a feed as it was at the end of an earlier run. */
  restore(id: FeedId, feed: Feed): void {
    this.#feeds.set(id, feed);
    let entries = 0;
    for (let index = 0; index < feed.held.count; index++)
      entries += feed.held.to(index) - feed.held.from(index);
    this.#count(feed.author, 1, entries);
    if (entries > 0) this.#buckets.put(feed.bucket, id);
  }

  /** An entry turned out to be damaged: it is a gap, which others may fill. */
  miss(id: FeedId, seq: number): void {
    const feed = this.#feeds.get(id);
    if (!feed?.has(seq)) return;
    feed.miss(seq);
    this.#count(feed.author, 0, -1);
    if (feed.isEmpty) this.#buckets.delete(feed.bucket, id);
    else if (!feed.isForked) this.#buckets.put(feed.bucket, id);
  }

  /** Takes in what was judged new. */
  add(entry: FeedEntry): void {
    let feed = this.#feeds.get(entry.feed);
    if (feed === undefined) {
      feed = new Feed(entry.feed, entry);
      this.#feeds.set(entry.feed, feed);
      this.#count(feed.author, 1, 0);
    }
    feed.add(entry);
    this.#count(feed.author, 0, 1);
    if (!feed.isForked) this.#buckets.put(feed.bucket, entry.feed);
  }

  /** An entry is not kept any longer. */
  forget(id: FeedId, seq: number): void {
    const feed = this.#feeds.get(id);
    if (!feed?.has(seq)) return;
    feed.forget(seq);
    this.#count(feed.author, 0, -1);
    if (feed.isEmpty) this.#buckets.delete(feed.bucket, id);
    else if (!feed.isForked) this.#buckets.put(feed.bucket, id);
  }

  /** Forgets feeds of which nothing is held and nothing could come that is not too old. @returns their ids */
  dropPast(wall: number): FeedId[] {
    const past: FeedId[] = [];
    for (const [id, feed] of this.#feeds) {
      if (!feed.isEmpty || clockMs(feed.lastClock) > wall - ENTRY_LIFE_MS) continue;
      this.#feeds.delete(id);
      this.#count(feed.author, -1, 0);
      past.push(id);
    }
    return past;
  }

  // ---- SyncSet ------------------------------------------------------------------------------------------

  heads(bucket: number): readonly SyncHead[] {
    return this.#buckets.ids(bucket).flatMap((id) => {
      const feed = this.#feeds.get(id);
      if (feed === undefined) return [];
      const { first, last, lastHash, lastClock } = feed;
      return [
        { id: feed.id, first, last, mark: lastHash.subarray(0, SYNC_MARK_BYTES), at: clockMs(lastClock) },
      ];
    });
  }

  lack(head: SyncHead): readonly SyncRange[] {
    if (head.at <= this.#pastMs()) return [];
    const id = head.id.toString('hex');
    const feed = this.#feeds.get(id);
    // No more than would be kept, whatever somebody claims to have.
    const from = Math.max(head.first, head.last - AUTHOR_ENTRIES_MAX + 1);
    if (feed === undefined) return [{ id: head.id, from, to: head.last }];
    if (feed.isForked) return [];
    const gaps = feed.gaps(from, head.last + 1, SYNC_RANGES_MAX);
    const ranges = gaps.map(([first, end]) => ({ id: head.id, from: first, to: end - 1 }));
    if (!feed.has(head.last) || ranges.length >= SYNC_RANGES_MAX) return ranges;
    const held = this.#hashAt(feed, id, head.last);
    const isOther = held !== undefined && !held.subarray(0, SYNC_MARK_BYTES).equals(head.mark);
    // A claim proves nothing; the other entry, with its author's signature, does.
    return isOther ? [...ranges, { id: head.id, from: head.last, to: head.last }] : ranges;
  }

  lost({ id, from, to }: SyncRange): void {
    const key = id.toString('hex');
    const feed = this.#feeds.get(key);
    if (feed === undefined || feed.isForked) return;
    for (const [first, end] of feed.gaps(from, Math.min(to + 1, feed.last), ELEMENT_GAPS_MAX))
      feed.lost.add(first, end);
    if (!feed.isEmpty) this.#buckets.put(feed.bucket, key);
  }

  read({ id, from, to }: SyncRange, bytesMax: number): readonly Item[] {
    const key = id.toString('hex');
    const feed = this.#feeds.get(key);
    const items: Item[] = [];
    if (feed === undefined) return items;
    let bytes = 0;
    for (let index = 0; index < feed.held.count; index++) {
      const end = Math.min(feed.held.to(index), to + 1);
      for (let seq = Math.max(feed.held.from(index), from); seq < end; seq++) {
        const entry = this.#source.entry(key, seq);
        if (entry === undefined) continue;
        bytes += entry.bytes.length;
        if (items.length > 0 && bytes > bytesMax) return items;
        items.push({ kind: ItemKind.Entry, bytes: entry.bytes });
      }
    }
    return items;
  }

  // ---- Inside -------------------------------------------------------------------------------------------

  /** An entry must be linked to those beside it, and each clock must be later than the one before. */
  #judgeChain(entry: FeedEntry, feed: Feed): Judgement {
    const { seq } = entry;
    if (feed.has(seq - 1)) {
      const isEnd = seq - 1 === feed.last;
      const before = isEnd ? undefined : this.#source.entry(entry.feed, seq - 1);
      const hash = isEnd ? feed.lastHash : before?.hash;
      const clock = isEnd ? feed.lastClock : before?.clock;
      if (hash !== undefined && !hash.equals(entry.previous)) return this.#forked(feed, hash, entry.previous);
      if (clock !== undefined && clock.compare(entry.clock) >= 0) return { state: 'refused', why: 'clock' };
    }
    if (feed.has(seq + 1)) {
      const behind = this.#source.entry(entry.feed, seq + 1);
      if (behind !== undefined && !behind.previous.equals(entry.hash))
        return this.#forked(feed, behind.previous, entry.hash);
      if (behind !== undefined && behind.clock.compare(entry.clock) <= 0)
        return { state: 'refused', why: 'clock' };
    }
    return 'new';
  }

  #forked(feed: Feed, held: Buffer, came: Buffer): Judgement {
    feed.isForked = true;
    this.#buckets.delete(feed.bucket, feed.id.toString('hex'));
    return { state: 'forked', held, came };
  }

  #hashAt(feed: Feed, id: FeedId, seq: number): Buffer | undefined {
    return seq === feed.last ? feed.lastHash : this.#source.entry(id, seq)?.hash;
  }

  #isPast(entry: FeedEntry, feed: Feed | undefined): boolean {
    if (feed !== undefined && entry.seq < feed.floor) return true;
    if (clockMs(entry.clock) <= this.#wall - ENTRY_LIFE_MS) return true;
    return this.horizon !== undefined && entry.clock.compare(this.horizon) <= 0;
  }

  /** Up to here everything is too old. */
  #pastMs(): number {
    const aged = this.#wall - ENTRY_LIFE_MS;
    return this.horizon === undefined ? aged : Math.max(aged, clockMs(this.horizon) - 1);
  }

  #element(id: FeedId): Buffer {
    const feed = this.#feeds.get(id);
    element.reset();
    if (feed === undefined) return element.copy();
    element.bytes(feed.id).varint(feed.last).bytes(feed.lastHash);
    for (const [from, to] of feed.gaps(1, feed.last, ELEMENT_GAPS_MAX)) element.varint(from).varint(to);
    return element.copy();
  }

  #count(author: string, feeds: number, entries: number): void {
    const counts = this.#authors.get(author) ?? { feeds: 0, entries: 0 };
    counts.feeds += feeds;
    counts.entries += entries;
    this.#size += entries;
    if (counts.feeds > 0) this.#authors.set(author, counts);
    else this.#authors.delete(author);
  }
}
