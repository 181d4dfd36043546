import { Buckets } from '../../net/bucket.js';
import {
  CATCH_UP_ENTRIES,
  CATCH_UP_MS,
  LINK_ENTRIES_BURST,
  LINK_ENTRIES_PER_S,
} from '../../net/ring/constants.js';
import type { PeerId } from '../../net/ring/types.js';

/**
 * How many entries each link may bring, whoever wrote them: keys are made up without effort, so a limit per author
 * bounds nobody. What is above is not even looked at, and left to a later sync, which asks no faster than this either.
 */
export class Intake {
  readonly #links = new Buckets(LINK_ENTRIES_PER_S, LINK_ENTRIES_BURST);
  /** Since when there are others, ms since 1970; and what may still be caught up from them, all together. */
  #since = Number.POSITIVE_INFINITY;
  #left = CATCH_UP_ENTRIES;

  /** An entry that came by broadcast. @returns whether it is looked at */
  takes(link: PeerId, now: number): boolean {
    return this.#links.take(link, now) === 0;
  }

  /** An entry that was looked at was held already: honest links bring the same. */
  known(link: PeerId): void {
    this.#links.give(link);
  }

  /** Whoever has just come into company has the history to fetch, at once. @param since when that was @param wall ms since 1970 */
  accompany(since: number, wall: number): void {
    if (since !== this.#since) this.#left = CATCH_UP_ENTRIES;
    this.#since = since;
    if (wall - since > CATCH_UP_MS) this.#left = 0;
  }

  /** How long a link is not asked for entries, in milliseconds; 0 when it may be. */
  restMs(link: PeerId, now: number): number {
    return this.#left > 0 ? 0 : this.#links.waitMs(link, now);
  }

  /** Entries that sync has fetched. */
  fetched(link: PeerId, count: number, now: number): void {
    if (this.#left > 0) this.#left -= count;
    else this.#links.charge(link, now, count);
  }
}
