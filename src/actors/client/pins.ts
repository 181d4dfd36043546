import { fingerprint } from '../../net/fingerprint.js';
import { keyChanged } from './failures.js';
import type { ClientProfile } from './world.js';

/**
 * Trust at first use: pins a server's key, or holds it against the pinned one.
 * @param server `host:port`
 * @returns the fingerprint if this was the first contact
 * @throws NatterError KEY_CHANGED
 */
export async function pinKey(
  profile: ClientProfile,
  server: string,
  key: Buffer,
): Promise<string | undefined> {
  const pin = profile.pinOf(server);
  if (pin === undefined) {
    const print = fingerprint(key);
    await profile.pin(server, key, print);
    return print;
  }
  if (!pin.key.equals(key)) throw keyChanged(server);
  return undefined;
}
