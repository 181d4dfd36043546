/** Where a peer may be found: what it is bound to, what its machine has, and what others saw of it. */

import { isLoopback, sameAddress } from '../path.js';
import { networkOf } from '../ratelimit.js';
import type { PathAddress } from '../types.js';
import { ADDRESSES_MAX, ADDRESSES_PER_NETWORK_MAX } from './constants.js';

/** What a socket is bound to that listens everywhere. */
export const ANY_IPV4 = '0.0.0.0';
export const ANY_IPV6 = '::';
const MAPPED = '::ffff:';

/** Addresses that only their own network knows (RFC 1918, 6598, 3927, 4193), and those of one link. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|f[cd])/;
/** One of these means nothing without the name of an interface, which other machines do not share. */
const LINK_LOCAL = /^fe[89ab]/;

/** Groups, everybody and nobody: a handshake there would be sent to who never asked for one. */
const NOBODY = /^(?:0\.|22[4-9]\.|2[34]\d\.|25[0-5]\.|::$|::ffff:(?:0\.|22[4-9]\.|2[34]\d\.|25[0-5]\.)|ff)/;

/** As people and records write it: an IPv4 address that came through an IPv6 socket is an IPv4 address. */
export function plainAddress({ address, port }: PathAddress): PathAddress {
  const mapped = address.startsWith(MAPPED) && address.includes('.');
  return { address: mapped ? address.slice(MAPPED.length) : address, port };
}

/**
 * As a socket bound to `host` has to write it; undefined when it does not speak that family, or when nobody alone can
 * be there.
 */
export function reachableFrom(host: string, { address, port }: PathAddress): PathAddress | undefined {
  if (NOBODY.test(address)) return undefined;
  const [here, there] = [host.includes(':'), address.includes(':')];
  if (here === there) return { address, port };
  // RFC 4291 section 2.5.5.2; only a socket bound to every address speaks both.
  return host === ANY_IPV6 ? { address: MAPPED + address, port } : undefined;
}

/**
 * Addresses of a socket, the likeliest first, at most ADDRESSES_MAX.
 * @param bound as the socket says it
 * @param interfaces numeric addresses of this machine, also its loopback ones
 */
export function ownAddresses(bound: PathAddress, interfaces: readonly string[]): PathAddress[] {
  const { address, port } = bound;
  if (address !== ANY_IPV4 && address !== ANY_IPV6) return [bound];
  const spoken = interfaces.filter(
    (own) => (address === ANY_IPV6 || !own.includes(':')) && !LINK_LOCAL.test(own),
  );
  const outward = spoken.filter((own) => !isLoopback(own));
  // Without any network there may still be other peers on this machine.
  const usable = outward.length > 0 ? outward : spoken;
  return mergeAddresses(
    usable.map((own) => ({ address: own, port })),
    [],
  );
}

/**
 * Own addresses and those at which others see this peer, without doubles, the likeliest first: who is not on our
 * network can use public ones only. At most ADDRESSES_MAX.
 * @param observed from the likeliest on
 */
export function mergeAddresses(own: readonly PathAddress[], observed: readonly PathAddress[]): PathAddress[] {
  const isPublic = ({ address }: PathAddress) => !PRIVATE.test(address) && !isLoopback(address);
  const all = [...own.filter(isPublic), ...observed, ...own.filter((at) => !isPublic(at))];
  const distinct = all.filter((at, index) => all.findIndex((other) => sameAddress(other, at)) === index);
  return distinct.slice(0, ADDRESSES_MAX);
}

/** Without those beyond ADDRESSES_PER_NETWORK_MAX: a list that others made may be meant to have many knock at one door. */
export function fewOfEachNetwork(addresses: readonly PathAddress[]): PathAddress[] {
  const counts = new Map<string, number>();
  return addresses.filter(({ address }) => {
    const network = networkOf(address);
    const count = (counts.get(network) ?? 0) + 1;
    counts.set(network, count);
    return count <= ADDRESSES_PER_NETWORK_MAX;
  });
}
