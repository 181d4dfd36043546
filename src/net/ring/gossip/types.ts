/** How broadcast meets the peer around it. */
import type { Part, PartPort, PeerId } from '../types.js';
import type { Item } from './item.js';

/**
 * What becomes of an item that came for the first time: it is new and passed on; it is held already, since sync or a
 * HELLO brought it, and is passed on unless it was grafted; it goes no further; or it was not looked at, since that link
 * brings too much, and is new all the same when another brings it.
 */
export type ItemFate = 'spread' | 'known' | 'drop' | 'later';

export interface BroadcastPort extends PartPort {
  /**
   * An item that broadcast has not seen, once; the bytes are a view of a frame. `hops` is 1 when its origin sent it.
   * @throws Malformed for what can only be a lie: it ends the link
   */
  received(item: Item, from: PeerId, hops: number, now: number): ItemFate;
  /** The bytes that the peer itself keeps of an item received: then they are kept once. Otherwise they are copied. */
  kept?(item: Item): Buffer | undefined;
}

/** Each from 0 for the life of the peer. */
export interface BroadcastCounters {
  /** Items that came for the first time. */
  received: number;
  /** Payloads that came again. */
  repeated: number;
  /** Payloads sent, grafted ones too. */
  sent: number;
  grafts: number;
  prunes: number;
  /** Grafts, announcements and payloads above a bound. */
  refused: number;
  /** Announced items that nobody handed over. */
  unserved: number;
}

/** What spreads items over all links: Plumtree, or in comparisons something else. */
export interface Broadcaster extends Part {
  readonly counters: Readonly<BroadcastCounters>;
  /** Sends one's own item to everybody. @returns false when it was published before */
  publish(item: Item, now: number): boolean;
  /** The ring's two edges: they are announced to, whatever else is. */
  edges(peers: readonly PeerId[]): void;
  /** The next one on the way to the trunk's root, which is the same for all: that link is always in the tree. */
  rooted(parent: PeerId | undefined): void;
}
