/** What tests of feeds share: authors who say things, by letter and number. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { clockAt } from '../../src/net/ring/clock.js';
import { type FeedEntry, NO_ENTRY, signEntry } from '../../src/net/ring/entry.js';
import { identityOf } from '../../src/net/ring/identity.js';
import { type FeedStoreOptions, openFeedStore } from '../../src/store/feeds/feed-store.js';
import type { FeedStore } from '../../src/store/feeds/types.js';
import { ManualTimers } from './support.js';

export const COMMUNITY = Buffer.alloc(32, 1);
export const LOBBY = Buffer.alloc(16);
export const LOBBY_ID = LOBBY.toString('hex');
export const WALL = 1_750_000_000_000;

/** One start of one author's program in one group. */
export class Author {
  readonly #identity;
  readonly #epoch: Buffer;
  readonly #group: Buffer;
  readonly said: FeedEntry[] = [];

  constructor(number: number, epoch = 1, group = LOBBY) {
    const seed = Buffer.alloc(32);
    seed.writeUInt32BE(number + 1);
    this.#identity = identityOf(seed);
    this.#epoch = Buffer.alloc(8, epoch);
    this.#group = group;
  }

  /** @param at ms since 1970; one after the other unless given */
  say(text: string, at = WALL + this.said.length): FeedEntry {
    const before = this.said.at(-1);
    const entry = this.sign(text, at, (before?.seq ?? 0) + 1, before?.hash ?? NO_ENTRY);
    this.said.push(entry);
    return entry;
  }

  /** Says so much; entries are one millisecond apart from `at` on. */
  talk(count: number, at = WALL + this.said.length): FeedEntry[] {
    return Array.from({ length: count }, (_, index) => this.say(`words ${index}`, at + index));
  }

  /** An entry that may belong nowhere. */
  sign(text: string, at: number, seq: number, previous: Buffer): FeedEntry {
    return signEntry(this.#identity, COMMUNITY, {
      group: this.#group,
      epoch: this.#epoch,
      seq,
      previous,
      clock: clockAt(at),
      kind: 1,
      name: 'ana',
      body: Buffer.from(text),
    });
  }
}

export const feedsPath = (folder: string): string => join(folder, 'feeds.mdb');

/** Closed when the test ends, if it was not before. */
export function openFeeds(folder: string, options: Partial<FeedStoreOptions> = {}): FeedStore {
  const store = openFeedStore(feedsPath(folder), { timers: new ManualTimers(), ...options });
  onTestFinished(() => store.close());
  return store;
}

export const textsOf = (stored: readonly { readonly entry: FeedEntry }[]): string[] =>
  stored.map(({ entry }) => entry.body.toString());

export const durable = (store: FeedStore): Promise<unknown> => new Promise((resolve) => store.flush(resolve));
