import { EVICTED_MS, STABILISE_MS } from '../constants.js';
import type { Contact } from '../types.js';
import type { Known } from './known.js';
import type { Longs } from './longs.js';
import { Needs } from './needs.js';
import type { Probes } from './probes.js';
import { Rounds } from './rounds.js';
import type { Shared } from './shared.js';
import type { Telling } from './telling.js';
import type { Visits } from './visits.js';

/** Whoever is tried has so long to show what they are good for. */
const TRIAL_MS = 5_000;
/** Pointers are made anew so long after the first of the changes that give reason to: a burst is thought through once. */
const LOOK_DELAY_MS = 20;

/** The pieces that upkeep moves. */
export interface Kept {
  readonly probes: Probes;
  readonly telling: Telling;
  readonly longs: Longs;
  readonly visits: Visits;
}

/** Keeps pointers and links as they should be: once a second anyway, and whenever something is another way than it was. */
export class Upkeep {
  readonly #shared: Shared;
  readonly #kept: Kept;
  readonly #needs: Needs;
  readonly #rounds: Rounds;
  /** Links are wanted for which there was no budget. */
  #waits = false;
  #lookAt = Number.POSITIVE_INFINITY;
  #stabiliseAt = Number.POSITIVE_INFINITY;

  constructor(shared: Shared, kept: Kept) {
    this.#shared = shared;
    this.#kept = kept;
    const { port, acquaintance, pointers, counters } = shared;
    this.#rounds = new Rounds(pointers, acquaintance);
    const needs = {
      dial: (contact: Contact) => port.dial(contact),
      release: (known: Known) => this.#release(known),
      refused: () => {
        counters.refused++;
      },
    };
    this.#needs = new Needs(needs, acquaintance);
  }

  begin(now: number): void {
    this.#stabiliseAt = now + this.#shared.chance.unit() * STABILISE_MS;
    this.look(now);
  }

  look(now: number): void {
    if (this.#lookAt === Number.POSITIVE_INFINITY) this.#lookAt = now + LOOK_DELAY_MS;
  }

  attempt(known: Known, now: number): void {
    known.triedUntil = now + TRIAL_MS;
    this.look(now);
  }

  /** Before it is marked as linked. */
  linked(known: Known): void {
    this.#needs.linked(known);
  }

  /** It said goodbye. */
  left(known: Known, now: number): void {
    known.bury(now + EVICTED_MS);
    known.hasLeft = true;
    this.#kept.probes.detector.drop(known);
    this.#kept.longs.drop(known, now);
    this.#kept.visits.passive.remove(known.contact.id);
    this.look(now);
  }

  evicted(known: Known, now: number): void {
    known.bury(now + EVICTED_MS);
    this.#kept.longs.drop(known, now);
    this.look(now);
    if (!known.proven) return;
    this.#kept.visits.lost(known.contact, now);
    this.#shared.port.died(known.contact);
  }

  tick(now: number): void {
    if (this.#stabiliseAt <= now) this.#stabilise(now);
    if (this.#lookAt <= now) this.#settle(now);
  }

  deadline(): number {
    return Math.min(this.#lookAt, this.#stabiliseAt);
  }

  /** The neighbours are asked for their pointers, and one other peer whether it lives. */
  #stabilise(now: number): void {
    this.#stabiliseAt = Math.max(this.#stabiliseAt + STABILISE_MS, now + STABILISE_MS / 2);
    for (const known of this.#rounds.next(now)) this.#kept.probes.detector.doubt(known, now);
    this.#sweep(now);
    if (this.#waits || !this.#shared.pointers.hasJoined) this.look(now);
  }

  /** Pointers are made anew, and with them whom we need. */
  #settle(now: number): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const { pointers, port } = this.#shared;
    const { telling, longs, probes } = this.#kept;
    const before = pointers.head;
    const isNews = pointers.remake(now);
    if (isNews) telling.newsSoon(now);
    if (pointers.head !== undefined && pointers.head !== before) {
      probes.detector.doubt(pointers.head, now);
      telling.greet(pointers.head);
    }
    for (const known of pointers.successors.stale) probes.detector.doubt(known, now);
    const wanted = pointers.wanted(now);
    this.#waits = this.#needs.meet(wanted, now);
    for (const known of wanted)
      if (known.needed && !known.linked && pointers.holds(known)) probes.detector.asked(known, 0, now);
    longs.wake(now);
    const { version } = pointers;
    if (pointers.judge(now, this.#isSeeking(now)) || isNews) port.changed();
    // Its list counts from now on, or does not any more.
    if (pointers.version !== version) telling.newsSoon(now);
  }

  /** Somebody is dialled, was asked who is around our place, or was named for it and has not said anything yet. */
  #isSeeking(now: number): boolean {
    if (this.#kept.visits.isAsking || this.#shared.port.isMeeting()) return true;
    for (const known of this.#shared.acquaintance.all)
      if (known.triedUntil > now && known.alive && known.view === undefined) return true;
    return false;
  }

  /** Whoever is not even dialled any more cannot answer. */
  #release(known: Known): void {
    if (!known.linked && known.health !== 'suspect') this.#kept.probes.detector.drop(known);
    this.#shared.port.release(known.contact.id);
  }

  /** Forgets whoever nothing hangs on any more. */
  #sweep(now: number): void {
    const { acquaintance, pointers } = this.#shared;
    const { longs, probes } = this.#kept;
    for (const known of [...acquaintance.all]) {
      if (known.triedUntil !== 0 && known.triedUntil <= now) {
        known.triedUntil = 0;
        this.look(now);
      }
      if (known.isIdle(now) && !pointers.holds(known) && !longs.has(known)) {
        probes.detector.drop(known);
        acquaintance.forget(known.contact.id);
      }
    }
  }
}
