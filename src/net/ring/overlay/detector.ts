import {
  PROBE_DIAL_TIMEOUT_MS,
  PROBE_FOR_TIMEOUT_MS,
  PROBE_TIMEOUT_MS,
  REDIAL_FIRST_MS,
  REDIAL_MAX_MS,
  STABILISE_MS,
  SUSPECT_MS,
} from '../constants.js';
import type { Known } from './known.js';

/** Of a link that was not measured yet. */
const RTT_GUESS_MS = 300;
/** A tick so late says that this process stood still: nobody else is to blame for what was not heard meanwhile. */
const STALLED_MS = 1_000;

export interface DetectorPort {
  /** Asks a linked peer anything that it has to answer with that number. */
  ask(known: Known, number: number): void;
  /** Has others try. @returns false when nobody is there who could */
  askOthers(known: Known, number: number): boolean;
  /** It has not answered in time; others are being asked. */
  missed(known: Known, now: number): void;
  /** Its health is another one now. */
  turned(known: Known, was: Known['health'], now: number): void;
}

/**
 * Who is alive, as SWIM finds it out, with suspicion that the suspect may refute:
 *
 *     asked ─(no answer)─> others are asked ─(none of them)─> suspect ─(SUSPECT_MS)─> dead
 *       │                        │                              │
 *       └─ answer: good          └─ "it answers me": deaf       └─ any word of it: good, and asked again
 *
 * Whoever is deaf is asked again at growing intervals.
 */
export class Detector {
  readonly #port: DetectorPort;
  readonly #watched = new Set<Known>();
  readonly #deaf = new Set<Known>();
  #number = 0;
  #next = Number.POSITIVE_INFINITY;

  constructor(port: DetectorPort) {
    this.#port = port;
  }

  /** Nothing is open, so that an answer can be awaited: numbers are never used twice. */
  number(): number {
    return ++this.#number;
  }

  /** Begins to watch: `number` was asked, or 0 when it is being dialled. Whoever is watched already stays so. */
  asked(known: Known, number: number, now: number): void {
    if (known.watch !== undefined || known.health === 'dead') return;
    const patience = known.linked
      ? PROBE_TIMEOUT_MS + (known.rttMs === 0 ? RTT_GUESS_MS : known.rttMs)
      : PROBE_DIAL_TIMEOUT_MS;
    const until = now + patience;
    known.watch = { number, stage: 'asked', askedAt: now, until, againAt: Number.POSITIVE_INFINITY };
    this.#watched.add(known);
    this.#soon(until);
  }

  /** Asks at once, unless an answer is awaited already. */
  doubt(known: Known, now: number): void {
    if (known.watch !== undefined || known.health === 'dead') return;
    const number = known.linked ? this.number() : 0;
    this.asked(known, number, now);
    if (number !== 0) this.#port.ask(known, number);
  }

  /** It answered us, or a link to it was made. */
  answered(known: Known, number: number, now: number): void {
    known.heardAt = now;
    const { watch } = known;
    if (watch !== undefined && watch.number === number && number !== 0) {
      const rttMs = now - watch.askedAt;
      known.rttMs = known.rttMs === 0 ? rttMs : known.rttMs + (rttMs - known.rttMs) / 8;
    }
    this.#settle(known);
    known.failures = 0;
    known.restsUntil = 0;
    if (known.health !== 'good') this.#turn(known, 'good', now);
  }

  /** It said anything: alive, though perhaps deaf to us. */
  heard(known: Known, now: number): void {
    known.heardAt = now;
    if (known.hasLeft) return;
    if (known.health === 'dead') {
      known.restsUntil = 0;
      this.#turn(known, 'good', now);
    } else if (known.watch?.stage === 'suspect') {
      this.#settle(known);
      if (known.health === 'suspect') this.#turn(known, 'good', now);
      this.doubt(known, now);
    }
  }

  /** Somebody else reached it. */
  reachedByOther(known: Known, now: number): void {
    if (known.watch === undefined || known.watch.stage === 'asked') return;
    this.#settle(known);
    this.#deaf.add(known);
    this.#restLonger(known, now);
    if (known.health !== 'deaf') this.#turn(known, 'deaf', now);
  }

  /** A dial failed: it rests, and if we watch it there is no need to wait. */
  failed(known: Known, now: number): void {
    this.#restLonger(known, now);
    if (known.watch?.stage === 'asked') this.#advance(known, now);
  }

  /** Stops watching somebody, without a word. */
  drop(known: Known): void {
    this.#settle(known);
    this.#deaf.delete(known);
  }

  tick(now: number): void {
    if (now < this.#next) return;
    const stalledMs = now - this.#next > STALLED_MS ? now - this.#next : 0;
    this.#next = Number.POSITIVE_INFINITY;
    for (const known of this.#watched) {
      const { watch } = known;
      if (watch === undefined) continue;
      if (stalledMs > 0) watch.until += stalledMs;
      if (watch.until <= now) this.#advance(known, now);
      else if (watch.againAt <= now) this.#again(known, now);
    }
    for (const known of this.#deaf) if (known.restsUntil <= now) this.doubt(known, now);
    for (const { watch } of this.#watched) if (watch) this.#soon(Math.min(watch.until, watch.againAt));
    for (const { watch, restsUntil } of this.#deaf) if (!watch) this.#soon(restsUntil);
  }

  deadline(): number {
    return this.#watched.size + this.#deaf.size === 0 ? Number.POSITIVE_INFINITY : this.#next;
  }

  #advance(known: Known, now: number): void {
    const { watch } = known;
    if (watch === undefined) return;
    if (watch.stage === 'suspect') {
      this.drop(known);
      this.#turn(known, 'dead', now);
    } else if (watch.stage === 'asked' && this.#askAround(known, now)) {
      watch.stage = 'indirect';
      watch.until = now + PROBE_FOR_TIMEOUT_MS;
      this.#soon(watch.until);
      this.#port.missed(known, now);
    } else {
      watch.stage = 'suspect';
      watch.until = now + SUSPECT_MS;
      watch.againAt = now + STABILISE_MS;
      this.#soon(watch.againAt);
      this.#turn(known, 'suspect', now);
    }
  }

  /** The suspect gets another chance, with others than before. */
  #again(known: Known, now: number): void {
    const { watch } = known;
    if (watch === undefined) return;
    watch.againAt = now + STABILISE_MS;
    this.#askAround(known, now);
  }

  #askAround(known: Known, now: number): boolean {
    const { watch } = known;
    if (watch === undefined) return false;
    watch.number = this.number();
    watch.askedAt = now;
    if (known.linked) this.#port.ask(known, watch.number);
    return this.#port.askOthers(known, watch.number);
  }

  #restLonger(known: Known, now: number): void {
    known.restsUntil = now + Math.min(REDIAL_MAX_MS, REDIAL_FIRST_MS * 2 ** Math.min(known.failures, 10));
    known.failures++;
  }

  #turn(known: Known, health: Known['health'], now: number): void {
    const was = known.health;
    if (health === was) return;
    known.health = health;
    if (health !== 'deaf') this.#deaf.delete(known);
    this.#port.turned(known, was, now);
  }

  #settle(known: Known): void {
    known.watch = undefined;
    this.#watched.delete(known);
  }

  #soon(at: number): void {
    if (at < this.#next) this.#next = at;
  }
}
