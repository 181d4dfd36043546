import type { FeedId, GroupId } from '../../net/ring/entry.js';
import type { SyncSet } from '../../net/ring/sync/set.js';
import type { GroupFeeds } from './group-feeds.js';
import type { FeedTail } from './types.js';

/** One group as a store keeps it: which entries of which feeds are held, and the number of the last one that came. */
interface HeldGroup {
  readonly feeds: GroupFeeds;
  readonly last: number;
}

/** What a store knows of its feeds without looking at an entry, wherever the entries are. */
export abstract class HeldFeeds<Group extends HeldGroup> {
  /** The latest of all that is held. */
  lastClock: Buffer | undefined;
  protected readonly held = new Map<GroupId, Group>();

  tail(group: GroupId, feed: FeedId): FeedTail | undefined {
    const known = this.held.get(group)?.feeds.feed(feed);
    return known && { seq: known.last, hash: known.lastHash, clock: known.lastClock };
  }

  groups(): readonly GroupId[] {
    return [...this.held].filter(([, { feeds }]) => feeds.size > 0).map(([id]) => id);
  }

  set(group: GroupId): SyncSet {
    return this.group(group).feeds;
  }

  lastNumber(group: GroupId): number {
    return this.held.get(group)?.last ?? 0;
  }

  /** One of which nothing is known yet. */
  protected abstract open(id: GroupId): Group;

  protected group(id: GroupId): Group {
    const known = this.held.get(id);
    if (known !== undefined) return known;
    const group = this.open(id);
    this.held.set(id, group);
    return group;
  }

  protected heard(clock: Buffer): void {
    if (this.lastClock === undefined || this.lastClock.compare(clock) < 0) this.lastClock = clock;
  }
}
