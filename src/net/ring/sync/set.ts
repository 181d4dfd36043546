/** What sync compares and repairs: sets of numbered things, the feeds of a group or the roster. */
import type { Item } from '../gossip/item.js';

/** The newest that is held of one feed, or of one peer's record. */
export interface SyncHead {
  /** At most SYNC_ID_MAX_BYTES: a feed's id, or a peer's key. */
  readonly id: Buffer;
  /** The lowest number held. */
  readonly first: number;
  readonly last: number;
  /** The first SYNC_MARK_BYTES of the hash of the last: two that differ at one number are a fork. */
  readonly mark: Buffer;
  /** When the last was made, ms since 1970, by its author. */
  readonly at: number;
}

/** Numbers `from` up to and with `to` of a feed. */
export interface SyncRange {
  readonly id: Buffer;
  readonly from: number;
  readonly to: number;
}

/** A set that peers keep alike. Two are alike when their roots are. */
export interface SyncSet {
  /** 16 bytes: a group's id, or ROSTER_SET. */
  readonly id: Buffer;
  /** BLAKE2b-128 of `digest`. */
  readonly root: Buffer;
  /** DIGEST_BUCKETS times DIGEST_BUCKET_BYTES: what is in a bucket, hashed. */
  readonly digest: Buffer;
  heads(bucket: number): readonly SyncHead[];
  /** What of a head is not held here and would be kept. */
  lack(head: SyncHead): readonly SyncRange[];
  /** Several peers did not have it: it is not asked for any more, and does not tell this set from theirs. */
  lost(range: SyncRange): void;
  /** What is held of a range, in order: at least one item if there is any, then as many as fit. */
  read(range: SyncRange, bytesMax: number): readonly Item[];
}
