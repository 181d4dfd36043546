/**
 * Places on the ring: whole numbers from 0 up to RING_PLACES, clockwise, after the last comes 0 again. A place is
 * the hash of community and key, so nobody picks one, and a city's outage never takes neighbours together.
 * 52 bits fit a JavaScript number exactly; two keys on one place (by chance once in 2^52) are told apart by key.
 */
import sodium from 'sodium-native';
import { RING_PLACES } from './constants.js';

export type Place = number;

const DOMAIN = Buffer.from('natter/1 place');
const digest = Buffer.alloc(32);

/** @param community 32 bytes @param key the peer's public key, 32 bytes */
export function placeOf(community: Uint8Array, key: Uint8Array): Place {
  sodium.crypto_generichash_batch(digest, [DOMAIN, community, key]);
  return (digest.readUInt32BE(0) & 0xfffff) * 2 ** 32 + digest.readUInt32BE(4);
}

/** How far it is clockwise from one place to another: 0 to RING_PLACES - 1. */
export function clockwise(from: Place, to: Place): number {
  const way = to - from;
  return way < 0 ? way + RING_PLACES : way;
}

/** How far apart two places are by the shorter way. */
export function distance(a: Place, b: Place): number {
  const way = clockwise(a, b);
  return Math.min(way, RING_PLACES - way);
}

/** Clockwise strictly behind `from` and strictly before `to`; when these are one place, everywhere but there. */
export function isBetween(place: Place, from: Place, to: Place): boolean {
  const way = clockwise(from, place);
  return way !== 0 && (from === to || way < clockwise(from, to));
}

/** Adds a way clockwise, which may be longer than the ring. */
export function ahead(from: Place, way: number): Place {
  return (from + (way % RING_PLACES)) % RING_PLACES;
}

const ROUGH = RING_PLACES / 2 ** 32;

/** Its first 32 bits: enough to tell a million peers apart. */
export function roughly(place: Place): number {
  return Math.floor(place / ROUGH);
}

/** How far it is by the shorter way from a place of which only those bits are known. */
export function roughDistance(rough: number, place: Place): number {
  return distance(rough * ROUGH, place - (place % ROUGH));
}
