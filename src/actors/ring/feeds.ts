import { NatterError } from '../../chat/error.js';
import { Bucket } from '../../net/bucket.js';
import { clockMs, type HybridClock, isAhead } from '../../net/ring/clock.js';
import { EPOCH_BYTES } from '../../net/ring/constants.js';
import { type FeedEntry, type GroupId, NO_ENTRY, readEntry, signEntry } from '../../net/ring/entry.js';
import { type Item, ItemKind } from '../../net/ring/gossip/item.js';
import { SpreadLimit } from '../../net/ring/gossip/spread-limit.js';
import type { ItemFate } from '../../net/ring/gossip/types.js';
import type { PeerId } from '../../net/ring/types.js';
import type { Added, FeedStore } from '../../store/feeds/types.js';
import { Intake } from './intake.js';
import type { PeerWorld } from './world.js';

/** How far an entry came: 0 is one's own; undefined: sync brought it. */
export type Hops = number | undefined;

export interface FeedsPort {
  /** Whether entries of that group are kept here. */
  keeps(group: GroupId): boolean;
  /** Sends an entry to everybody. */
  publish(item: Item): void;
  /** Since when there are others, ms since 1970: what was said since then should have come by broadcast. */
  companySince(): number;
  /** A new entry, durable. `number` is the order of coming within its group. */
  entry(entry: FeedEntry, number: number, hops: Hops): void;
  /** Somebody's clock is too far ahead: what they say is refused. */
  misdated(entry: FeedEntry, from: PeerId): void;
  /** Two histories of one author's feed: the one seen first is kept. */
  forked(entry: FeedEntry): void;
  /** Somebody says more than is spread live: sync has to bring it to the others. */
  throttled(): void;
}

export interface FeedFigures {
  /** Dated too far ahead. */
  misdated: number;
  forked: number;
  /** Above what an author may spread live, or a link may bring: left to sync. */
  throttled: number;
  /** The store did not take them. */
  refused: number;
}

/** What two halves of a ring said is spread at once when they meet, up to this; the rest follows by sync. */
const NEWS_BURST = 200;
const NEWS_PER_S = 20;

interface Tail {
  seq: number;
  previous: Buffer;
}

export interface FeedsOptions {
  readonly world: PeerWorld;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly store: FeedStore;
  /** One's own, shared with everything else one says. */
  readonly hybrid: HybridClock;
  readonly port: FeedsPort;
}

/** What this peer says, and what it hears of others: checked, kept, handed on. */
export class Feeds {
  readonly figures: FeedFigures = { misdated: 0, forked: 0, throttled: 0, refused: 0 };
  readonly #world: PeerWorld;
  readonly #community: Buffer;
  readonly #store: FeedStore;
  readonly #port: FeedsPort;
  readonly #clock: HybridClock;
  readonly #limit = new SpreadLimit();
  readonly #intake = new Intake();
  /** Entries of others that are spread from here since sync brought them. */
  readonly #news: Bucket;
  /** Of this start: one feed per group. */
  #epoch = Buffer.alloc(EPOCH_BYTES);
  readonly #tails = new Map<GroupId, Tail>();

  constructor({ world, community, store, hybrid, port }: FeedsOptions) {
    this.#world = world;
    this.#community = community;
    this.#store = store;
    this.#port = port;
    this.#clock = hybrid;
    this.#news = new Bucket(NEWS_PER_S, NEWS_BURST, world.clock.now());
    this.#beginAnew();
  }

