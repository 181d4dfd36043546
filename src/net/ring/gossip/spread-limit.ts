import { Buckets } from '../../bucket.js';
import {
  AUTHOR_BURST,
  AUTHOR_PER_S,
  CONTENT_BURST,
  CONTENT_MIN_BYTES,
  CONTENT_PER_S,
  LINK_SPREAD_BURST,
  LINK_SPREAD_PER_S,
} from '../constants.js';
import type { FeedEntry } from '../entry.js';
import type { PeerId } from '../types.js';

/** Bytes of a body that tell it from others of its length, so that what is remembered of each stays small. */
const CONTENT_KEY_BYTES = 128;

/**
 * How much of one author, of one content whoever says it, and of what one link brings is spread live. It only decides
 * whether an entry goes on by broadcast: what is above these rates is kept all the same, and sync brings it to everybody
 * in batches.
 */
export class SpreadLimit {
  readonly #authors = new Buckets(AUTHOR_PER_S, AUTHOR_BURST);
  readonly #contents = new Buckets(CONTENT_PER_S, CONTENT_BURST);
  /** Less than the next peer takes of us: others speak here too. */
  readonly #links = new Buckets(LINK_SPREAD_PER_S, LINK_SPREAD_BURST);

  /** Takes a token of each. @param from the link it came over @returns whether this entry may be spread now */
  lets(entry: FeedEntry, from: PeerId, now: number): boolean {
    if (this.#authors.take(entry.author.toString('latin1'), now) > 0) return false;
    if (this.#links.take(from, now) > 0) return false;
    // "ok" and "hi" are said by many at once, and cost little.
    return entry.body.length < CONTENT_MIN_BYTES || this.#contents.take(contentOf(entry), now) === 0;
  }
}

function contentOf({ group, kind, body }: FeedEntry): string {
  const where = group.toString('latin1');
  return `${where}${kind}:${body.length}:${body.toString('latin1', 0, CONTENT_KEY_BYTES)}`;
}
