/**
 * Plumtree (Leitao, Pereira, Rodrigues: Epidemic Broadcast Trees, SRDS 2007): items are pushed along a tree and
 * announced along other links. A payload that comes twice prunes the link it came by; an announced item that does
 * not come grafts one; so the tree is woven by what flows through it, and mends itself.
 *
 *     GOSSIP  the item            along eager links, at once
 *     IHAVE   its id              along lazy links, a little later and many at a time
 *     GRAFT   give me these       makes the link eager at both ends
 *     PRUNE   I have that         makes the link lazy at both ends
 *
 * There is one tree for everything and everybody, since its links are used both ways.
 */
import { Bucket } from '../../bucket.js';
import { Malformed, type Reader } from '../../bytes.js';
import {
  EAGER_LINKS_MIN,
  FrameType,
  GRAFT_IDS_MAX,
  GRAFTS_BURST,
  GRAFTS_PER_S,
  IHAVE_DELAY_MS,
  IHAVE_IDS_MAX,
  LAZY_LINKS_MAX,
  PRUNE_AFTER,
  REPEATS_BURST,
  REPEATS_PER_S,
  SHORTEN_EVERY_MS,
  SHORTER_HOPS,
} from '../../constants.js';
import type { Contact, PeerId } from '../types.js';
import { type Announcement, gossipFrame, graftFrame, ihaveFrame } from './frames.js';
import { type Item, type ItemId, itemIdOf } from './item.js';
import { MissingItems } from './missing.js';
import { SeenItems } from './seen.js';
import type { BroadcastCounters, Broadcaster, BroadcastPort } from './types.js';

interface Link {
  isEager: boolean;
  readonly grafts: Bucket;
  readonly repeats: Bucket;
  /** Payloads that it brought again, less those that it brought first. */
  stale: number;
}

/** Announced at the next tick. */
interface Told extends Announcement {
  /** Who needs not be told. */
  readonly from: PeerId;
  /** Eager links are told too, since nothing was pushed. */
  readonly toAll: boolean;
}

const NOTHING = new Uint8Array(0);
const OWN = '';

export class Broadcast implements Broadcaster {
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
  readonly #links = new Map<PeerId, Link>();
  readonly #seen = new SeenItems();
  readonly #missing = new MissingItems();
  #pinned: readonly PeerId[] = [];
  #told: Told[] = [];
  /** Not before this. */
  #shortenAt = 0;
  #tellAt = Number.POSITIVE_INFINITY;

  constructor(port: BroadcastPort) {
    this.#port = port;
  }

