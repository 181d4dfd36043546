/**
 * Holds all members against the truth while a run goes on: what breaks, how often something happened that the proofs
 * rule out, and how long it took until everything was right again.
 *
 * Zave's proof assumes that a death is noticed, that nobody alive is taken for dead, and that no list loses all its
 * members between two repairs. What happens after one of these was broken is counted apart, until the ring is whole.
 */
import type { PeerId } from '../net/ring/types.js';
import { type Placed, STABLE_BASE, Truth } from './truth.js';

export interface Fault {
  readonly at: number;
  readonly what: string;
}

/** Of a ring that is whole again: from when it was waited for. */
interface Recovery {
  readonly since: number;
  readonly done: (ms: number) => void;
}

/** As many are named; the rest are only counted. */
const NAMED_MAX = 20;

export class Health {
  /** Breaches of invariants that no broken assumption explains. */
  readonly faults: Fault[] = [];
  faultCount = 0;
  assumptionBreaks = 0;
  falseDeaths = 0;
  /** From the kill until the ring was whole; undefined while it is not, or when nobody was killed. */
  healMs: number | undefined;
  mergeMs: number | undefined;
  readonly #present: () => readonly Placed[];
  /** There was a whole ring of r + 1 members or more once: from then on the invariants hold. */
  #hasBase = false;
  /** Assumptions were broken, and the ring has not been whole since. */
  #isExcused = false;
  /** Somebody lies from the beginning, and lists hold what they were told. */
  #hasLiars = false;
  /** As long as there are two networks there are two rings. */
  #isCut = false;
  readonly #recoveries: Recovery[] = [];
  readonly #diedAt = new Map<PeerId, number>();
  readonly #noticed = new Set<string>();
  readonly detections: number[] = [];

  /** @param present everybody who is alive and has joined */
  constructor(present: () => readonly Placed[]) {
    this.#present = present;
  }

  // ---- What happens -------------------------------------------------------------------------------------

  /** These died without a word. */
  died(ids: readonly PeerId[], now: number): void {
    for (const id of ids) this.#diedAt.set(id, now);
    const stranded = new Truth(this.#present()).stranded();
    if (stranded.length > 0) this.broken(stranded.length);
  }

  /** Somebody said goodbye: notices about it are late, not false. */
  left(id: PeerId): void {
    this.#diedAt.set(id, Number.NaN);
  }

  /** Somebody says that a peer is dead. @param version of its record: one false notice is one */
  notice(subject: PeerId, version: number, now: number): void {
    const name = `${subject} ${version}`;
    if (this.#noticed.has(name)) return;
    this.#noticed.add(name);
    const diedAt = this.#diedAt.get(subject);
    if (diedAt === undefined) {
      this.falseDeaths++;
      this.broken(1);
    } else if (!Number.isNaN(diedAt)) this.detections.push(now - diedAt);
  }

  /** Those who lie break an assumption as long as they are there. */
  lied(liars: number): void {
    this.#hasLiars = liars > 0;
    this.broken(liars);
  }

  cut(): void {
    this.#isCut = true;
    this.broken(1);
  }

  /** The network is one again: how long until the ring is? */
  joined(now: number): void {
    this.#isCut = false;
    this.#await(now, (ms) => {
      this.mergeMs = ms;
    });
  }

  killed(now: number): void {
    this.#await(now, (ms) => {
      this.healMs = ms;
    });
  }

  /** Something that the proofs rule out has happened. */
  broken(times: number): void {
    this.assumptionBreaks += times;
    if (times > 0) this.#isExcused = true;
  }

  // ---- What is checked ----------------------------------------------------------------------------------

  /** One member's list, right after a step of it. */
  checkList(member: Placed, now: number): void {
    const fault = Truth.listFault(member);
    if (fault !== undefined) this.#fault(now, `${member.number}: ${fault}`);
  }

  checkAll(now: number): void {
    const truth = new Truth(this.#present());
    if (this.#recoveries.length > 0 || this.#isExcused || !this.#hasBase) this.#look(truth, now);
    if (!this.#hasBase || this.#isExcused) return;
    // Of a community this small only the truth of its lists is asked.
    if (truth.members.length < STABLE_BASE) return;
    const stranded = truth.stranded();
    for (const { number } of stranded) this.#fault(now, `${number}: nobody in its list is alive`);
    const unskipped = truth.unskipped();
    if (unskipped < STABLE_BASE) this.#fault(now, `only ${unskipped} members are passed over by no list`);
  }

  /** Nothing has happened for a while: what is still wrong stays so. @param outside who has not joined */
  atRest(now: number, outside: readonly number[]): readonly string[] {
    const differences = [
      ...outside.map((number) => `${number}: has not joined`),
      ...new Truth(this.#present()).differences(),
    ];
    if (!this.#isExcused) for (const difference of differences) this.#fault(now, difference);
    return differences;
  }

  /** For how long something is awaited that has not come. */
  waitingMs(now: number): number {
    const [first] = this.#recoveries;
    return first === undefined ? 0 : now - first.since;
  }

  #await(since: number, done: (ms: number) => void): void {
    this.#recoveries.push({ since, done });
  }

  #look(truth: Truth, now: number): void {
    if (this.#isCut || !truth.isWhole) return;
    if (truth.members.length >= STABLE_BASE) this.#hasBase = true;
    this.#isExcused = this.#hasLiars;
    for (const { since, done } of this.#recoveries.splice(0)) done(now - since);
  }

  #fault(at: number, what: string): void {
    this.faultCount++;
    if (this.faults.length < NAMED_MAX) this.faults.push({ at, what });
  }
}
