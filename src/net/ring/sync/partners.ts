import { SYNC_AGAIN_MS, SYNC_EDGE_MS, SYNC_HURRY_MS, SYNC_PERIOD_MS } from '../constants.js';
import type { PeerId } from '../types.js';

/** Links that are compared over as soon as they are there: whoever comes anew fetches everything once, not from several. */
const FIRST_LINKS = 1;

/**
 * With whom to compare next. The ring's two edges are where everything must go by at the latest; the other links
 * make it quick, since over them a difference is known to all within log2 N rounds. So they take turns.
 */
export class Partners {
  readonly #random: (below: number) => number;
  /** When a round with each was begun last, by whichever side. */
  readonly #links = new Map<PeerId, number>();
  #edges: readonly PeerId[] = [];
  /** Edges that were not compared with since they became edges. */
  readonly #fresh = new Set<PeerId>();
  /** When the last round with anybody was begun. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #first = 0;
  #isHurried = false;
  /** When the next round is due; Infinity without links. */
  dueAt = Number.POSITIVE_INFINITY;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  has(peer: PeerId): boolean {
    return this.#links.has(peer);
  }

  /** @returns whether to compare with it at once */
  linked(peer: PeerId, now: number): boolean {
    this.#links.set(peer, Number.NEGATIVE_INFINITY);
    if (this.dueAt === Number.POSITIVE_INFINITY) this.dueAt = now + this.#random(SYNC_PERIOD_MS);
    this.#first++;
    return this.#first <= FIRST_LINKS || this.#edges.includes(peer);
  }

  unlinked(peer: PeerId): void {
    this.#links.delete(peer);
    if (this.#links.size > 0) return;
    this.dueAt = Number.POSITIVE_INFINITY;
    this.#first = 0;
  }

  /** The ring's two edges: those that are new get their turn first, once they have been edges for a while. */
  edges(peers: readonly PeerId[], now: number): void {
    const before = this.#edges;
    this.#edges = [...peers];
    for (const peer of this.#fresh) if (!peers.includes(peer)) this.#fresh.delete(peer);
    for (const peer of peers) if (!before.includes(peer)) this.#fresh.add(peer);
    if (this.#fresh.size > 0 && this.#links.size > 0)
      this.dueAt = Math.min(this.dueAt, Math.max(now + SYNC_EDGE_MS, this.#lastAt + SYNC_AGAIN_MS));
  }

  /** Something is missing that cannot wait for the next period. */
  hurry(now: number): void {
    if (this.#links.size === 0) return;
    this.#isHurried = true;
    this.dueAt = Math.min(this.dueAt, now + SYNC_HURRY_MS);
  }

  /** Whether a round with that partner may begin. */
  isRested(peer: PeerId, now: number): boolean {
    const begun = this.#links.get(peer);
    return begun !== undefined && now - begun >= SYNC_AGAIN_MS;
  }

  /** By either side: both fetch what they lack. */
  begun(peer: PeerId, now: number): void {
    this.#fresh.delete(peer);
    this.#lastAt = now;
    this.#links.set(peer, now);
  }

  /** Whose turn it is; undefined when all had one lately. */
  next(now: number): PeerId | undefined {
    const rested = [...this.#links.keys()].filter((peer) => this.isRested(peer, now));
    if (rested.length === 0 && this.#isHurried) {
      this.dueAt = now + SYNC_HURRY_MS;
      return undefined;
    }
    this.#isHurried = false;
    // A third more or less, so that a ring that was started at once does not stay in step.
    this.dueAt = now + (SYNC_PERIOD_MS * 2) / 3 + this.#random((SYNC_PERIOD_MS * 2) / 3);
    const fresh = rested.find((peer) => this.#fresh.has(peer));
    if (fresh !== undefined) {
      // There may be another one.
      this.dueAt = Math.min(this.dueAt, now + SYNC_AGAIN_MS);
      return fresh;
    }
    this.#turn++;
    const edges = this.#edges.filter((peer) => rested.includes(peer));
    const some = this.#turn % 2 === 0 && edges.length > 0 ? edges : rested;
    return some[this.#random(some.length)];
  }
}