  /**
   * Signs what is to be said next in a group; `post` must follow before anything else is said there.
   * @param group 16 bytes @param body at most TEXT_MAX_BYTES
   * @throws NatterError READ_ONLY when the disk takes nothing now
   */
  compose(group: Buffer, kind: number, name: string, body: Buffer): FeedEntry {
    const { fault } = this.#store;
    if (fault !== undefined) throw new NatterError('READ_ONLY', fault.message);
    const id = group.toString('hex');
    const tail = this.#tails.get(id) ?? { seq: 0, previous: NO_ENTRY };
    const entry = signEntry(this.#world.identity, this.#community, {
      group,
      epoch: this.#epoch,
      seq: tail.seq + 1,
      previous: tail.previous,
      clock: this.#clock.tick(this.#world.clock.wall()),
      kind,
      name,
      body,
    });
    this.#tails.set(id, { seq: entry.seq, previous: entry.hash });
    return entry;
  }

  /** Keeps one's own entry, and sends it to everybody once it is durable. @param done told whether it is, once */
  post(entry: FeedEntry, done: (error: NatterError | undefined) => void = () => {}): void {
    this.#keep([entry], 0, (error) => {
      // What is lost takes its feed with it: those behind it would hang in the air.
      if (error === undefined) this.#port.publish({ kind: ItemKind.Entry, bytes: entry.bytes });
      else this.#beginAnew();
      done(error);
    });
  }

  /** `compose` and `post`. */
  say(group: Buffer, kind: number, name: string, body: Buffer): FeedEntry {
    const entry = this.compose(group, kind, name, body);
    this.post(entry);
    return entry;
  }

  /** An entry that came by broadcast. @throws Malformed for one that its author did not sign */
  heard(bytes: Buffer, from: PeerId, hops: number, now: number): ItemFate {
    if (!this.#intake.takes(from, now)) {
      this.#throttled();
      return 'later';
    }
    const entry = readEntry(bytes, this.#community, this.#world.verify);
    if (!this.#isDated(entry, from)) return 'drop';
    const isLive = this.#limit.lets(entry, from, now);
    if (!isLive) this.#throttled();
    if (!this.#port.keeps(entry.group.toString('hex'))) return isLive ? 'spread' : 'drop';
    const [added] = this.#keep([entry], hops);
    if (added?.state === 'known') {
      this.#intake.known(from);
      return 'known';
    }
    return added?.state === 'new' && isLive ? 'spread' : 'drop';
  }

  /** How long a link is not asked for what it has, in milliseconds; 0 when it may be. */
  restMs(from: PeerId, now: number): number {
    this.#intake.accompany(this.#port.companySince(), this.#world.clock.wall());
    return this.#intake.restMs(from, now);
  }

  /**
   * Entries that sync brought. What was said while one was in company, and did not come, is news to those around too:
   * its author was alone, or beyond a cut. So it is spread from here; history, which a newcomer fetches, is not.
   * @throws Malformed for what nobody honest hands on
   * @returns how many were new
   */
  brought(items: readonly Item[], from: PeerId, now: number): number {
    this.#intake.fetched(from, items.length, now);
    const entries = items
      .map(({ bytes }) => readEntry(bytes, this.#community, this.#world.verify))
      .filter((entry) => this.#port.keeps(entry.group.toString('hex')) && this.#isDated(entry, from));
    const since = this.#port.companySince();
    let fresh = 0;
    for (const [index, { state }] of this.#keep(entries, undefined).entries()) {
      const entry = entries[index];
      if (state !== 'new' || entry === undefined) continue;
      fresh++;
      if (clockMs(entry.clock) < since) continue;
      if (this.#news.take(now) === 0) this.#port.publish({ kind: ItemKind.Entry, bytes: entry.bytes });
      else this.#port.throttled();
    }
    return fresh;
  }

  #throttled(): void {
    this.figures.throttled++;
    this.#port.throttled();
  }

  #beginAnew(): void {
    this.#tails.clear();
    this.#epoch = Buffer.alloc(EPOCH_BYTES);
    this.#world.random(this.#epoch);
  }

  #isDated(entry: FeedEntry, from: PeerId): boolean {
    const wall = this.#world.clock.wall();
    if (!isAhead(entry.clock, wall)) {
      this.#clock.hear(entry.clock, wall);
      return true;
    }
    this.figures.misdated++;
    this.#port.misdated(entry, from);
    return false;
  }

  #keep(
    entries: readonly FeedEntry[],
    hops: Hops,
    then?: (error: NatterError | undefined) => void,
  ): readonly Added[] {
    const settle = (error: NatterError | undefined): void => {
      if (error === undefined) this.#tell(entries, added, hops);
      else this.figures.refused++;
      then?.(error);
    };
    // A store in memory is done before `append` has returned what became of them.
    let early: { readonly error: NatterError | undefined } | undefined;
    let isJudged = false;
    const added = this.#store.append(entries, this.#world.clock.wall(), (error) => {
      if (isJudged) settle(error);
      else early = { error };
    });
    isJudged = true;
    for (const [index, one] of added.entries()) {
      const entry = entries[index];
      if (one.state === 'refused') this.figures.refused++;
      if (one.state !== 'forked' || entry === undefined) continue;
      this.figures.forked++;
      this.#port.forked(entry);
    }
    if (early !== undefined) settle(early.error);
    return added;
  }

  #tell(entries: readonly FeedEntry[], added: readonly Added[], hops: Hops): void {
    for (const [index, one] of added.entries()) {
      const entry = entries[index];
      if (one.state === 'new' && entry !== undefined) this.#port.entry(entry, one.number, hops);
    }
  }
}

/** How far ahead of here somebody's clock is, ms. */
export function aheadMs(clock: Buffer, wall: number): number {
  return clockMs(clock) - wall;
}
