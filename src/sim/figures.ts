/** One line of `natter sim ring --json`, and how it is worked out. Without anything to measure a figure is 0. */
import type { Ledger, Said } from './ledger.js';
import type { Scenario } from './scenario.js';

export interface SimFigure {
  readonly event: 'sim';
  readonly system: string;
  readonly nodes: number;
  readonly seed: number;
  /** Of all (entry, survivor) pairs: shown at the end; shown since broadcast brought it. 0 to 1. */
  readonly delivered: number;
  readonly deliveredBeforeRepair: number;
  /** Payload copies beyond the first, repair included, per delivery. */
  readonly rmr: number;
  /** Over how many links the last first copy of an entry came; the most of any entry. */
  readonly lastHop: number;
  /** From saying to showing, of those who were there when it was said. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Links that a private message passes on the average. */
  readonly unicastHops: number;
  /** From dying without a word to the first notice of it, on the average. */
  readonly detectMs: number;
  /** Notices that somebody was dead who lived. */
  readonly falseDeaths: number;
  /** From the kill until all pointers were right again. */
  readonly healMs: number;
  /** From the end of the partition until there was one ring with all pointers right. */
  readonly mergeMs: number;
  /** Everything sent but entries, with the headers of packets, per member, once everybody is in. */
  readonly controlBytesPerPeerS: number;
  /** Misses, doubles and breaches that no broken assumption explains. */
  readonly unexplained: number;
  /** How often something happened that the proofs rule out. */
  readonly assumptionBreaks: number;
}

/** Who was there from when to when; `until` is Infinity for those who are there at the end. */
export interface Stay {
  readonly number: number;
  readonly from: number;
  readonly until: number;
  /** There long enough before the end to have everything. */
  readonly isSurvivor: boolean;
}

/** What the ledger says at the end of a run. */
export interface Deliveries {
  readonly delivered: number;
  readonly deliveredBeforeRepair: number;
  readonly rmr: number;
  readonly lastHop: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly missed: readonly { readonly id: string; readonly member: number }[];
  readonly doubled: number;
}

/**
 * `delivered` counts pairs over entries that some survivor held at the end: what the dead took with them is no
 * miss. Copies are counted of everybody, the dead too.
 */
export function deliveriesOf(ledger: Ledger, stays: readonly Stay[]): Deliveries {
  const survivors = stays.filter(({ isSurvivor }) => isSurvivor);
  const tally = { pairs: 0, shown: 0, early: 0, copies: 0, firsts: 0, lastHop: 0, doubled: 0 };
  const missed: { id: string; member: number }[] = [];
  const delays: number[] = [];
  for (const [id, said] of ledger.said) {
    for (const { number } of stays) {
      tally.copies += said.copies[number] ?? 0;
      if ((said.copies[number] ?? 0) > 0) tally.firsts++;
      tally.lastHop = Math.max(tally.lastHop, said.hops[number] ?? 0);
      if ((said.shown[number] ?? 0) > 1) tally.doubled++;
    }
    if (!survivors.some(({ number }) => isShown(said, number))) continue;
    for (const { number, from } of survivors) {
      if (number === said.author) continue;
      tally.pairs++;
      if (!isShown(said, number)) {
        missed.push({ id, member: number });
        continue;
      }
      tally.shown++;
      if (!said.repaired.has(number)) tally.early++;
      if (from < said.at) delays.push((said.shownAt[number] ?? 0) - said.at);
    }
  }
  delays.sort((a, b) => a - b);
  return {
    delivered: share(tally.shown, tally.pairs, 1),
    deliveredBeforeRepair: share(tally.early, tally.pairs, 1),
    rmr: share(tally.copies - tally.firsts, tally.firsts, 0),
    lastHop: tally.lastHop,
    p50Ms: Math.round(quantile(delays, 0.5)),
    p99Ms: Math.round(quantile(delays, 0.99)),
    missed,
    doubled: tally.doubled,
  };
}

/** What a run was, for whoever reads its line. */
export function circumstances(scenario: Scenario): object {
  const { system: _, nodes: __, seed: ___, entries, ...rest } = scenario;
  const given = Object.entries(rest).filter(([, value]) => value !== 0 && value !== false);
  return { entries, ...Object.fromEntries(given) };
}

export function mean(values: readonly number[]): number {
  return share(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
    0,
  );
}

/** Shares and ratios with six digits, so that a line can be read; never 1 unless it is all. */
function share(part: number, whole: number, ofNothing: number): number {
  if (whole === 0) return ofNothing;
  if (part === whole) return 1;
  return Math.floor((part / whole) * 1e6) / 1e6;
}

function isShown(said: Said, member: number): boolean {
  return !Number.isNaN(said.shownAt[member] ?? Number.NaN);
}

/** @param sorted ascending */
function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? 0;
}
