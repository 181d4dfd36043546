import { clockMs } from '../../net/ring/clock.js';
import { AUTHOR_ENTRIES_MAX, ENTRY_LIFE_MS, GROUP_ENTRIES_MAX } from '../../net/ring/constants.js';
import type { FeedId } from '../../net/ring/entry.js';
import type { GroupFeeds } from './group-feeds.js';

/** Entries that one sweep forgets at most: a few milliseconds. */
export const SWEEP_ENTRIES = 500;

/** What decides how long an entry is kept. */
export interface Kept {
  readonly feed: FeedId;
  readonly seq: number;
  readonly clock: Buffer;
  /** Hex. */
  readonly author: string;
}

export interface Surplus<T extends Kept> {
  readonly kept: T;
  /** There are too many in its group: no other that is as old is taken in again. */
  readonly isCrowd: boolean;
}

/**
 * What of a group is to be forgotten, the oldest first, at most SWEEP_ENTRIES: what is too old, what is above the
 * share of its author, and what is above the group's bound.
 * @param oldestFirst everything that is kept of the group, by clock
 */
export function surplusOf<T extends Kept>(
  oldestFirst: Iterable<T>,
  feeds: GroupFeeds,
  wall: number,
): Surplus<T>[] {
  const surplus: Surplus<T>[] = [];
  const over = feeds.overShare(AUTHOR_ENTRIES_MAX);
  let crowd = feeds.size - GROUP_ENTRIES_MAX;
  for (const kept of oldestFirst) {
    if (surplus.length >= SWEEP_ENTRIES) break;
    const ofAuthor = over.get(kept.author) ?? 0;
    const isAged = clockMs(kept.clock) <= wall - ENTRY_LIFE_MS;
    if (!isAged && ofAuthor <= 0) {
      if (over.size === 0 && crowd <= 0) break;
      // Who talks more than their share makes room first, so that others need not.
      if (crowd <= sum(over)) continue;
    }
    surplus.push({ kept, isCrowd: !isAged && ofAuthor <= 0 });
    crowd--;
    if (ofAuthor > 1) over.set(kept.author, ofAuthor - 1);
    else over.delete(kept.author);
  }
  return surplus;
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
