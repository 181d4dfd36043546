/**
 * The frames of sync. `side` says whose round it is: 1 the sender's, 0 the receiver's.
 *
 *     DIGEST  side u8, round varint, count u8, count times: set (16), then
 *             of the sender's round    root (16)
 *             of the receiver's round  DIGEST_BUCKETS times 4 bytes
 *     HEADS   side u8, round varint, set (16), buckets (32: bit n of byte m is bucket 8m + n), count u16,
 *             count times: id block, first varint, last varint, mark (8), at u48
 *     LACK    side u8, round varint, ask varint, set (16), count u16, count times: id block, from varint, to varint
 *     ITEMS   side u8, round varint, ask varint, more u8, then items to the end: kind u8, bytes block
 */
import { Malformed, type Reader, Writer } from '../../bytes.js';
import { MESSAGE_MAX_BYTES } from '../../constants.js';
import {
  DIGEST_BUCKET_BYTES,
  DIGEST_BUCKETS,
  DIGEST_ROOT_BYTES,
  GROUP_ID_BYTES,
  HEADS_MAX,
  ITEM_MAX_BYTES,
  LACKS_MAX,
  SYNC_ID_MAX_BYTES,
  SYNC_MARK_BYTES,
  SYNC_SETS_MAX,
} from '../constants.js';
import { type Item, isItemKind } from '../gossip/item.js';
import type { SyncHead, SyncRange, SyncSet } from './set.js';

const BITMAP_BYTES = DIGEST_BUCKETS / 8;
const DIGEST_BYTES = DIGEST_BUCKETS * DIGEST_BUCKET_BYTES;
const writer = new Writer(4096, MESSAGE_MAX_BYTES);

/** Which exchange a frame belongs to. */
export interface RoundName {
  /** The sender of this frame opened the round. */
  readonly isSenders: boolean;
  readonly round: number;
}

export interface SetDigest {
  readonly set: Buffer;
  /** A root, or the hashes of all buckets. */
  readonly digest: Buffer;
}

export interface Heads {
  readonly set: Buffer;
  readonly buckets: readonly number[];
  readonly heads: readonly SyncHead[];
}

export interface Lack {
  readonly ask: number;
  readonly set: Buffer;
  readonly ranges: readonly SyncRange[];
}

export interface Items {
  readonly ask: number;
  /** There would have been more. */
  readonly hasMore: boolean;
  readonly items: readonly Item[];
}

/** Begins every frame of sync. @throws Malformed */
export function readName(body: Reader): RoundName {
  const side = body.u8();
  if (side > 1) throw new Malformed('a round of nobody');
  return { isSenders: side === 1, round: body.varint() };
}

const name = ({ isSenders, round }: RoundName): Writer =>
  writer
    .reset()
    .u8(isSenders ? 1 : 0)
    .varint(round);

// What is encoded is a view that the next frame overwrites; what is decoded are views into the body.

export const digestFrame = {
  /** @param sets at most SYNC_SETS_MAX */
  encode(of: RoundName, sets: readonly SyncSet[]): Buffer {
    name(of).u8(sets.length);
    for (const { id, root, digest } of sets) writer.bytes(id).bytes(of.isSenders ? root : digest);
    return writer.view();
  },

  decode(body: Reader, { isSenders }: RoundName): SetDigest[] {
    const count = body.u8();
    if (count > SYNC_SETS_MAX) throw new Malformed('too many sets');
    const bytes = isSenders ? DIGEST_ROOT_BYTES : DIGEST_BYTES;
    return Array.from({ length: count }, () => ({
      set: body.bytes(GROUP_ID_BYTES),
      digest: body.bytes(bytes),
    }));
  },
};

export const headsFrame = {
  encode(of: RoundName, { set, buckets, heads }: Heads): Buffer {
    const bitmap = Buffer.alloc(BITMAP_BYTES);
    for (const bucket of buckets) bitmap[bucket >> 3] = (bitmap[bucket >> 3] ?? 0) | (1 << (bucket & 7));
    name(of).bytes(set).bytes(bitmap).u16(heads.length);
    for (const { id, first, last, mark, at } of heads)
      writer.block(id).varint(first).varint(last).bytes(mark).u48(at);
    return writer.view();
  },

  /** Heads are copies. */
  decode(body: Reader): Heads {
    const set = body.bytes(GROUP_ID_BYTES);
    const bitmap = body.bytes(BITMAP_BYTES);
    const buckets: number[] = [];
    for (let bucket = 0; bucket < DIGEST_BUCKETS; bucket++)
      if (((bitmap[bucket >> 3] ?? 0) >> (bucket & 7)) & 1) buckets.push(bucket);
    const count = body.u16();
    if (count > HEADS_MAX) throw new Malformed('too many heads');
    const heads: SyncHead[] = [];
    for (let index = 0; index < count; index++) {
      const id = Buffer.from(body.block(SYNC_ID_MAX_BYTES));
      const [first, last] = readRange(body);
      heads.push({ id, first, last, mark: Buffer.from(body.bytes(SYNC_MARK_BYTES)), at: body.u48() });
    }
    return { set, buckets, heads };
  },
};

export const lackFrame = {
  /** @param lack at most LACKS_MAX ranges */
  encode(of: RoundName, { ask, set, ranges }: Lack): Buffer {
    name(of).varint(ask).bytes(set).u16(ranges.length);
    for (const { id, from, to } of ranges) writer.block(id).varint(from).varint(to);
    return writer.view();
  },

  decode(body: Reader): Lack {
    const ask = body.varint();
    const set = body.bytes(GROUP_ID_BYTES);
    const count = body.u16();
    if (count > LACKS_MAX) throw new Malformed('too many ranges');
    const ranges: SyncRange[] = [];
    for (let index = 0; index < count; index++) {
      const id = body.block(SYNC_ID_MAX_BYTES);
      const [from, to] = readRange(body);
      ranges.push({ id, from, to });
    }
    return { ask, set, ranges };
  },
};

export const itemsFrame = {
  encode(of: RoundName, { ask, hasMore, items }: Items): Buffer {
    name(of)
      .varint(ask)
      .u8(hasMore ? 1 : 0);
    for (const { kind, bytes } of items) writer.u8(kind).block(bytes);
    return writer.view();
  },

  /** Items are copies. */
  decode(body: Reader): Items {
    const ask = body.varint();
    const hasMore = body.u8() !== 0;
    const items: Item[] = [];
    while (body.remaining > 0) {
      const kind = body.u8();
      if (!isItemKind(kind)) throw new Malformed('an item of no known kind');
      items.push({ kind, bytes: Buffer.from(body.block(ITEM_MAX_BYTES)) });
    }
    return { ask, hasMore, items };
  },
};

function readRange(body: Reader): readonly [from: number, to: number] {
  const from = body.varint();
  const to = body.varint();
  if (to < from) throw new Malformed('a range that ends before it begins');
  return [from, to];
}
