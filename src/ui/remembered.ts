/** What this device remembers of earlier logins, for a start that names less. */
import { parseServer } from '../chat/address.js';
import type { Profile } from '../store/profile.js';

/** The setting that holds where the server was that this program started itself. */
export const HERE = 'here';

/** As far as it is remembered. */
export interface Remembered {
  readonly server?: string;
  readonly user?: string;
  /** The server is one that this program starts itself. */
  readonly here?: boolean;
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
    if (last === undefined || !profile.remembered(last.server, last.user)) return {};
    return { ...last, here: last.server === here };
  }
  const { name } = parseServer(server);
  // At the server of one's own machine a second terminal is somebody else, as a rule.
  if (name === here) return {};
  if (last?.server === name && profile.remembered(name, last.user)) return { user: last.user };
  const user = profile.logins().findLast((login) => login.server === name)?.user;
  return user === undefined ? {} : { user };
}
