import { ABSENT_MAX, LOST_WITNESSES, UNSERVED_MAX, UNSERVED_MS } from '../constants.js';
import type { PeerId } from '../types.js';

/** Partners of whom broken promises are remembered, also when they are gone: coming back does not clear a name. */
const LIARS_MAX = 1_024;

/**
 * What partners could not hand over. Two different things are remembered: heads that promised more than came, which
 * keeps a liar from being asked for the same again and again; and what nobody seems to have any more.
 */
export class Promises {
  /** By partner: what was promised in vain, and when that is forgotten. */
  readonly #broken = new Map<PeerId, Map<string, number>>();
  /** By feed: who lacks the beginning of it, and up to where all of them do. */
  readonly #absent = new Map<string, { readonly peers: Set<PeerId>; below: number }>();

  /** Whether heads of that partner are still looked at. */
  trusts(peer: PeerId, now: number): boolean {
    const broken = this.#broken.get(peer);
    if (broken === undefined || broken.size < UNSERVED_MAX) return true;
    for (const [key, until] of broken) if (until <= now) broken.delete(key);
    return broken.size < UNSERVED_MAX;
  }

  /** `key` is a feed in a set. */
  hasBroken(peer: PeerId, key: string, now: number): boolean {
    return (this.#broken.get(peer)?.get(key) ?? 0) > now;
  }

  broke(peer: PeerId, key: string, now: number): void {
    let broken = this.#broken.get(peer);
    if (broken === undefined) {
      makeRoom(this.#broken, LIARS_MAX);
      broken = new Map();
      this.#broken.set(peer, broken);
    }
    broken.delete(key);
    makeRoom(broken, UNSERVED_MAX);
    broken.set(key, now + UNSERVED_MS);
  }

  /**
   * A partner does not have what is below `first`. @returns below which number enough partners have nothing, or 0
   */
  absent(peer: PeerId, key: string, first: number): number {
    let known = this.#absent.get(key);
    if (known === undefined) {
      makeRoom(this.#absent, ABSENT_MAX);
      known = { peers: new Set(), below: first };
      this.#absent.set(key, known);
    }
    known.peers.add(peer);
    known.below = Math.min(known.below, first);
    if (known.peers.size < LOST_WITNESSES) return 0;
    this.#absent.delete(key);
    return known.below;
  }
}

/** Forgets the oldest of a map that is full. */
function makeRoom(map: Map<string, unknown>, max: number): void {
  for (const oldest of map.keys()) {
    if (map.size < max) return;
    map.delete(oldest);
  }
}
