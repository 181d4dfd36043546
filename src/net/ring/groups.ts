/**
 * Ids of groups, 16 bytes each: the lobby's are zeros, every other is BLAKE2b-128 over a domain and what names it.
 * And FOUNDING, the entry by which somebody founds a group of those nearby: `cell text, km varint`.
 */
import sodium from 'sodium-native';
import { Malformed, Reader, Writer } from '../bytes.js';
import { CELL_MAX_BYTES, GROUP_ID_BYTES } from './constants.js';

/** Everybody. */
export const LOBBY_GROUP = Buffer.alloc(GROUP_ID_BYTES);
/** Where groups of people nearby are founded: everybody keeps it, nobody reads it as talk. */
export const FOUNDINGS_GROUP = groupOf('natter/1 foundings', new Uint8Array(0));

/** Above chat's EntryKind: not for people. */
export const FOUNDING_KIND = 16;

export interface Founding {
  /** A geohash. */
  readonly centre: string;
  readonly km: number;
}

const FOUNDING_MAX_BYTES = 16;

/** Everybody with an interest. @param tag as chat/tag.ts gives it */
export function interestGroup(tag: string): Buffer {
  return groupOf('natter/1 interest', Buffer.from(tag));
}

/** Everybody near a place. @param founding hash of the entry by which it was founded, 32 bytes */
export function geoGroup(founding: Uint8Array): Buffer {
  return groupOf('natter/1 geo', founding);
}

export const foundingCodec = {
  encode: ({ centre, km }: Founding): Buffer =>
    new Writer(FOUNDING_MAX_BYTES, FOUNDING_MAX_BYTES).text(centre).varint(km).copy(),
  /** @throws Malformed */
  decode(body: Buffer): Founding {
    const reader = new Reader(body);
    const founding = { centre: reader.text(CELL_MAX_BYTES), km: reader.varint() };
    if (reader.remaining > 0) throw new Malformed('bytes behind a founding');
    return founding;
  },
};

function groupOf(domain: string, name: Uint8Array): Buffer {
  const id = Buffer.alloc(GROUP_ID_BYTES);
  sodium.crypto_generichash_batch(id, [Buffer.from(domain), name]);
  return id;
}
