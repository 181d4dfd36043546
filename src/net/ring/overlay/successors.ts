import {
  EVERYBODY_LINKED_UNTIL,
  RING_PLACES,
  SUCCESSORS_LINKED,
  SUCCESSORS_MAX,
  SUCCESSORS_MIN,
  SUCCESSORS_MORE,
} from '../../constants.js';
import { clockwise } from '../place.js';
import type { Contact, PeerId } from '../types.js';
import type { Acquaintance, Known } from './known.js';

/** Long lists are given up only at so many times the size at which they began: an estimate wavers. */
const WAVER = 1.4;

/** Somebody of the list, with the way there. */
interface Listed {
  readonly contact: Contact;
  readonly way: number;
}

/**
 * The successor list, made anew from what is known: whoever is linked and has told its own pointers, and behind
 * each of the first of them what it told. One list would do (Zave); three tell of everybody whom one of them
 * hides or does not know yet.
 *
 *     self ── a ─── b ── c ──── d ── e ── f ...      a, b, c linked; d, e, f told by a, b or c
 *             └─ told: b c d e
 *                   └─ told: c d e f
 *
 * What a peer tells counts only for the stretch between it and ourselves: so nobody who is gone can come back by
 * hearsay from the other side of a small ring, since the news of a death runs against that direction only.
 */
export class Successors {
  list: readonly Contact[] = [];
  /** Of the whole ring, with ourselves. */
  size = 1;
  readonly #self: Contact;
  readonly #acquaintance: Acquaintance;
  #length = SUCCESSORS_MAX;

  constructor(self: Contact, acquaintance: Acquaintance) {
    this.#self = self;
    this.#acquaintance = acquaintance;
  }

  /** @returns whether the list is another one now */
  remake(): boolean {
    const near: Known[] = [];
    for (const known of this.#acquaintance.all) if (isPointer(known)) near.push(known);
    near.sort((a, b) => a.way - b.way);
    const found = new Map<PeerId, Listed>();
    for (const { contact, way } of near) found.set(contact.id, { contact, way });
    let vouchers = 0;
    let covered = 0;
    for (const known of near) {
      if (!known.usable) continue;
      covered = Math.max(covered, this.#addTold(found, known));
      if (++vouchers === SUCCESSORS_LINKED) break;
    }
    const all = [...found.values()].filter(({ way }) => way <= covered).sort((a, b) => a.way - b.way);
    this.size = sizeOf(all, covered === RING_PLACES);
    this.#length = lengthFor(this.size, this.#length);
    const next = all.slice(0, this.#length).map(({ contact }) => contact);
    const same = isSame(this.list, next);
    this.list = next;
    return !same;
  }

  /** @returns how far it told of everybody; RING_PLACES: all the way round to us */
  #addTold(found: Map<PeerId, Listed>, teller: Known): number {
    let before = teller.way;
    for (const contact of teller.view?.successors ?? []) {
      const way = clockwise(this.#self.place, contact.place);
      // Behind ourselves, or out of order: from here on it says nothing about what is before us.
      if (way <= before) return RING_PLACES;
      before = way;
      const known = this.#acquaintance.get(contact.id);
      if (known?.health === 'dead' || found.has(contact.id)) continue;
      found.set(contact.id, { contact, way });
    }
    return before;
  }
}

/** Whoever is in a list of its own right: linked, or until a moment ago, and not known to be dead. */
function isPointer(known: Known): boolean {
  if (known.view === undefined || known.health === 'dead') return false;
  return known.linked || known.watch !== undefined || known.health === 'deaf';
}

/** Everybody when the lists came round; otherwise from how dense they are. */
function sizeOf(all: readonly Listed[], isRound: boolean): number {
  const last = all.at(-1);
  if (last === undefined) return 1;
  if (isRound) return all.length + 1;
  return Math.max(all.length + 1, Math.round((RING_PLACES * all.length) / last.way));
}

function lengthFor(size: number, length: number): number {
  const limit = length === SUCCESSORS_MAX ? EVERYBODY_LINKED_UNTIL * WAVER : EVERYBODY_LINKED_UNTIL;
  if (size <= limit) return SUCCESSORS_MAX;
  return Math.min(SUCCESSORS_MAX, Math.max(SUCCESSORS_MIN, Math.ceil(Math.log2(size)) + SUCCESSORS_MORE));
}

function isSame(a: readonly Contact[], b: readonly Contact[]): boolean {
  return a.length === b.length && a.every((contact, index) => contact.id === b[index]?.id);
}
