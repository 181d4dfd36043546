import { PUSH_RANGES_MAX } from './constants.js';
import { Intervals } from './intervals.js';
import type { Payload } from './payload.js';
import type { Carried, SentPackets } from './sent.js';
import type { PushFeed } from './types.js';

/** What one connection still has to push of one feed. */
class Pending implements Carried {
  readonly feed: PushFeed;
  /** Entries [from, to) that wait to be sent, or to be sent again. */
  readonly ranges = new Intervals();
  /** The reader is to be told the newest seq instead, and fetches. */
  head = false;
  queued = false;
  next: Pending | undefined;
  /** Number of the last packet that carried some of it. */
  packet = -1;
  /** Set when the reader left: descriptions still in flight then mean nothing. */
  forgotten = false;
  readonly #pushes: Pushes;

  constructor(pushes: Pushes, feed: PushFeed) {
    this.#pushes = pushes;
    this.feed = feed;
  }

  /** Entries `from`..`to` arrived; (0, 0) is a HEAD. */
  acked(from: number, to: number): void {
    // A late ack of entries that wait to be sent again.
    if (this.ranges.count > 0) this.#pushes.arrived(this, from, to + 1);
  }

  lost(from: number, to: number): void {
    if (this.forgotten) return;
    if (to === 0) this.#pushes.headWanted(this);
    else this.#pushes.wanted(this, from, to + 1);
  }
}

/**
 * Ranges of entries that wait to be pushed, per feed, sent round robin. No entry is held: a range is
 * copied out of its feed when a packet is filled, also when it was lost. What the feed no longer has, or
 * what is too large for a datagram, becomes a HEAD, and the reader fetches.
 */
export class Pushes {
  /** Ranges waiting, over all feeds. */
  ranges = 0;
  readonly #feeds = new Map<PushFeed, Pending>();
  // Feeds with something to send, in a singly linked list.
  #first: Pending | undefined;
  #last: Pending | undefined;
  // The feed pushed last: most connections read one busy room.
  #recent: Pending | undefined;
  readonly #sent: SentPackets;
  #forgetAbove = PUSH_RANGES_MAX;

  constructor(sent: SentPackets) {
    this.#sent = sent;
  }

  get waiting(): boolean {
    return this.#first !== undefined;
  }

  /** Feeds of which something waits, is in flight, or was pushed lately. */
  get feeds(): number {
    return this.#feeds.size;
  }

  /** Adds entries `from`..`to`, both inclusive. */
  push(feed: PushFeed, from: number, to: number): void {
    const pending =
      this.#recent !== undefined && this.#recent.feed === feed ? this.#recent : this.#find(feed);
    this.#recent = pending;
    this.wanted(pending, from, to + 1);
  }

  /** Nothing of the feed is sent after this. */
  unpush(feed: PushFeed): void {
    const pending = this.#feeds.get(feed);
    if (pending === undefined) return;
    this.#feeds.delete(feed);
    if (this.#recent === pending) this.#recent = undefined;
    this.ranges -= pending.ranges.count;
    pending.ranges.clear();
    pending.head = false;
    pending.forgotten = true;
    // It leaves the queue when its turn comes.
  }

  clear(): void {
    for (const feed of this.#feeds.keys()) this.unpush(feed);
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Fills the payload with what waits. */
  fill(payload: Payload): void {
    for (let pending = this.#first; pending !== undefined; pending = this.#first) {
      if (!this.#fillFrom(pending, payload)) {
        // Others go first next time.
        if (pending.next !== undefined) {
          this.#dequeue();
          this.#enqueue(pending);
        }
        return;
      }
      this.#dequeue();
    }
  }

  wanted(pending: Pending, from: number, to: number): void {
    const before = pending.ranges.count;
    pending.ranges.add(from, to);
    this.ranges += pending.ranges.count - before;
    if (!pending.queued) this.#enqueue(pending);
    if (this.ranges > PUSH_RANGES_MAX) this.#toHead();
  }

  headWanted(pending: Pending): void {
    pending.head = true;
    if (!pending.queued) this.#enqueue(pending);
  }

  arrived(pending: Pending, from: number, to: number): void {
    const before = pending.ranges.count;
    pending.ranges.subtract(from, to);
    this.ranges += pending.ranges.count - before;
  }

  /** @returns false when something of it is left because the payload is full */
  #fillFrom(pending: Pending, payload: Payload): boolean {
    const { feed, ranges } = pending;
    while (ranges.count > 0) {
      const from = ranges.from(0);
      const next = feed.copy(from, ranges.to(0) - 1, payload.bytes, payload.at, payload.end);
      const copied = next < 0 ? 0 : feed.copied;
      if (copied === 0) {
        // It may fit into a packet of its own; when even that is too small, the reader must fetch.
        if (next >= 0 && payload.at > 0) return false;
        this.#drop(pending);
        pending.head = true;
        continue;
      }
      pending.packet = payload.number;
      payload.carry(next, pending, from, from + copied - 1);
      ranges.advance(copied);
      if (ranges.count === 0 || ranges.from(0) !== from + copied) this.ranges--;
    }
    if (!pending.head) return true;
    const next = feed.head(payload.bytes, payload.at, payload.end);
    if (next < 0) return false;
    pending.head = false;
    pending.packet = payload.number;
    payload.carry(next, pending, 0, 0);
    return true;
  }

  /** Gives up the oldest range: its reader fetches after a HEAD. */
  #toHead(): void {
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      if (pending.ranges.count === 0) continue;
      this.#drop(pending);
      pending.head = true;
      return;
    }
  }

  #drop(pending: Pending): void {
    pending.ranges.dropFirst();
    this.ranges--;
  }

  #find(feed: PushFeed): Pending {
    const known = this.#feeds.get(feed);
    if (known !== undefined) return known;
    if (this.#feeds.size >= this.#forgetAbove) this.#forgetIdle();
    const pending = new Pending(this, feed);
    this.#feeds.set(feed, pending);
    return pending;
  }

  /** Forgets feeds of which nothing waits and nothing is in flight. */
  #forgetIdle(): void {
    for (const [feed, pending] of this.#feeds) {
      if (!pending.queued && pending.packet < this.#sent.oldest) this.#feeds.delete(feed);
    }
    // What remains is in use; looking again is worth it when as many have come again.
    this.#forgetAbove = Math.max(PUSH_RANGES_MAX, this.#feeds.size * 2);
  }

  #enqueue(pending: Pending): void {
    pending.queued = true;
    if (this.#last === undefined) this.#first = pending;
    else this.#last.next = pending;
    this.#last = pending;
  }

  #dequeue(): void {
    const pending = this.#first;
    if (pending === undefined) return;
    this.#first = pending.next;
    if (this.#first === undefined) this.#last = undefined;
    pending.next = undefined;
    pending.queued = false;
  }
}
