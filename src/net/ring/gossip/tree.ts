import { Bucket } from '../../bucket.js';
import { FrameType } from '../../constants.js';
import { GRAFTS_BURST, GRAFTS_PER_S, LAZY_LINKS_MAX, REPEATS_BURST, REPEATS_PER_S } from '../constants.js';
import type { PartPort, PeerId } from '../types.js';
import { graftFrame } from './frames.js';
import type { ItemId } from './item.js';

/** One link, as this end sees it. */
export interface TreeLink {
  /** Items are pushed along it. */
  isEager: boolean;
  /** The other end has grafted it without wanting an item: it is on the trunk, and we are nearer to the root. */
  isChild: boolean;
  /** Items that the other end may graft, and bring again. */
  readonly grafts: Bucket;
  readonly repeats: Bucket;
}

const NOTHING = new Uint8Array(0);

/**
 * Which links are eager and which lazy:
 *
 *               root            ── trunk, both ways
 *              /  |  \          ·· lazy: announced only
 *             a ··b   c
 *            / \  |   ·
 *           d ··e f···
 *
 * The trunk is each peer's link to whoever is nearest to one place, the root's (Castro et al.: Scribe, 2002). Those
 * links never make a circle, reach the root in few hops, and are not pruned; grafts are for when they fail.
 * (Plumtree's own way to shorten the tree follows one sender's hops; with a hundred senders it never comes to rest.)
 */
export class Tree {
  readonly links = new Map<PeerId, TreeLink>();
  /** The ring's two edges. */
  edges: readonly PeerId[] = [];
  grafts = 0;
  prunes = 0;
  readonly #port: PartPort;
  /** The next one on the way to the root of the trunk. */
  #parent: PeerId | undefined;
  /** Held eager in place of a parent, while there is none. */
  #substitute: PeerId | undefined;

  constructor(port: PartPort) {
    this.#port = port;
  }

  linked(peer: PeerId, now: number): void {
    this.links.set(peer, {
      isEager: false,
      isChild: false,
      grafts: new Bucket(GRAFTS_PER_S, GRAFTS_BURST, now),
      repeats: new Bucket(REPEATS_PER_S, REPEATS_BURST, now),
    });
    if (!this.#hasEager) this.#substituteBy(peer);
  }

  unlinked(peer: PeerId): void {
    const link = this.links.get(peer);
    this.links.delete(peer);
    if (link?.isEager) this.#keepOneEager(peer);
  }

  /** The next one on the way to the root is this one now; undefined: we are the root, or alone. */
  rooted(parent: PeerId | undefined): void {
    const before = this.#parent;
    this.#parent = parent;
    if (parent === before && (parent === undefined || this.links.get(parent)?.isEager !== false)) return;
    if (before !== parent) this.#release(before);
    if (parent === undefined) return;
    if (this.#substitute !== parent) this.#release(this.#substitute);
    this.#substitute = undefined;
    this.graft(parent, []);
  }

  /** The other end wants the link to be eager. */
  grafted(link: TreeLink, isTrunk: boolean): void {
    link.isEager = true;
    if (isTrunk) link.isChild = true;
  }

  /** The other end wants the link to be lazy. */
  pruned(peer: PeerId, link: TreeLink): void {
    link.isChild = false;
    if (!link.isEager) return;
    link.isEager = false;
    if (peer === this.#parent) this.graft(peer, []);
    else this.#keepOneEager(peer);
  }

  /** An item came over two links: one of them is too many, and never one of the trunk's. */
  repeated(again: PeerId, first: PeerId): void {
    // What came again is pruned also when it is lazy here: then the other end does not know.
    if (!this.#isTrunk(again)) this.#prune(again);
    else if (!this.#isTrunk(first) && this.links.get(first)?.isEager) this.#prune(first);
  }

  /** Makes a link eager at both ends. @param ids what is wanted of it now; none for a link of the trunk */
  graft(peer: PeerId, ids: readonly ItemId[]): void {
    const link = this.links.get(peer);
    if (link === undefined) return;
    link.isEager = true;
    this.grafts++;
    this.#port.send(peer, FrameType.Graft, graftFrame.encode(ids));
  }

  /** Links that are announced to: the ring's edges, then those that have been there the longest. */
  get lazy(): Set<PeerId> {
    const lazy = new Set(this.edges.filter((peer) => this.links.get(peer)?.isEager === false));
    for (const [peer, { isEager }] of this.links) {
      if (lazy.size >= LAZY_LINKS_MAX) break;
      if (!isEager) lazy.add(peer);
    }
    return lazy;
  }

  get #hasEager(): boolean {
    for (const link of this.links.values()) if (link.isEager) return true;
    return false;
  }

  #prune(peer: PeerId): void {
    const link = this.links.get(peer);
    if (link === undefined) return;
    link.isEager = false;
    this.prunes++;
    this.#port.send(peer, FrameType.Prune, NOTHING);
  }

  #isTrunk(peer: PeerId): boolean {
    return peer === this.#parent || this.links.get(peer)?.isChild === true;
  }

  /** It is not the way to the root any more. */
  #release(peer: PeerId | undefined): void {
    const link = peer === undefined ? undefined : this.links.get(peer);
    if (peer !== undefined && link?.isEager && !link.isChild) this.#prune(peer);
  }

  #substituteBy(peer: PeerId): void {
    this.#substitute = peer;
    this.graft(peer, []);
  }

  /** A peer without an eager link would hear of everything late. */
  #keepOneEager(except: PeerId): void {
    if (this.#hasEager) return;
    for (const peer of [...this.edges, ...this.links.keys()]) {
      if (peer === except || !this.links.has(peer)) continue;
      this.#substituteBy(peer);
      return;
    }
  }
}
