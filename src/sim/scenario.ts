/** What happens in a run, and when: everything follows from these numbers. */

export type System = 'natter' | 'flood';

export interface Scenario {
  readonly system: System;
  readonly nodes: number;
  readonly seed: number;
  /** How many entries are said, by members chosen at random. */
  readonly entries: number;
  /** Share of the members that die at once, at KILL_AT_MS. */
  readonly kill: number;
  /** They die in one stretch of the ring instead of anywhere. */
  readonly consecutive: boolean;
  /** Share of the members that go, half of them without a word, and are replaced, per minute. */
  readonly churn: number;
  /** Seconds for which half of the members are cut off from the other half; 0 for never. */
  readonly partition: number;
  /** Share of the members whose process stands still for a while. */
  readonly stall: number;
  /** Share of the members whose overlay tells lies. */
  readonly liars: number;
  /** Of the network: see WeatherOptions. */
  readonly loss: number;
  readonly bursts: boolean;
  readonly oneWay: number;
}

export const PLAIN: Scenario = {
  system: 'natter',
  nodes: 50,
  seed: 1,
  entries: 100,
  kill: 0,
  consecutive: false,
  churn: 0,
  partition: 0,
  stall: 0,
  liars: 0,
  loss: 0,
  bursts: false,
  oneWay: 0,
};

/*
 *   0        20        40        60        80        100       120 s
 *   |-joining-|         |------------ talk ------------|
 *                       |- churn ----------------------|
 *                            |-- partition ...
 *                                 | kill, stalls
 */
export const RUN_MS = 120_000;
export const JOINING_MS = 20_000;
/** Everybody is in, and what joining costs is over: from here on control bytes are counted. */
export const STEADY_AT_MS = 30_000;
export const TALK_MS = { from: 40_000, to: 100_000 } as const;
export const CHURN_MS = { from: 40_000, to: 95_000 } as const;
export const PARTITION_AT_MS = 50_000;
export const KILL_AT_MS = 60_000;
export const STALL_MS = { from: 60_000, to: 75_000, shortest: 2_000, longest: 12_000 } as const;
/** Who came so late need not have everything at the end. */
export const SETTLING_MS = 15_000;
