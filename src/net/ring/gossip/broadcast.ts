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
 * There is one tree for everything and everybody, since its links are used both ways. It grows from a trunk: each
 * peer's link to whoever is nearest to one place, the root's (Castro et al.: Scribe, 2002). Those links never make a
 * circle, reach the root in few hops, and are not pruned; grafts are for when they fail. (Plumtree's own way to
 * shorten the tree follows one sender's hops; with a hundred senders it never comes to rest.)
 *
 *               root            ── trunk, both ways
 *              /  |  \          ·· lazy: announced only
 *             a ··b   c
 *            / \  |   ·
 *           d ··e f···
 */
import { Bucket } from '../../bucket.js';
import { Malformed, type Reader } from '../../bytes.js';
import {
  FrameType,
  GRAFT_IDS_MAX,
  GRAFTS_BURST,
  GRAFTS_PER_S,
  IHAVE_DELAY_MS,
  IHAVE_EVERY_MS,
  IHAVE_IDS_MAX,
  LAZY_LINKS_MAX,
  REPEATS_BURST,
  REPEATS_PER_S,
} from '../../constants.js';
import type { Contact, PeerId } from '../types.js';
import { gossipFrame, graftFrame, ihaveFrame } from './frames.js';
import { type Item, type ItemId, itemIdOf } from './item.js';
import { MissingItems } from './missing.js';
import { SeenItems } from './seen.js';
import type { BroadcastCounters, Broadcaster, BroadcastPort } from './types.js';

interface Link {
  isEager: boolean;
  readonly grafts: Bucket;
  readonly repeats: Bucket;
  /** The other end has grafted it without wanting an item: it is on the trunk, and we are nearer to the root. */
  isChild: boolean;
}

/** Announced at the next tick. */
interface Told {
  readonly id: ItemId;
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
  /** The next one on the way to the root of the trunk. */
  #parent: PeerId | undefined;
  #told: Told[] = [];
  #tellAt = Number.POSITIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

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
    this.#tell(id, OWN, false, now);
    return true;
  }

  pinned(peers: readonly PeerId[]): void {
    this.#pinned = [...peers];
  }

  rooted(parent: PeerId | undefined): void {
    const before = this.#parent;
    this.#parent = parent;
    if (before !== undefined && before !== parent) {
      const link = this.#links.get(before);
      if (link?.isEager) this.#prune(before, link);
    }
    if (parent !== undefined && this.#links.get(parent)?.isEager === false) this.#graft(parent, []);
  }

  // ---- Part ---------------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    const link: Link = {
      isEager: false,
      grafts: new Bucket(GRAFTS_PER_S, GRAFTS_BURST, now),
      repeats: new Bucket(REPEATS_PER_S, REPEATS_BURST, now),
      isChild: false,
    };
    this.#links.set(peer.id, link);
    if (this.#eagerCount() === 0) this.#graft(peer.id, []);
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
        if (link !== undefined) this.#announced(from, ihaveFrame.decode(body), now);
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
    if (now >= this.#tellAt) this.#tellAll(now);
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
      const isTrunk = link.isChild || from === this.#parent;
      if (seen.from !== from && !isTrunk) this.#prune(from, link);
      return;
    }
    const verdict = this.#port.received(item, from, hops, now);
    this.counters.received++;
    this.#missing.came(id, from, now);
    this.#seen.add(id, item, from, hops, now);
    if (verdict === 'drop') {
      this.#seen.strip(id);
      return;
    }
    link.isEager = true;
    if (verdict === 'spread') this.#push(item, from, hops);
    this.#tell(id, from, verdict === 'known', now);
  }

  #announced(from: PeerId, ids: readonly ItemId[], now: number): void {
    for (const id of ids)
      if (this.#seen.get(id) === undefined && !this.#missing.announced(from, id, now))
        this.counters.refused++;
  }

  #grafted(from: PeerId, link: Link, ids: readonly ItemId[], now: number): void {
    link.isEager = true;
    if (ids.length === 0) link.isChild = true;
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
    link.isChild = false;
    if (!link.isEager) return;
    link.isEager = false;
    if (from === this.#parent) this.#graft(from, []);
    else this.#keepOneEager(from);
  }

  // ---- What goes ----------------------------------------------------------------------------------------

  #push(item: Item, except: PeerId, hops: number): void {
    for (const [peer, link] of this.#links)
      if (link.isEager && peer !== except) this.#send(peer, item, hops + 1);
  }

  #send(to: PeerId, item: Item, hops: number): void {
    if (this.#port.send(to, FrameType.Gossip, gossipFrame.encode(item, hops))) this.counters.sent++;
  }

  #tell(id: ItemId, from: PeerId, toAll: boolean, now: number): void {
    this.#told.push({ id, from, toAll });
    if (this.#told.length >= IHAVE_IDS_MAX) this.#tellAll(now);
    else this.#tellAt = Math.min(this.#tellAt, Math.max(now + IHAVE_DELAY_MS, this.#toldAt + IHAVE_EVERY_MS));
  }

  #tellAll(now: number): void {
    const told = this.#told;
    this.#toldAt = now;
    this.#told = [];
    this.#tellAt = Number.POSITIVE_INFINITY;
    const lazy = new Set(this.#lazy());
    for (const [peer, { isEager }] of this.#links) {
      if (!isEager && !lazy.has(peer)) continue;
      const some = told.filter(({ from, toAll }) => from !== peer && (toAll || !isEager));
      if (some.length > 0)
        this.#port.send(peer, FrameType.IHave, ihaveFrame.encode(some.map(({ id }) => id)));
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
    link.isEager = false;
    this.counters.prunes++;
    this.#port.send(peer, FrameType.Prune, NOTHING);
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
