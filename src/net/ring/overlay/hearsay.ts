import { SUCCESSORS_LINKED } from '../constants.js';
import type { Contact } from '../types.js';
import type { Around } from './frames.js';
import { Known } from './known.js';
import type { Shared } from './shared.js';

/** Of all whom a list names, so many are tried on either side of us. */
const NEAREST_TRIED = 3;
/** Peers that are tried on hearsay at once: a liar can name more than anybody could dial. */
const TRIED_MAX = 32;

/**
 * What others say about others. Nobody becomes a pointer by it: the nearest of those who would be one are dialled,
 * and adopted once they answer themselves.
 */
export class Hearsay {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  around({ predecessor, successors }: Around, now: number): void {
    const { self, acquaintance, pointers } = this.#shared;
    const [first, last] = this.#bounds();
    const near: Known[] = [];
    for (const contact of predecessor === undefined ? successors : [predecessor, ...successors]) {
      if (contact.id === self.id) continue;
      const before = acquaintance.get(contact.id);
      if (before !== undefined && (before.linked || before.restsUntil > now || !before.alive)) continue;
      const known = before ?? new Known(self.place, contact);
      if (known.way > first && known.way < last) continue;
      if (pointers.isNear(known) && !pointers.holds(known)) near.push(known);
    }
    near.sort((a, b) => a.way - b.way);
    for (const [index, { contact }] of near.entries())
      if (index < NEAREST_TRIED || index >= near.length - NEAREST_TRIED) this.one(contact, now);
  }

  /**
   * Nobody is tried behind the third who is linked clockwise, and before the second one counter-clockwise, though
   * our list does not say so yet: whoever comes anew is told of many at once.
   */
  #bounds(): readonly [first: number, last: number] {
    const ways: number[] = [];
    for (const known of this.#shared.acquaintance.all) if (known.usable) ways.push(known.way);
    ways.sort((a, b) => a - b);
    return [ways[SUCCESSORS_LINKED - 1] ?? Number.POSITIVE_INFINITY, ways.at(-2) ?? 0];
  }

  /** @returns false when too many are tried already */
  one(contact: Contact, now: number): boolean {
    const { acquaintance, counters } = this.#shared;
    let tried = 0;
    for (const known of acquaintance.all) if (known.triedUntil > now && !known.linked) tried++;
    if (tried >= TRIED_MAX) {
      counters.refused++;
      return false;
    }
    const known = acquaintance.meet(contact);
    if (known !== undefined) this.#shared.attempt(known, now);
    return true;
  }
}
