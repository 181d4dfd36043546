/** Opens a real peer of the ring: its threads, its folder, its socket. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { formatAddress, type HostPort } from '../../chat/address.js';
import type { ClientEvent } from '../../chat/events.js';
import type { PathAddress } from '../../net/types.js';
import { Cities, type Whereabouts } from '../jobs/cities.js';
import { openHome } from '../ring/home.js';
import type { Ring, RingOptions } from './options.js';
import { ThreadedPeer } from './threads.js';

/**
 * Starts a peer: takes its community's folder, listens, looks for the others. Resolves when it listens; how it stands
 * follows as events.
 * @throws NatterError DATA_LOCKED, DATA_FOREIGN, DATA_UNWRITABLE, DATA_CORRUPT, PORT_TAKEN, BAD_ADDRESS, BAD_ARGUMENT;
 *   then nothing of it is left running
 */
export async function openRing(options: RingOptions): Promise<Ring> {
  const { data, community, secret, closed, nick, interests, place, onEvent } = options;
  const cell = place === undefined ? '' : await cellOf(place);
  const bootstrap = await resolved(options.peers, onEvent);
  const home = openHome({ data, community, secret, closed });
  const peer = new ThreadedPeer(options, home);
  try {
    await peer.start({ name: nick, interests, cell }, bootstrap);
    const { host, port, key, commands, inspectable } = peer;
    return { ...commands, host, port, key, community, inspectable, close: () => peer.close() };
  } catch (error) {
    await peer.close();
    throw error;
  }
}

async function cellOf(place: Whereabouts): Promise<string> {
  const cities = new Cities();
  try {
    return (await cities.locate(place)).cell;
  } finally {
    await cities.close();
  }
}

/** One whose name is not found now may be met otherwise: a peer starts also without a network. */
async function resolved(
  peers: readonly HostPort[],
  onEvent: (events: ClientEvent[]) => void,
): Promise<PathAddress[]> {
  const found = await Promise.all(
    peers.map(async (peer) => {
      try {
        const address = isIP(peer.host) === 0 ? (await lookup(peer.host)).address : peer.host;
        return { address, port: peer.port };
      } catch {
        return peer;
      }
    }),
  );
  const addresses: PathAddress[] = [];
  for (const one of found) {
    if ('address' in one) addresses.push(one);
    else
      onEvent([
        {
          event: 'error',
          code: 'BAD_ADDRESS',
          message: `No host was found for the peer ${formatAddress(one)}; check the spelling and your network.`,
        },
      ]);
  }
  return addresses;
}
