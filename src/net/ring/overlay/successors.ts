import {
  EVERYBODY_LINKED_UNTIL,
  RING_PLACES,
  SUCCESSORS_LINKED,
  SUCCESSORS_MAX,
  SUCCESSORS_MIN,
  SUCCESSORS_MORE,
} from '../constants.js';
import { clockwise } from '../place.js';
import type { Contact } from '../types.js';
import type { Acquaintance, Known } from './known.js';

/** Long lists are given up only at so many times the size at which they began: an estimate wavers. */
const WAVER = 1.4;
/** What was told before that is asked again before it counts. */
const FRESH_MS = 15_000;

/** Somebody of the list, with the way there. */
interface Listed {
  readonly contact: Contact;
  readonly way: number;
}

/**
 * The successor list, made anew from what is known: whoever is linked and has told its own pointers, and behind
 * the first of them what these told. One list would do (Zave); three tell of everybody whom one of them
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
  /** The first who are linked and tell: at most SUCCESSORS_LINKED. */
  tellers: readonly Known[] = [];
  /** Who would be among them, had they said lately how things are. */
  stale: readonly Known[] = [];
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
  remake(now: number): boolean {
    const near = this.#acquaintance.all.filter(isThere).sort(byWay);
    const usable = near.filter((known) => known.usable);
    this.stale = usable.slice(0, SUCCESSORS_LINKED).filter((known) => !isFresh(known, now));
    const speakers = near.filter(tells);
    const found: Listed[] = [];
    const kept = this.#keep(speakers[0]?.way ?? RING_PLACES, found, now);
    const covered = this.#ask(speakers, kept, found, now);
    const horizon = this.tellers.at(-1)?.way ?? RING_PLACES;
    for (const known of near) if (known.view !== undefined && known.way <= horizon) found.push(known);
    found.sort(byWay);
    const all: Contact[] = [];
    let way = 0;
    for (const listed of found) {
      if (listed.way > covered) break;
      if (listed.contact.id === all.at(-1)?.id) continue;
      all.push(listed.contact);
      way = listed.way;
    }
    this.size = sizeOf(all.length, way, covered === RING_PLACES);
    this.#length = lengthFor(this.size, this.#length);
    const next = all.slice(0, this.#length);
    const same = isSame(this.list, next);
    if (!same) this.list = next;
    return !same;
  }

  /**
   * Takes those of the list before the first who tells now: whoever told of them is gone, and the next may stand far
   * behind them. They stay until they turn out to be gone too, as a list loses only its dead (Zave); they are being
   * dialled.
   * @returns how far the list told of everybody; undefined when nobody of it stands before `first`
   */
  #keep(first: number, found: Listed[], now: number): number | undefined {
    let last = 0;
    for (const contact of this.list) {
      last = clockwise(this.#self.place, contact.place);
      if (last >= first) break;
      const known = this.#acquaintance.get(contact.id);
      if (known === undefined || isOrphan(known, now)) found.push({ contact, way: last });
    }
    return found.length === 0 ? undefined : Math.min(last, first);
  }

  /**
   * Chooses the tellers, and takes what they told. Each has joined, and stands within the stretch of which those before
   * it told, or says that its predecessor does, which shows whom the others hide. Beyond that a linked peer may have any
   * number of others before it.
   * @param kept how far the list before told of everybody
   * @returns how far everybody is told of; RING_PLACES: all the way round to us
   */
  #ask(speakers: readonly Known[], kept: number | undefined, found: Listed[], now: number): number {
    const tellers: Known[] = [];
    let covered = kept;
    for (const known of speakers) {
      if (covered !== undefined && !this.#follows(known, covered)) break;
      if (!known.usable) {
        if (tellers.length > 0) continue;
        // Silent, all of them so far: what they told before is all we know of the stretch behind them.
        covered = Math.max(covered ?? 0, this.#addTold(found, known, false));
        continue;
      }
      if (tellers.length === SUCCESSORS_LINKED) break;
      const fresh = isFresh(known, now);
      if (!fresh && tellers.length > 0) continue;
      covered = Math.max(covered ?? 0, this.#addTold(found, known, fresh));
      tellers.push(known);
    }
    this.tellers = tellers;
    return covered ?? RING_PLACES;
  }

  #follows(known: Known, covered: number): boolean {
    if (known.way <= covered) return true;
    const predecessor = known.view?.predecessor;
    return predecessor !== undefined && clockwise(this.#self.place, predecessor.place) <= covered;
  }

  /** @returns how far it told of everybody; of the whole ring only if that is not long ago, when it may have been small */
  #addTold(found: Listed[], teller: Known, fresh: boolean): number {
    let before = teller.way;
    for (const contact of teller.view?.successors ?? []) {
      const way = clockwise(this.#self.place, contact.place);
      // Behind ourselves, or out of order: from here on it says nothing about what is before us.
      if (way <= before) return fresh ? RING_PLACES : before;
      before = way;
      if (this.#acquaintance.get(contact.id)?.health !== 'dead') found.push({ contact, way });
    }
    return before;
  }
}

const isFresh = (known: Known, now: number) => known.toldAt > now - FRESH_MS;

const byWay = (a: Listed, b: Listed) => a.way - b.way;

/** Whoever is in a list of its own right, once it has told: linked, or until a moment ago, and not known to be dead. */
function isThere(known: Known): boolean {
  if (!known.proven || known.health === 'dead') return false;
  return known.linked || known.watch !== undefined || known.health === 'deaf';
}

/** It has pointers to tell of, and joined to have them. */
const tells = ({ view }: Known) => view !== undefined && !view.isJoining;

/** Told of, and neither met since nor tried in vain. Whoever has told us anything stands for itself. */
function isOrphan({ view, alive, linked, restsUntil }: Known, now: number): boolean {
  return view === undefined && alive && (linked || restsUntil <= now);
}

/** Everybody when the lists came round; otherwise from how dense they are, `count` peers within `way`. */
function sizeOf(count: number, way: number, isRound: boolean): number {
  if (isRound || count === 0) return count + 1;
  return Math.max(count + 1, Math.round((RING_PLACES * count) / way));
}

function lengthFor(size: number, length: number): number {
  const limit = length === SUCCESSORS_MAX ? EVERYBODY_LINKED_UNTIL * WAVER : EVERYBODY_LINKED_UNTIL;
  if (size <= limit) return SUCCESSORS_MAX;
  return Math.min(SUCCESSORS_MAX, Math.max(SUCCESSORS_MIN, Math.ceil(Math.log2(size)) + SUCCESSORS_MORE));
}

function isSame(a: readonly Contact[], b: readonly Contact[]): boolean {
  return a.length === b.length && a.every((contact, index) => contact.id === b[index]?.id);
}
