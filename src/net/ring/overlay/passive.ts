import { PASSIVE_LOST_MAX, PASSIVE_MAX, REDIAL_FIRST_MS, REDIAL_MAX_MS } from '../constants.js';
import type { Contact, PeerId } from '../types.js';
import type { Chance } from './chance.js';

interface Kept {
  contact: Contact;
  /** It was linked and went away: perhaps the net was cut, and it lives on in the other half. */
  readonly lost: boolean;
  restsUntil: number;
  failures: number;
}

/**
 * Peers that are only remembered (HyParView's passive view), for the day when all links are gone. Those who were
 * lost have room of their own: once a net was cut for long, they alone lead back to the other half.
 */
export class Passive {
  readonly #chance: Chance;
  readonly #kept = new Map<PeerId, Kept>();

  constructor(contacts: readonly Contact[], chance: Chance) {
    this.#chance = chance;
    for (const contact of contacts) this.add(contact, false);
  }

  get contacts(): Contact[] {
    return [...this.#kept.values()].map(({ contact }) => contact);
  }

  get size(): number {
    return this.#kept.size;
  }

  get hasLost(): boolean {
    for (const { lost } of this.#kept.values()) if (lost) return true;
    return false;
  }

  add(contact: Contact, lost: boolean): void {
    const before = this.#kept.get(contact.id);
    if (before !== undefined && (before.lost || !lost)) {
      before.contact = contact;
      return;
    }
    this.#kept.delete(contact.id);
    this.#makeRoom(lost);
    this.#kept.set(contact.id, { contact, lost, restsUntil: 0, failures: 0 });
  }

  /** It is linked: nobody whom we would have to look for. */
  found(contact: Contact): void {
    const kept = this.#kept.get(contact.id);
    if (kept === undefined) return;
    this.#kept.delete(contact.id);
    this.add(contact, false);
  }

  /** Could not be reached: it is tried again ever more seldom, and forgotten when somebody else needs its room. */
  failed(id: PeerId, now: number): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    kept.restsUntil = now + Math.min(REDIAL_MAX_MS, REDIAL_FIRST_MS * 2 ** Math.min(kept.failures, 10));
    kept.failures++;
  }

  remove(id: PeerId): void {
    this.#kept.delete(id);
  }

  /** Whom to visit: somebody lost if there is one, else anybody. `isFree` says who is not linked or dialled. */
  next(now: number, isFree: (id: PeerId) => boolean): Contact | undefined {
    const free = [...this.#kept.values()].filter(
      ({ contact, restsUntil }) => restsUntil <= now && isFree(contact.id),
    );
    const lost = free.filter((kept) => kept.lost);
    const [drawn] = this.#chance.some(lost.length > 0 ? lost : free, 1);
    return drawn?.contact;
  }

  #makeRoom(lost: boolean): void {
    const same = [...this.#kept.values()].filter((kept) => kept.lost === lost);
    const limit = lost ? PASSIVE_LOST_MAX : PASSIVE_MAX - PASSIVE_LOST_MAX;
    if (same.length < limit) return;
    const worst = same.reduce((most, kept) => (kept.failures > most.failures ? kept : most));
    const victim = worst.failures > 0 ? worst : same[lost ? 0 : this.#chance.below(same.length)];
    if (victim !== undefined) this.#kept.delete(victim.contact.id);
  }
}
