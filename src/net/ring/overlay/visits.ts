import { SUCCESSORS_LINKED, VISIT_ALONE_MS, VISIT_LOST_MS, VISIT_MS } from '../constants.js';
import type { Contact, PeerId } from '../types.js';
import type { Finds } from './finds.js';
import type { View } from './frames.js';
import type { Hearsay } from './hearsay.js';
import type { Known } from './known.js';
import { Passive } from './passive.js';
import type { Shared } from './shared.js';

/** Of the peers of last time, so many are tried at once while one is alone. */
const TRIED_ALONE = 4;

/**
 * Now and then somebody is visited whom we only remember, and asked who is around our own place. In our own ring
 * the answer is nobody new. In another ring, one that a cut net has made or that began elsewhere, it is who must
 * be our neighbours when the two become one; and they learn of us when we link to them.
 */
export class Visits {
  readonly passive: Passive;
  readonly #shared: Shared;
  readonly #finds: Finds;
  readonly #hearsay: Hearsay;
  #at = Number.POSITIVE_INFINITY;
  /** Questions without an answer yet. */
  #asking = 0;

  /** @param passive peers of last time */
  constructor(shared: Shared, finds: Finds, hearsay: Hearsay, passive: readonly Contact[]) {
    this.#shared = shared;
    this.#finds = finds;
    this.#hearsay = hearsay;
    this.passive = new Passive(passive, shared.chance);
  }

  /** Whether an answer is still waited for. */
  get isAsking(): boolean {
    return this.#asking > 0;
  }

  begin(now: number): void {
    this.#at = now;
  }

  /** Was linked and is gone: perhaps only cut off. */
  lost(contact: Contact, now: number): void {
    this.passive.add(contact, true);
    this.#at = Math.min(this.#at, now + this.#shared.chance.around(VISIT_LOST_MS));
  }

  visit(known: Known, now: number): void {
    known.restsUntil = 0;
    if (known.health === 'dead') known.health = 'good';
    known.toVisit = true;
    this.#shared.attempt(known, now);
    this.linked(known, now);
  }

  /** Asks what it was dialled for. */
  linked(known: Known, now: number): void {
    if (!known.linked || !known.toVisit) return;
    known.toVisit = false;
    const { self } = this.#shared;
    this.#asking++;
    this.#finds.find(
      self.place,
      (around, at) => {
        this.#asking--;
        if (around !== undefined) this.#hearsay.around(around, at);
        this.#catchUp(at);
        this.#shared.look(at);
      },
      now,
      known.contact.id,
    );
  }

  /** Somebody told its pointers. A newcomer that has asked who is around its place knocks at no door before it is told. */
  told(view: View, now: number): void {
    if (!this.#isWaiting) this.#hearsay.around(view, now);
  }

  get #isWaiting(): boolean {
    return this.isAsking && !this.#shared.pointers.hasJoined;
  }

  /**
   * What the first successors told while a newcomer waited counts once it is answered: whoever answered may be a newcomer
   * too, and pass over somebody whom they know.
   */
  #catchUp(now: number): void {
    const { acquaintance, pointers } = this.#shared;
    if (this.#isWaiting || pointers.hasJoined) return;
    for (const { id } of pointers.successors.list.slice(0, SUCCESSORS_LINKED)) {
      const view = acquaintance.get(id)?.view;
      if (view !== undefined) this.#hearsay.around(view, now);
    }
  }

  tick(now: number): void {
    if (this.#at > now) return;
    const { chance, pointers, acquaintance } = this.#shared;
    const isAlone = pointers.successors.list.length === 0;
    const pauseMs = this.passive.hasLost ? VISIT_LOST_MS : VISIT_MS;
    this.#at = now + chance.around(isAlone ? VISIT_ALONE_MS : pauseMs);
    const isFree = (id: PeerId) => {
      const known = acquaintance.get(id);
      return known === undefined || (!known.linked && !known.needed && known.triedUntil <= now);
    };
    for (let count = 0; count < (isAlone ? TRIED_ALONE : 1); count++) {
      const contact = this.passive.next(now, isFree);
      const known = contact === undefined ? undefined : acquaintance.meet(contact);
      if (known === undefined) return;
      this.visit(known, now);
    }
  }

  deadline(): number {
    return this.#at;
  }
}
