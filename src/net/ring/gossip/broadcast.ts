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
 * There is one tree for everything and everybody, since its links are used both ways; tree.ts says how it grows.
 */
import { Malformed, type Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import {
  GRAFT_IDS_MAX,
  IHAVE_DELAY_MS,
  IHAVE_EVERY_MS,
  IHAVE_IDS_MAX,
  PRESENCE_EVERY_MS,
} from '../constants.js';
import type { Contact, PeerId } from '../types.js';
import { gossipFrame, graftFrame, ihaveFrame } from './frames.js';
import { type Item, type ItemId, ItemKind, itemIdOf } from './item.js';
import { MissingItems } from './missing.js';
import { SeenItems } from './seen.js';
import { Tree, type TreeLink } from './tree.js';
import type { BroadcastCounters, Broadcaster, BroadcastPort } from './types.js';

/** Pushed at the next tick. */
interface Waiting {
  readonly item: Item;
  /** Who brought it. */
  readonly from: PeerId;
  readonly hops: number;
}

/** Announced at the next tick. */
interface Told {
  readonly id: ItemId;
  /** Who needs not be told. */
  readonly from: PeerId;
}

const OWN = '';

export class Broadcast implements Broadcaster {
  readonly #port: BroadcastPort;
  readonly #tree: Tree;
  readonly #seen = new SeenItems();
  readonly #missing = new MissingItems();
  #received = 0;
  #repeated = 0;
  #sent = 0;
  #refused = 0;
  #unserved = 0;
  #waiting: Waiting[] = [];
  #pushAt = Number.POSITIVE_INFINITY;
  #pushedAt = Number.NEGATIVE_INFINITY;
  #told: Told[] = [];
  #tellAt = Number.POSITIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(port: BroadcastPort) {
    this.#port = port;
    this.#tree = new Tree(port);
  }

  get counters(): BroadcastCounters {
    return {
      received: this.#received,
      repeated: this.#repeated,
      sent: this.#sent,
      grafts: this.#tree.grafts,
      prunes: this.#tree.prunes,
      refused: this.#refused,
      unserved: this.#unserved,
    };
  }

  /** Links along which items are pushed. */
  get eager(): readonly PeerId[] {
    return [...this.#tree.links].filter(([, link]) => link.isEager).map(([peer]) => peer);
  }

  publish(item: Item, now: number): boolean {
    const id = itemIdOf(item);
    if (this.#seen.get(id) !== undefined) return false;
    this.#missing.came(id, OWN, now);
    this.#seen.add(id, item, OWN, 0, now);
    this.#push(item, OWN, 0);
    this.#tell(id, OWN, now);
    return true;
  }

  edges(peers: readonly PeerId[]): void {
    this.#tree.edges = [...peers];
  }

  rooted(parent: PeerId | undefined): void {
    this.#tree.rooted(parent);
  }

  // ---- Part ---------------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    this.#tree.linked(peer.id, now);
  }

  unlinked(peer: PeerId): void {
    this.#tree.unlinked(peer);
    this.#missing.unlinked(peer);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    const link = this.#tree.links.get(from);
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
        if (link !== undefined) this.#tree.pruned(from, link);
        return true;
      default:
        return false;
    }
  }

  tick(now: number): void {
    if (now >= this.#pushAt) this.#pushAll(now);
    if (now >= this.#tellAt) this.#tellAll(now);
    if (now < this.#missing.deadline) return;
    const asks = new Map<PeerId, ItemId[]>();
    this.#unserved += this.#missing.due(now, asks);
    for (const [peer, ids] of asks)
      for (let at = 0; at < ids.length; at += GRAFT_IDS_MAX)
        this.#tree.graft(peer, ids.slice(at, at + GRAFT_IDS_MAX));
  }

  deadline(): number {
    return Math.min(this.#pushAt, this.#tellAt, this.#missing.deadline);
  }

  // ---- What comes ---------------------------------------------------------------------------------------

  #gossiped(from: PeerId, link: TreeLink, body: Reader, now: number): void {
    const { item: view, hops } = gossipFrame.decode(body);
    const id = itemIdOf(view);
    const seen = this.#seen.get(id);
    if (seen !== undefined) {
      this.#repeated++;
      // A few are under way when a link is pruned; who goes on and on does not listen.
      if (link.repeats.take(now) > 0) throw new Malformed('items that came again and again');
      if (seen.from !== from) this.#tree.repeated(from, seen.from);
      return;
    }
    const fate = this.#port.received(view, from, hops, now);
    if (fate === 'later') {
      this.#refused++;
      return;
    }
    this.#received++;
    const isGrafted = this.#missing.came(id, from, now);
    if (fate === 'drop') {
      this.#seen.add(id, undefined, from, hops, now);
      return;
    }
    const item = { kind: view.kind, bytes: this.#port.kept?.(view) ?? Buffer.from(view.bytes) };
    this.#seen.add(id, item, from, hops, now);
    link.isEager = true;
    // What is known and was asked for all the same is old; what comes by itself is awaited by those behind us.
    if (fate === 'known' && isGrafted) return;
    this.#passOn(item, from, hops, now);
    this.#tell(id, from, now);
  }

  #announced(from: PeerId, ids: readonly ItemId[], now: number): void {
    for (const id of ids)
      if (this.#seen.get(id) === undefined && !this.#missing.announced(from, id, now)) this.#refused++;
  }

  #grafted(from: PeerId, link: TreeLink, ids: readonly ItemId[], now: number): void {
    this.#tree.grafted(link, ids.length === 0);
    for (const id of ids) {
      if (link.grafts.take(now) > 0) {
        this.#refused++;
        continue;
      }
      const seen = this.#seen.get(id);
      if (seen?.item !== undefined) this.#send(from, seen.item, seen.hops + 1);
    }
  }

  // ---- What goes ----------------------------------------------------------------------------------------

  /** Passes on: what people say at once; who comes and goes, when many do, several in one datagram. */
  #passOn(item: Item, from: PeerId, hops: number, now: number): void {
    const mayLeaveAt = this.#pushedAt + PRESENCE_EVERY_MS;
    if (item.kind === ItemKind.Entry) {
      this.#push(item, from, hops);
    } else if (now >= mayLeaveAt && this.#waiting.length === 0) {
      this.#pushedAt = now;
      this.#push(item, from, hops);
    } else {
      this.#waiting.push({ item, from, hops });
      this.#pushAt = mayLeaveAt;
    }
  }

  #pushAll(now: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#pushAt = Number.POSITIVE_INFINITY;
    this.#pushedAt = now;
    for (const { item, from, hops } of waiting) this.#push(item, from, hops);
  }

  #push(item: Item, except: PeerId, hops: number): void {
    let body: Uint8Array | undefined;
    for (const [peer, link] of this.#tree.links) {
      if (!link.isEager || peer === except) continue;
      body ??= gossipFrame.encode(item, hops + 1);
      if (this.#port.send(peer, FrameType.Gossip, body)) this.#sent++;
    }
  }

  #send(to: PeerId, item: Item, hops: number): void {
    if (this.#port.send(to, FrameType.Gossip, gossipFrame.encode(item, hops))) this.#sent++;
  }

  #tell(id: ItemId, from: PeerId, now: number): void {
    this.#told.push({ id, from });
    if (this.#told.length >= IHAVE_IDS_MAX) this.#tellAll(now);
    else this.#tellAt = Math.min(this.#tellAt, Math.max(now + IHAVE_DELAY_MS, this.#toldAt + IHAVE_EVERY_MS));
  }

  #tellAll(now: number): void {
    const told = this.#told;
    this.#toldAt = now;
    this.#told = [];
    this.#tellAt = Number.POSITIVE_INFINITY;
    const { lazy } = this.#tree;
    for (const peer of lazy) {
      const ids = told.filter(({ from }) => from !== peer).map(({ id }) => id);
      if (ids.length > 0) this.#port.send(peer, FrameType.IHave, ihaveFrame.encode(ids));
    }
  }
}