  /** Links along which items are pushed. */
  get eager(): readonly PeerId[] {
    return [...this.#links].filter(([, link]) => link.isEager).map(([peer]) => peer);
  }

  publish(item: Item, now: number): boolean {
    const id = itemIdOf(item);
    if (this.#seen.get(id) !== undefined) return false;
    this.#missing.came(id, OWN, now);
    this.#seen.add(id, item, OWN, 0, now);
    this.#push(item, OWN, 0);
    this.#tell(id, OWN, 0, false, now);
    return true;
  }

  pinned(peers: readonly PeerId[]): void {
    this.#pinned = [...peers];
  }

  // ---- Part ---------------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    const link: Link = {
      isEager: false,
      grafts: new Bucket(GRAFTS_PER_S, GRAFTS_BURST, now),
      repeats: new Bucket(REPEATS_PER_S, REPEATS_BURST, now),
      stale: 0,
    };
    this.#links.set(peer.id, link);
    if (this.#eagerCount() < EAGER_LINKS_MIN) this.#graft(peer.id, []);
  }

  unlinked(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    this.#missing.unlinked(peer);
    if (link.isEager) this.#keepOneEager(peer);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    const link = this.#links.get(from);
    switch (type) {
      case FrameType.Gossip:
        if (link !== undefined) this.#gossiped(from, link, body, now);
        return true;
      case FrameType.IHave:
        if (link !== undefined) this.#announced(from, link, ihaveFrame.decode(body), now);
        return true;
      case FrameType.Graft:
        if (link !== undefined) this.#grafted(from, link, graftFrame.decode(body), now);
        return true;
      case FrameType.Prune:
        if (link !== undefined) this.#pruned(from, link);
        return true;
      default:
        return false;
    }
  }

  tick(now: number): void {
    if (now >= this.#tellAt) this.#tellAll();
    if (now < this.#missing.deadline) return;
    const asks = new Map<PeerId, ItemId[]>();
    this.counters.unserved += this.#missing.due(now, asks);
    for (const [peer, ids] of asks)
      for (let at = 0; at < ids.length; at += GRAFT_IDS_MAX)
        this.#graft(peer, ids.slice(at, at + GRAFT_IDS_MAX));
  }

  deadline(): number {
    return Math.min(this.#tellAt, this.#missing.deadline);
  }

  // ---- What comes ---------------------------------------------------------------------------------------

  #gossiped(from: PeerId, link: Link, body: Reader, now: number): void {
    const { item, hops } = gossipFrame.decode(body);
    const id = itemIdOf(item);
    const seen = this.#seen.get(id);
    if (seen !== undefined) {
      this.counters.repeated++;
      // A few are under way when a link is pruned; who goes on and on does not listen.
      if (link.repeats.take(now) > 0) throw new Malformed('items that came again and again');
      link.stale++;
      if (seen.from !== from && link.stale >= PRUNE_AFTER) this.#prune(from, link);
      return;
    }
    const verdict = this.#port.received(item, from, hops, now);
    this.counters.received++;
    const nearest = this.#missing.came(id, from, now);
    this.#seen.add(id, item, from, hops, now);
    if (verdict === 'drop') {
      this.#seen.strip(id);
      return;
    }
    link.isEager = true;
    link.stale = Math.max(0, link.stale - 1);
    if (verdict === 'spread') this.#push(item, from, hops);
    this.#tell(id, from, hops, verdict === 'known', now);
    if (nearest !== undefined) this.#shorten(id, nearest.peer, nearest.hops, now);
  }

  #announced(from: PeerId, link: Link, announcements: readonly Announcement[], now: number): void {
    for (const announcement of announcements) {
      if (this.#seen.get(announcement.id) === undefined) {
        if (!this.#missing.announced(from, announcement, now)) this.counters.refused++;
      } else if (!link.isEager) this.#shorten(announcement.id, from, announcement.hops, now);
    }
  }

  #grafted(from: PeerId, link: Link, ids: readonly ItemId[], now: number): void {
    link.isEager = true;
    for (const id of ids) {
      if (link.grafts.take(now) > 0) {
        this.counters.refused++;
        continue;
      }
      const seen = this.#seen.get(id);
      if (seen?.item !== undefined) this.#send(from, seen.item, seen.hops + 1);
    }
  }

  #pruned(from: PeerId, link: Link): void {
    if (!link.isEager) return;
    link.isEager = false;
    this.#keepOneEager(from);
  }

  // ---- What goes ----------------------------------------------------------------------------------------

  #push(item: Item, except: PeerId, hops: number): void {
    for (const [peer, link] of this.#links)
      if (link.isEager && peer !== except) this.#send(peer, item, hops + 1);
  }

  #send(to: PeerId, item: Item, hops: number): void {
    if (this.#port.send(to, FrameType.Gossip, gossipFrame.encode(item, hops))) this.counters.sent++;
  }

  #tell(id: ItemId, from: PeerId, hops: number, toAll: boolean, now: number): void {
    this.#told.push({ id, hops, from, toAll });
    if (this.#told.length >= IHAVE_IDS_MAX) this.#tellAll();
    else this.#tellAt = Math.min(this.#tellAt, now + IHAVE_DELAY_MS);
  }

  #tellAll(): void {
    const told = this.#told;
    this.#told = [];
    this.#tellAt = Number.POSITIVE_INFINITY;
    const lazy = new Set(this.#lazy());
    for (const [peer, { isEager }] of this.#links) {
      if (!isEager && !lazy.has(peer)) continue;
      const some = told.filter(({ from, toAll }) => from !== peer && (toAll || !isEager));
      if (some.length > 0) this.#port.send(peer, FrameType.IHave, ihaveFrame.encode(some));
    }
  }

  /** The ring's edges, then the links that have been there the longest. */
  #lazy(): PeerId[] {
    const lazy = this.#pinned.filter((peer) => this.#links.get(peer)?.isEager === false);
    for (const [peer, { isEager }] of this.#links) {
      if (lazy.length >= LAZY_LINKS_MAX) break;
      if (!isEager && !lazy.includes(peer)) lazy.push(peer);
    }
    return lazy;
  }

  // ---- The tree -----------------------------------------------------------------------------------------

  #graft(peer: PeerId, ids: readonly ItemId[]): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    link.isEager = true;
    this.counters.grafts++;
    this.#port.send(peer, FrameType.Graft, graftFrame.encode(ids));
  }

  #prune(peer: PeerId, link: Link): void {
    link.stale = 0;
    link.isEager = false;
    this.counters.prunes++;
    this.#port.send(peer, FrameType.Prune, NOTHING);
  }

  /** An item came by a longer way than the one that `peer` announced: that one is used from now on. */
  #shorten(id: ItemId, peer: PeerId, hops: number, now: number): void {
    if (now < this.#shortenAt) return;
    const seen = this.#seen.get(id);
    const link = this.#links.get(peer);
    if (seen === undefined || link === undefined || link.isEager) return;
    const parent = this.#links.get(seen.from);
    if (parent === undefined || seen.hops - (hops + 1) < SHORTER_HOPS) return;
    this.#shortenAt = now + SHORTEN_EVERY_MS;
    this.#graft(peer, []);
    this.#prune(seen.from, parent);
    seen.from = peer;
    seen.hops = hops + 1;
  }

  #eagerCount(): number {
    let count = 0;
    for (const link of this.#links.values()) if (link.isEager) count++;
    return count;
  }

  /** A peer without an eager link would hear of everything late. */
  #keepOneEager(except: PeerId): void {
    if (this.#eagerCount() > 0) return;
    for (const peer of [...this.#pinned, ...this.#links.keys()]) {
      if (peer === except || !this.#links.has(peer)) continue;
      this.#graft(peer, []);
      return;
    }
  }
}
