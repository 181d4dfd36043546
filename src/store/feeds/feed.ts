import { Intervals } from '../../net/intervals.js';
import { FEED_ID_BYTES } from '../../net/ring/constants.js';
import type { FeedEntry, FeedId } from '../../net/ring/entry.js';

/**
 * What is held of one feed, without the entries:
 *
 *     seq    1 ......... floor ....................... last
 *            (forgotten)   [held)   gap   [held)  lost [held]
 *
 * A gap is asked for; what was lost everywhere is not, but is welcome.
 */
export class Feed {
  readonly id: Buffer;
  /** Ed25519 key, hex. */
  readonly author: string;
  /** What is below was kept once, and is too old now. */
  floor = 1;
  last = 0;
  lastHash: Buffer;
  lastClock: Buffer;
  /** Its author signed two histories: what of it is true cannot be known, so nothing more is fetched. */
  isForked = false;
  readonly held = new Intervals();
  readonly lost = new Intervals();

  /** @param entry any of it, or what is known of its last one */
  constructor(id: FeedId, { author, hash, clock }: Pick<FeedEntry, 'author' | 'hash' | 'clock'>) {
    this.id = Buffer.from(id, 'hex');
    this.author = author.toString('hex');
    this.lastHash = hash;
    this.lastClock = clock;
  }

  get bucket(): number {
    return this.id[FEED_ID_BYTES - 1] ?? 0;
  }

  get isEmpty(): boolean {
    return this.held.count === 0;
  }

  /** The lowest seq held; 0 when nothing is. */
  get first(): number {
    return this.isEmpty ? 0 : this.held.from(0);
  }

  has(seq: number): boolean {
    return this.held.covers(seq, seq + 1);
  }

  add({ seq, hash, clock }: FeedEntry): void {
    this.held.add(seq, seq + 1);
    this.lost.subtract(seq, seq + 1);
    if (seq <= this.last) return;
    this.last = seq;
    this.lastHash = hash;
    this.lastClock = clock;
  }

  /** An entry became too old. */
  forget(seq: number): void {
    this.held.subtract(seq, seq + 1);
    this.lost.subtract(0, seq + 1);
    this.floor = Math.max(this.floor, seq + 1);
  }

  /** An entry cannot be read any more, and may come again. */
  miss(seq: number): void {
    this.held.subtract(seq, seq + 1);
  }

  /** Half-open intervals of [from, to) that are neither held nor known to be lost, at most `max` of them. */
  gaps(from: number, to: number, max: number): readonly (readonly [from: number, to: number])[] {
    const open = new Intervals();
    open.add(Math.max(from, this.floor), to);
    for (const known of [this.held, this.lost])
      for (let index = 0; index < known.count; index++) open.subtract(known.from(index), known.to(index));
    const count = Math.min(open.count, max);
    return Array.from({ length: count }, (_, index) => [open.from(index), open.to(index)] as const);
  }
}
