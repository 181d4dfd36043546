/**
 * Plain flooding, to compare with: whatever comes for the first time goes out on every link but the one it came by.
 * It stands in for net/ring/gossip in the same peer over the same links.
 */
import type { Reader } from '../net/bytes.js';
import { FrameType } from '../net/constants.js';
import { gossipFrame } from '../net/ring/gossip/frames.js';
import { type Item, type ItemId, itemIdOf } from '../net/ring/gossip/item.js';
import type { BroadcastCounters, Broadcaster, BroadcastPort } from '../net/ring/gossip/types.js';
import type { Contact, PeerId } from '../net/ring/types.js';

export class Flood implements Broadcaster {
  readonly counters: BroadcastCounters = {
    received: 0,
    repeated: 0,
    sent: 0,
    grafts: 0,
    prunes: 0,
    refused: 0,
    unserved: 0,
  };
  readonly #port: BroadcastPort;
  readonly #links = new Set<PeerId>();
  /** A run is short: nothing is forgotten. */
  readonly #seen = new Set<ItemId>();

  constructor(port: BroadcastPort) {
    this.#port = port;
  }

  publish(item: Item): boolean {
    const id = itemIdOf(item);
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    this.#pass(item, '', 0);
    return true;
  }

  /** Every link is used, those of the ring too. */
  edges(): void {}

  rooted(): void {}

  linked(peer: Contact): void {
    this.#links.add(peer.id);
  }

  unlinked(peer: PeerId): void {
    this.#links.delete(peer);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    if (type !== FrameType.Gossip) return false;
    const { item, hops } = gossipFrame.decode(body);
    const id = itemIdOf(item);
    if (this.#seen.has(id)) {
      this.counters.repeated++;
      return true;
    }
    this.#seen.add(id);
    this.counters.received++;
    if (this.#port.received(item, from, hops, now) === 'spread') this.#pass(item, from, hops);
    return true;
  }

  tick(): void {}

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  #pass(item: Item, except: PeerId, hops: number): void {
    for (const peer of this.#links) {
      if (peer === except) continue;
      if (this.#port.send(peer, FrameType.Gossip, gossipFrame.encode(item, hops + 1))) this.counters.sent++;
    }
  }
}
