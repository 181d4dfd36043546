/**
 * The tables of a peer's feeds and their keys: one LMDB file. Numbers are big-endian, so that the order of bytes is
 * theirs; `number` is the order of coming within a group.
 *
 *   entries   feed (16), seq u48                              crc u32, number u48, entry
 *   order     group (16), clock (8), author (32), number u48  feed (16), seq u48
 *   numbers   group (16), number u48                          the key in `order`
 *   feeds     group (16), feed (16)                           author (32), floor u48, last u48, hash (32), clock (8)
 *   groups    group (16)                                      number u48 of the last, horizon (8, or nothing)
 *   rows      table, NUL, key                                 value
 */
import { KEY_BYTES } from '../../net/constants.js';
import { CLOCK_BYTES, FEED_HASH_BYTES, FEED_ID_BYTES, GROUP_ID_BYTES } from '../../net/ring/constants.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import { readU48, type Table, u48 } from '../tables.js';

export const FEED_TABLES = ['entries', 'order', 'numbers', 'feeds', 'groups', 'rows'] as const;
export type FeedTables = Readonly<Record<(typeof FEED_TABLES)[number], Table>>;

const AUTHOR_AT = GROUP_ID_BYTES + CLOCK_BYTES;
const NUMBER_AT = AUTHOR_AT + KEY_BYTES;
/** Above every clock, author and number. */
const END = Buffer.alloc(NUMBER_AT + 6 - GROUP_ID_BYTES + 1, 0xff);

/** Where an entry is. */
export interface Spot {
  readonly feed: Buffer;
  readonly seq: number;
}

export const spotKey = ({ feed, seq }: Spot): Buffer => Buffer.concat([feed, u48(seq)]);
export const readSpot = (value: Buffer): Spot => ({
  feed: Buffer.from(value.subarray(0, FEED_ID_BYTES)),
  seq: readU48(value.subarray(FEED_ID_BYTES), 0),
});

export const orderKey = ({ group, clock, author }: FeedEntry, number: number): Buffer =>
  Buffer.concat([group, clock, author, u48(number)]);

/** What an order key says besides the group. */
export const readOrder = (
  key: Buffer,
): { readonly clock: Buffer; readonly author: Buffer; readonly number: number } => ({
  clock: Buffer.from(key.subarray(GROUP_ID_BYTES, AUTHOR_AT)),
  author: Buffer.from(key.subarray(AUTHOR_AT, NUMBER_AT)),
  number: readU48(key.subarray(NUMBER_AT), 0),
});

export const numberKey = (group: Buffer, number: number): Buffer => Buffer.concat([group, u48(number)]);

/** From the first key of a group to behind its last one. */
export const groupRange = (group: Buffer): { readonly start: Buffer; readonly end: Buffer } => ({
  start: group,
  end: Buffer.concat([group, END]),
});

/** What is known of a feed besides its entries. */
export interface FeedRow {
  readonly author: Buffer;
  readonly floor: number;
  /** As of the last sweep: of use when none of its entries is left. */
  readonly last: number;
  readonly lastHash: Buffer;
  readonly lastClock: Buffer;
}

export const feedRow = {
  encode: ({ author, floor, last, lastHash, lastClock }: FeedRow): Buffer =>
    Buffer.concat([author, u48(floor, last), lastHash, lastClock]),

  decode(value: Buffer): FeedRow {
    const numbers = value.subarray(KEY_BYTES);
    const hashAt = KEY_BYTES + 12;
    const clockAt = hashAt + FEED_HASH_BYTES;
    return {
      author: Buffer.from(value.subarray(0, KEY_BYTES)),
      floor: readU48(numbers, 0),
      last: readU48(numbers, 1),
      lastHash: Buffer.from(value.subarray(hashAt, clockAt)),
      lastClock: Buffer.from(value.subarray(clockAt, clockAt + CLOCK_BYTES)),
    };
  },
};

export const groupRow = {
  encode: (last: number, horizon: Buffer | undefined): Buffer =>
    Buffer.concat(horizon === undefined ? [u48(last)] : [u48(last), horizon]),

  decode(value: Buffer): { readonly last: number; readonly horizon: Buffer | undefined } {
    const horizon = value.length > 6 ? Buffer.from(value.subarray(6)) : undefined;
    return { last: readU48(value, 0), horizon };
  },
};
