import { clockwise, distance, type Place, roughDistance } from '../place.js';
import type { Contact, PeerId } from '../types.js';
import type { View } from './frames.js';

/**
 * What one believes of a peer.
 *
 *     good      it answers, or nothing says that it would not
 *     suspect   neither it nor those who were asked to try have answered: dead in a moment, unless it is heard
 *     deaf      others hear it, we do not: no pointer of ours, but nobody's dead either
 *     dead      evicted; whatever it says itself brings it back
 */
export type Health = 'good' | 'suspect' | 'deaf' | 'dead';

/** How far an unanswered question has come (detector.ts). */
export interface Watch {
  /** Of the last question; what answers it measures the round trip. */
  number: number;
  stage: 'asked' | 'indirect' | 'suspect';
  askedAt: number;
  /** When this stage has lasted long enough. */
  until: number;
  /** Suspect: when it is asked once more. */
  againAt: number;
}

/** Somebody this peer is linked to, wants to be, or has reason to remember for a while. */
export class Known {
  contact: Contact;
  /** Clockwise from this peer. */
  readonly way: number;
  /** There is a live link. */
  linked = false;
  /** The port was told that a link is wanted. */
  needed = false;
  /** A link is wanted, but the budget for dials did not allow it yet. */
  waits = false;
  /** It was linked once: its key is proven, so its death is worth telling. */
  proven = false;
  health: Health = 'good';
  /** Monotonic ms; -Infinity before the first word. */
  heardAt = Number.NEGATIVE_INFINITY;
  rttMs = 0;
  watch: Watch | undefined;
  /** Its pointers as it told them last: whoever has none was never asked, and is nobody's successor. */
  view: View | undefined;
  /** The newest that it told over this link. */
  versionSeen = 0;
  /** When it said last that they are so. */
  toldAt = Number.NEGATIVE_INFINITY;
  /** Places of its links, roughly. */
  around: Uint32Array | undefined;
  /** Until when it wants to be told whenever our pointers change, and the version that it has. */
  followsUntil = 0;
  toldVersion = 0;
  /** Not to be dialled before, and how often in a row that failed. */
  restsUntil = 0;
  failures = 0;
  /** A link is wanted until then, whatever it turns out to be. */
  triedUntil = 0;
  /** It said goodbye: what it still sends does not bring it back, only a new link does. */
  hasLeft = false;
  /** To be asked, once linked, who is around our own place. */
  toVisit = false;

  constructor(self: Place, contact: Contact) {
    this.contact = contact;
    this.way = clockwise(self, contact.place);
  }

  /** Linked and believed in: what pointers and routes are made of. */
  get usable(): boolean {
    return this.linked && this.health === 'good';
  }

  /** Nobody we know of says that it is not. */
  get alive(): boolean {
    return this.health !== 'dead';
  }

  /** There is a link to it: what it told over the last one is old. */
  begin(contact: Contact): void {
    this.contact = contact;
    this.linked = true;
    this.proven = true;
    this.hasLeft = false;
    this.versionSeen = 0;
    this.around = undefined;
  }

  /** The link is gone. */
  end(): void {
    this.linked = false;
    this.needed = false;
    this.around = undefined;
    this.followsUntil = 0;
  }

  /** Counts for nothing, and is not dialled before then. */
  bury(until: number): void {
    this.health = 'dead';
    this.view = undefined;
    this.triedUntil = 0;
    this.restsUntil = until;
  }

  /** No link, no wish for one, and nothing to remember: may be forgotten, unless it is a pointer. */
  isIdle(now: number): boolean {
    if (this.linked || this.needed || this.waits || this.triedUntil !== 0) return false;
    return this.watch === undefined && (this.restsUntil <= now || this.health === 'deaf');
  }

  /** How near it, or one of its links, is to a place. */
  nearest(place: Place): number {
    let best = distance(this.contact.place, place);
    if (this.around === undefined) return best;
    for (const other of this.around) {
      const way = roughDistance(other, place);
      if (way < best) best = way;
    }
    return best;
  }
}

/** Everybody known, by id. */
export class Acquaintance {
  readonly #self: Contact;
  readonly #known = new Map<PeerId, Known>();
  /** The same, for those who look at all of them: an array is gone through five times as fast. */
  readonly #all: Known[] = [];

  constructor(self: Contact) {
    this.#self = self;
  }

  get all(): readonly Known[] {
    return this.#all;
  }

  get(id: PeerId): Known | undefined {
    return this.#known.get(id);
  }

  /** Undefined for oneself. */
  meet(contact: Contact): Known | undefined {
    const known = this.#known.get(contact.id);
    if (known !== undefined) return known;
    if (contact.id === this.#self.id) return undefined;
    const fresh = new Known(this.#self.place, contact);
    this.#known.set(contact.id, fresh);
    this.#all.push(fresh);
    return fresh;
  }

  forget(id: PeerId): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    this.#all.splice(this.#all.indexOf(known), 1);
  }
}
