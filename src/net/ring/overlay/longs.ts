import {
  EVERYBODY_LINKED_UNTIL,
  FIND_TIMEOUT_MS,
  LONG_LINKS_MAX,
  LONG_LINKS_MIN,
  RING_PLACES,
} from '../constants.js';
import { ahead, type Place } from '../place.js';
import type { Chance } from './chance.js';
import type { Around } from './frames.js';
import type { Acquaintance, Known } from './known.js';

/** Between two look-ups, on average. */
const EVERY_MS = 500;
/** A link keeps its place in the world until the ring is so many times larger or smaller than when it was drawn. */
const STALE_FACTOR = 4;

interface LongsPort {
  /** Of the whole ring, estimated. */
  size(): number;
  find(place: Place, done: (around: Around | undefined, now: number) => void, now: number): void;
  /** Another one is chosen: it wants a link. */
  chose(now: number): void;
}

/**
 * Long links at harmonic distances (Symphony): drawn so that every octave of the ring is as likely as any other,
 * which is what makes greedy routing quick. They are used from both ends.
 */
export class Longs {
  readonly #port: LongsPort;
  readonly #self: Place;
  readonly #acquaintance: Acquaintance;
  readonly #chance: Chance;
  readonly #chosen = new Map<Known, number>();
  #at = Number.POSITIVE_INFINITY;

  constructor(port: LongsPort, self: Place, acquaintance: Acquaintance, chance: Chance) {
    this.#port = port;
    this.#self = self;
    this.#acquaintance = acquaintance;
    this.#chance = chance;
  }

  get chosen(): IterableIterator<Known> {
    return this.#chosen.keys();
  }

  has(known: Known): boolean {
    return this.#chosen.has(known);
  }

  drop(known: Known, now: number): void {
    if (this.#chosen.delete(known)) this.wake(now);
  }

  /** The ring has another size, or a link was lost: look whether one more is needed. */
  wake(now: number): void {
    if (this.#chosen.size < countFor(this.#port.size()))
      this.#at = Math.min(this.#at, now + this.#chance.around(EVERY_MS));
    else if (this.#chosen.size > countFor(this.#port.size())) this.#at = now;
  }

  tick(now: number): void {
    if (now < this.#at) return;
    this.#at = Number.POSITIVE_INFINITY;
    const size = this.#port.size();
    for (const [known, drawnAt] of this.#chosen) {
      const stale = size > drawnAt * STALE_FACTOR || size * STALE_FACTOR < drawnAt;
      if (stale || this.#chosen.size > countFor(size)) this.#chosen.delete(known);
    }
    if (this.#chosen.size >= countFor(size)) return;
    this.#at = now + FIND_TIMEOUT_MS;
    const way = RING_PLACES * size ** (this.#chance.unit() - 1);
    this.#port.find(ahead(this.#self, Math.floor(way)), (around, at) => this.#found(around, at), now);
  }

  deadline(): number {
    return this.#at;
  }

  #found(around: Around | undefined, now: number): void {
    const [contact] = around?.successors ?? [];
    const known = contact === undefined ? undefined : this.#acquaintance.meet(contact);
    if (known?.alive && known.restsUntil <= now && !this.#chosen.has(known)) {
      this.#chosen.set(known, this.#port.size());
      this.#port.chose(now);
    }
    this.#at = Number.POSITIVE_INFINITY;
    this.wake(now);
  }
}

/** None while everybody is linked to everybody. */
function countFor(size: number): number {
  if (size <= EVERYBODY_LINKED_UNTIL) return 0;
  return Math.min(LONG_LINKS_MAX, Math.max(LONG_LINKS_MIN, Math.round(Math.log2(size)) - 2));
}
