/**
 * Entries of feeds: what people say in the ring. A feed is what one author said in one group since one start of their
 * program; each entry is linked to the one before by its hash and signed, so that anyone can verify what anyone
 * hands on, and nobody can take one out of the middle unseen.
 *
 *     author (32), group (16), epoch (8), seq varint, previous (32), clock (8), kind u8, name text, body block, signature (64)
 */
import sodium from 'sodium-native';
import { Malformed, Reader, Writer } from '../bytes.js';
import { AUTHOR_MAX_BYTES, ENTRY_ID_BYTES, KEY_BYTES, TEXT_MAX_BYTES } from '../constants.js';
import {
  CLOCK_BYTES,
  EPOCH_BYTES,
  FEED_ENTRY_MAX_BYTES,
  FEED_HASH_BYTES,
  FEED_ID_BYTES,
  GROUP_ID_BYTES,
  SIGNATURE_BYTES,
} from './constants.js';
import { type Identity, sign, type Verify } from './identity.js';

/** Hex of BLAKE2b-128 over author, group and epoch. */
export type FeedId = string;
/** Hex of the group's 16 bytes. */
export type GroupId = string;

/** What its author decides. */
export interface Words {
  readonly group: Buffer;
  readonly epoch: Buffer;
  /** From 1. */
  readonly seq: number;
  /** BLAKE2b-256 of the entry before, with its signature; zeros for the first. */
  readonly previous: Buffer;
  /** Hybrid logical clock, 8 bytes (clock.ts): these sort as they are. */
  readonly clock: Buffer;
  /** chat's EntryKind. */
  readonly kind: number;
  /** The author's name when it was said. */
  readonly name: string;
  readonly body: Buffer;
}

export interface FeedEntry extends Words {
  /** Ed25519 public key. */
  readonly author: Buffer;
  readonly feed: FeedId;
  /** 16 bytes: unique everywhere. The beginning of `hash`. */
  readonly id: Buffer;
  /** BLAKE2b-256 of `bytes`. */
  readonly hash: Buffer;
  /** As it was signed and travels on, with the signature. */
  readonly bytes: Buffer;
}

const DOMAIN = Buffer.from('natter/1 entry');
const FIRST = Buffer.alloc(FEED_HASH_BYTES);
export const NO_ENTRY = FIRST;

function feedIdOf(author: Uint8Array, group: Uint8Array, epoch: Uint8Array): FeedId {
  const digest = Buffer.alloc(FEED_ID_BYTES);
  sodium.crypto_generichash_batch(digest, [author, group, epoch]);
  return digest.toString('hex');
}

/** @param community 32 bytes: an entry counts in one community only @throws RangeError for a body above TEXT_MAX_BYTES */
export function signEntry(identity: Identity, community: Buffer, words: Words): FeedEntry {
  if (words.body.length > TEXT_MAX_BYTES) throw new RangeError('a body above its limit');
  const writer = new Writer(256, FEED_ENTRY_MAX_BYTES);
  writer
    .bytes(identity.publicKey)
    .bytes(words.group)
    .bytes(words.epoch)
    .varint(words.seq)
    .bytes(words.previous);
  writer.bytes(words.clock).u8(words.kind).text(words.name).block(words.body);
  const signed = writer.copy();
  const bytes = Buffer.concat([signed, sign(identity, [DOMAIN, community, signed])]);
  return complete({ ...words, author: identity.publicKey }, bytes);
}

/** @param bytes copied @throws Malformed when it is no entry of this community, or not signed by its author */
export function readEntry(bytes: Buffer, community: Buffer, verify: Verify): FeedEntry {
  if (bytes.length > FEED_ENTRY_MAX_BYTES) throw new Malformed('an entry above its limit');
  const own = Buffer.from(bytes);
  const reader = new Reader(own);
  const author = reader.bytes(KEY_BYTES);
  const group = reader.bytes(GROUP_ID_BYTES);
  const epoch = reader.bytes(EPOCH_BYTES);
  const seq = reader.varint();
  const previous = reader.bytes(FEED_HASH_BYTES);
  const clock = reader.bytes(CLOCK_BYTES);
  const kind = reader.u8();
  const name = reader.text(AUTHOR_MAX_BYTES);
  const body = reader.block(TEXT_MAX_BYTES);
  const signed = own.subarray(0, reader.offset);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (reader.remaining > 0) throw new Malformed('bytes behind an entry');
  if (seq === 0 || (seq === 1) !== previous.equals(FIRST))
    throw new Malformed('an entry that begins nowhere');
  if (!verify(author, [DOMAIN, community, signed], signature))
    throw new Malformed('an entry that its author did not sign');
  return complete({ author, group, epoch, seq, previous, clock, kind, name, body }, own);
}

function complete(words: Words & { readonly author: Buffer }, bytes: Buffer): FeedEntry {
  const hash = Buffer.alloc(FEED_HASH_BYTES);
  sodium.crypto_generichash(hash, bytes);
  const feed = feedIdOf(words.author, words.group, words.epoch);
  return { ...words, feed, id: hash.subarray(0, ENTRY_ID_BYTES), hash, bytes };
}
