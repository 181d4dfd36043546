import { GROUP_ENTRIES_MAX } from '../../net/ring/constants.js';
import { type FeedEntry, type FeedId, readEntry } from '../../net/ring/entry.js';
import { CRC_BYTES, sealed, unseal } from '../crc.js';
import { readU48, u48 } from '../tables.js';
import { Feed } from './feed.js';
import { GroupFeeds } from './group-feeds.js';
import { type Kept, type Surplus, SWEEP_ENTRIES, surplusOf } from './retention.js';
import {
  type FeedTables,
  feedRow,
  groupRange,
  groupRow,
  numberKey,
  orderKey,
  readOrder,
  readSpot,
  spotKey,
} from './tables.js';
import type { StoredEntry } from './types.js';

const NUMBER_BYTES = 6;
/** Entries were verified before they were kept; their community is that of the file. */
const ANY = Buffer.alloc(0);
const good = (): boolean => true;

interface OnDisk extends Kept {
  readonly number: number;
  readonly order: Buffer;
}

/** One group in the file. Whatever writes does so within the caller's transaction. */
export class GroupFile {
  readonly feeds: GroupFeeds;
  readonly id: Buffer;
  last = 0;
  readonly #tables: FeedTables;
  readonly #settle: () => void;

  /** @param settle writes what waits: what is read comes after it */
  constructor(id: Buffer, tables: FeedTables, settle: () => void) {
    this.id = id;
    this.#tables = tables;
    this.#settle = settle;
    this.feeds = new GroupFeeds(id, { entry: (feed, seq) => this.entry(feed, seq)?.entry });
    this.#load();
  }

  get isCrowded(): boolean {
    return this.feeds.size > GROUP_ENTRIES_MAX + SWEEP_ENTRIES;
  }

  /** Counts an entry that was judged new. @returns its number */
  add(entry: FeedEntry): number {
    this.feeds.add(entry);
    this.last++;
    return this.last;
  }

  write(entry: FeedEntry, number: number): void {
    const { entries, order, numbers, feeds } = this.#tables;
    const feed = Buffer.from(entry.feed, 'hex');
    const spot = spotKey({ feed, seq: entry.seq });
    const key = orderKey(entry, number);
    void entries.put(spot, sealed(Buffer.concat([u48(number), entry.bytes])));
    void order.put(key, spot);
    void numbers.put(numberKey(this.id, number), key);
    const rowKey = Buffer.concat([this.id, feed]);
    if (feeds.getBinary(rowKey) === undefined) this.#writeFeed(entry.feed);
  }

  /** Its last number and its horizon; once per transaction is enough. */
  writeHead(): void {
    void this.#tables.groups.put(this.id, groupRow.encode(this.last, this.feeds.horizon));
  }

  /** What cannot be read is a gap from now on. */
  entry(feed: FeedId, seq: number): StoredEntry | undefined {
    this.#settle();
    const record = this.#tables.entries.getBinary(spotKey({ feed: Buffer.from(feed, 'hex'), seq }));
    const content = record && unseal(record);
    if (content !== undefined && content.length > NUMBER_BYTES)
      return { number: readU48(content, 0), entry: readEntry(content.subarray(NUMBER_BYTES), ANY, good) };
    this.feeds.miss(feed, seq);
    return undefined;
  }

  after(number: number, count: number): StoredEntry[] {
    const { end } = groupRange(this.id);
    const found: StoredEntry[] = [];
    for (const { value } of this.#tables.numbers.getRange({ start: numberKey(this.id, number + 1), end })) {
      if (found.length >= count) break;
      this.#take(Buffer.from(value), found);
    }
    return found;
  }

  history(before: number, count: number): StoredEntry[] {
    const { start, end } = groupRange(this.id);
    const from = this.#tables.numbers.getBinary(numberKey(this.id, before)) ?? end;
    const found: StoredEntry[] = [];
    const range = { start: from, end: start, reverse: true, exclusiveStart: true };
    for (const { key } of this.#tables.order.getRange(range)) {
      if (found.length >= count) break;
      this.#take(Buffer.from(key), found);
    }
    return found.reverse();
  }

