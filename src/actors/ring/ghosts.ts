import { PeerState } from '../../net/ring/constants.js';
import { isBetween, type Place } from '../../net/ring/place.js';
import type { Contact, Neighbourhood, PeerId } from '../../net/ring/types.js';
import type { Roster } from './roster.js';

/** Somebody who is nobody's neighbour in so many looks on end, a minute, is not there: joining takes seconds. */
const LOOKS = 12;
/** Each time they refute it, it takes twice as many, up to an hour. */
const LOOKS_MAX = 720;
const REFUTED_MAX = 1_000;
/** A longer pause than this between two looks was a sleep: what was seen before it says nothing. */
const PAUSE_MS = 15_000;

export interface GhostsPort {
  readonly roster: Roster;
  neighbourhood(): Neighbourhood;
  /** Frames flow to that peer, and nobody suspects it. */
  isLive(peer: PeerId): boolean;
  /** Somebody else says that there is a link with whoever is there: we may only be deaf to them. */
  isMet(place: Place): boolean;
  /** Others are to be told that it is dead. */
  died(peer: Contact): void;
}

/**
 * Finds those who say that they are here and are not: keys that somebody made up, and whoever died while nobody that is
 * left was linked with them.
 *
 *     predecessor --------- self --------- first successor
 *                  nobody          nobody
 *
 * A peer is linked with both its edges, so whoever has a place between it and one of them, and is there, would be that
 * edge. Only of those it tells, one in each look, which is as much as others hear of one reporter. It is said by an
 * ordinary death notice: somebody living refutes it with their next record before it is seen anywhere.
 */
export class Ghosts {
  readonly #port: GhostsPort;
  /** How often on end each was missing. */
  #missing = new Map<PeerId, number>();
  /** How many looks those take who have been told of before. */
  readonly #patience = new Map<PeerId, number>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(port: GhostsPort) {
    this.#port = port;
  }

  /** To be called every 5 s. */
  look(now: number): void {
    const before = now - this.#lookedAt > PAUSE_MS ? new Map<PeerId, number>() : this.#missing;
    this.#lookedAt = now;
    const missing = new Map<PeerId, number>();
    let ghost: Contact | undefined;
    for (const contact of this.#strangers()) {
      const looks = (before.get(contact.id) ?? 0) + 1;
      missing.set(contact.id, looks);
      if (looks >= (this.#patience.get(contact.id) ?? LOOKS)) ghost ??= contact;
    }
    this.#missing = missing;
    if (ghost !== undefined) this.#tell(ghost);
  }

  #tell(ghost: Contact): void {
    const { id } = ghost;
    const patience = Math.min(LOOKS_MAX, 2 * (this.#patience.get(id) ?? LOOKS));
    this.#missing.delete(id);
    this.#patience.delete(id);
    this.#patience.set(id, patience);
    const [oldest] = this.#patience.keys();
    if (this.#patience.size > REFUTED_MAX && oldest !== undefined) this.#patience.delete(oldest);
    this.#port.died(ghost);
  }

  /** Who is said to be here, at a place where this peer would know them. */
  #strangers(): Contact[] {
    const { roster, neighbourhood, isLive, isMet } = this.#port;
    const { self, successors, predecessor } = neighbourhood();
    const [successor] = successors;
    const [first, last] = [successor, predecessor].map((edge) =>
      edge !== undefined && isLive(edge.id) ? edge.place : undefined,
    );
    const known = new Set(successors.map(({ id }) => id));
    const isOurs = (place: Place): boolean =>
      (first !== undefined && isBetween(place, self.place, first)) ||
      (last !== undefined && isBetween(place, last, self.place));
    const found: Contact[] = [];
    for (const { record, death } of roster.all) {
      const { contact, state } = record;
      if (death !== undefined || state === PeerState.Left || contact.id === self.id) continue;
      if (!isOurs(contact.place) || known.has(contact.id) || isLive(contact.id)) continue;
      if (!isMet(contact.place)) found.push(contact);
    }
    return found;
  }
}
