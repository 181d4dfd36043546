/**
 * What names a community on the wire. Nobody gives these out: who knows the name, and the key of a closed one, has
 * the same id.
 */
import sodium from 'sodium-native';
import type { PeerTerms } from '../types.js';
import { COMMUNITY_ID_BYTES, LAN_TAG_BYTES, RING_PROLOGUE } from './constants.js';

const COMMUNITY_DOMAIN = Buffer.from('natter/1 community');
const LAN_DOMAIN = Buffer.from('natter/1 lan');

/**
 * 32 bytes: BLAKE2b-256 over `natter/1 community` and the name, keyed with the key of a closed community, so that
 * what was signed for it counts nowhere else, and its name cannot be found by guessing.
 * @param name in lower case (chat/community.ts)
 * @param secret COMMUNITY_KEY_BYTES
 */
export function communityIdOf(name: string, secret?: Buffer): Buffer {
  const id = Buffer.alloc(COMMUNITY_ID_BYTES);
  const parts = [COMMUNITY_DOMAIN, Buffer.from(name)];
  if (secret === undefined) sodium.crypto_generichash_batch(id, parts);
  else sodium.crypto_generichash_batch(id, parts, secret);
  return id;
}

/** How its peers shake hands. */
export function peerTermsOf(community: Buffer, secret?: Buffer): PeerTerms {
  const prologue = Buffer.concat([Buffer.from(RING_PROLOGUE), community]);
  return secret === undefined ? { prologue } : { prologue, psk: secret };
}

/** What it is called on a local network: another hash, which does not help to shake hands. 16 bytes in hex. */
export function lanTagOf(community: Buffer): string {
  const tag = Buffer.alloc(LAN_TAG_BYTES);
  sodium.crypto_generichash_batch(tag, [LAN_DOMAIN, community]);
  return tag.toString('hex');
}
