/** What of a set goes into one frame. */
import { DIGEST_BUCKET_BYTES, DIGEST_BUCKETS, HEADS_MAX, ITEM_MAX_BYTES, ITEMS_BYTES } from '../constants.js';
import type { Item } from '../gossip/item.js';
import type { Heads } from './frames.js';
import type { SyncHead, SyncRange, SyncSet } from './set.js';

/** Of two digests with all their buckets. */
export function bucketsThatDiffer(a: Buffer, b: Buffer): number[] {
  const buckets: number[] = [];
  for (let bucket = 0; bucket < DIGEST_BUCKETS; bucket++) {
    const at = bucket * DIGEST_BUCKET_BYTES;
    if (a.readUInt32BE(at) !== b.readUInt32BE(at)) buckets.push(bucket);
  }
  return buckets;
}

/**
 * The heads of some buckets, in as many frames as they need. A bucket that is larger than a frame (somebody chose
 * ids for it) is told of in turns.
 */
export function headsOf(set: SyncSet, buckets: readonly number[], turn: number): Heads[] {
  const frames: { set: Buffer; buckets: number[]; heads: SyncHead[] }[] = [];
  let last: (typeof frames)[number] | undefined;
  for (const bucket of buckets) {
    const heads = inTurns(set.heads(bucket), turn);
    if (last === undefined || last.heads.length + heads.length > HEADS_MAX) {
      last = { set: set.id, buckets: [], heads: [] };
      frames.push(last);
    }
    last.buckets.push(bucket);
    last.heads.push(...heads);
  }
  return frames;
}

/** What of these ranges is held, as much as one ITEMS takes. */
export function partsOf(
  set: SyncSet,
  ranges: readonly SyncRange[],
): { readonly items: readonly Item[]; readonly bytes: number; readonly hasMore: boolean } {
  const items: Item[] = [];
  let bytes = 0;
  for (const range of ranges) {
    if (bytes >= ITEMS_BYTES) break;
    for (const item of set.read(range, ITEMS_BYTES - bytes)) {
      items.push(item);
      bytes += item.bytes.length;
    }
  }
  // A range that was cut short leaves less room than the largest item takes.
  return { items, bytes, hasMore: bytes > ITEMS_BYTES - ITEM_MAX_BYTES };
}

function inTurns<T>(all: readonly T[], turn: number): readonly T[] {
  if (all.length <= HEADS_MAX) return all;
  const from = (turn * HEADS_MAX) % all.length;
  return [...all.slice(from), ...all.slice(0, from)].slice(0, HEADS_MAX);
}