  surplus(wall: number): Surplus<OnDisk>[] {
    return surplusOf(this.#oldestFirst(), this.feeds, wall);
  }

  /** Forgets that surplus, and feeds that are over. */
  remove(surplus: readonly Surplus<OnDisk>[], wall: number): void {
    const { entries, order, numbers, feeds } = this.#tables;
    const touched = new Set<FeedId>();
    for (const { kept, isCrowd } of surplus) {
      if (isCrowd) this.feeds.horizon = kept.clock;
      const spot = spotKey({ feed: Buffer.from(kept.feed, 'hex'), seq: kept.seq });
      if (this.#numberAt(spot) === kept.number) {
        void entries.remove(spot);
        this.feeds.forget(kept.feed, kept.seq);
      }
      void order.remove(kept.order);
      void numbers.remove(numberKey(this.id, kept.number));
      touched.add(kept.feed);
    }
    for (const feed of touched) this.#writeFeed(feed);
    for (const feed of this.feeds.dropPast(wall))
      void feeds.remove(Buffer.concat([this.id, Buffer.from(feed, 'hex')]));
    if (surplus.length > 0) this.writeHead();
  }

  /** Removes everything but the number of the last: what comes after coming back goes on from there. */
  clear(): void {
    const { entries, order, numbers, feeds } = this.#tables;
    for (const { key, value } of [...order.getRange(groupRange(this.id))]) {
      void entries.remove(value);
      void order.remove(key);
    }
    for (const table of [numbers, feeds])
      for (const key of [...table.getKeys(groupRange(this.id))]) void table.remove(key);
    void this.#tables.groups.put(this.id, groupRow.encode(this.last, undefined));
  }

  #take(order: Buffer, into: StoredEntry[]): void {
    const value = this.#tables.order.getBinary(order);
    if (value === undefined) return;
    const { feed, seq } = readSpot(value);
    const stored = this.entry(feed.toString('hex'), seq);
    // One that was damaged and came again has another number now.
    if (stored?.number === readOrder(order).number) into.push(stored);
  }

  #numberAt(spot: Buffer): number {
    const record = this.#tables.entries.getBinary(spot);
    return record === undefined || record.length < CRC_BYTES + NUMBER_BYTES
      ? 0
      : readU48(record.subarray(CRC_BYTES), 0);
  }

  *#oldestFirst(): Iterable<OnDisk> {
    for (const { key, value } of this.#tables.order.getRange(groupRange(this.id))) {
      const { clock, author, number } = readOrder(key);
      const { feed, seq } = readSpot(value);
      const order = Buffer.from(key);
      yield { feed: feed.toString('hex'), seq, clock, author: author.toString('hex'), number, order };
    }
  }

  #writeFeed(id: FeedId): void {
    const feed = this.feeds.feed(id);
    if (feed === undefined) return;
    const { floor, last, lastHash, lastClock } = feed;
    const author = Buffer.from(feed.author, 'hex');
    const row = feedRow.encode({ author, floor, last, lastHash, lastClock });
    void this.#tables.feeds.put(Buffer.concat([this.id, feed.id]), row);
  }

  #load(): void {
    const { groups, feeds } = this.#tables;
    const known = groups.getBinary(this.id);
    if (known === undefined) return;
    const { last, horizon } = groupRow.decode(known);
    this.last = last;
    this.feeds.horizon = horizon;
    for (const { key, value } of feeds.getRange(groupRange(this.id)))
      this.#loadFeed(Buffer.from(key.subarray(this.id.length)), value);
  }

  #loadFeed(id: Buffer, value: Buffer): void {
    const { author, floor, last, lastHash, lastClock } = feedRow.decode(value);
    const feed = new Feed(id.toString('hex'), { author, hash: lastHash, clock: lastClock });
    feed.floor = floor;
    feed.last = last;
    const range = { start: spotKey({ feed: id, seq: 0 }), end: spotKey({ feed: id, seq: SEQ_END }) };
    let end = 0;
    for (const key of this.#tables.entries.getKeys(range)) {
      end = readSpot(key).seq;
      feed.held.add(end, end + 1);
    }
    if (end > last) this.#loadEnd(feed, id, end);
    this.feeds.restore(id.toString('hex'), feed);
  }

  /** The row of a feed is older than its last entries: its end is read from them. */
  #loadEnd(feed: Feed, id: Buffer, end: number): void {
    const record = this.#tables.entries.getBinary(spotKey({ feed: id, seq: end }));
    const content = record && unseal(record);
    if (content === undefined) {
      feed.miss(end);
      const before = feed.held.count === 0 ? 0 : feed.held.to(feed.held.count - 1) - 1;
      if (before > feed.last) this.#loadEnd(feed, id, before);
      return;
    }
    feed.add(readEntry(content.subarray(NUMBER_BYTES), ANY, good));
  }
}

const SEQ_END = 2 ** 48 - 1;
