/** What this device remembers of earlier logins, for a start that names less. */
import { parseServer } from '../chat/address.js';
import type { Profile } from '../store/profile.js';

/** The setting that holds where the server was that this program started itself. */
export const HERE = 'here';

/** The settings that hold the ring this device was in last, and by which name. */
const RING = 'ring';
const RING_NICK = 'ring-nick';

/** As far as it is remembered. */
export interface Remembered {
  readonly server?: string;
  readonly user?: string;
  /** The server is one that this program starts itself. */
  readonly here?: boolean;
  /** The name of a ring. */
  readonly ring?: string;
}

/** Notes which ring a person chose; what else it needs, such as the key of a closed one, is in its own folder. */
export async function rememberRing(profile: Profile, ring: string, nick: string): Promise<void> {
  await profile.set(RING, ring);
  await profile.set(RING_NICK, nick);
}

/** The ring this device was in last, and one's name there. */
function lastRing(profile: Profile): Remembered {
  const ring = profile.setting(RING);
  const user = profile.setting(RING_NICK);
  return { ...(ring === undefined ? {} : { ring }), ...(user === undefined ? {} : { user }) };
}

/**
 * Who logged in last from this device and is still remembered; there, if a server is named.
 * @param server as the person wrote it
 * @throws NatterError BAD_ADDRESS
 */
export function lastLogin(profile: Profile, server?: string): Remembered {
  const last = profile.lastLogin();
  const here = profile.setting(HERE);
  if (server === undefined) {
    const ring = lastRing(profile);
    if (last === undefined || !profile.remembered(last.server, last.user)) return ring;
    return { ...ring, ...last, here: last.server === here };
  }
  const { name } = parseServer(server);
  // At the server of one's own machine a second terminal is somebody else, as a rule.
  if (name === here) return {};
  if (last?.server === name && profile.remembered(name, last.user)) return { user: last.user };
  const user = profile.logins().findLast((login) => login.server === name)?.user;
  return user === undefined ? {} : { user };
}
