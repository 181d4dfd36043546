/** What this device remembers of earlier logins, for a start that names less. */
import { parseServer } from '../chat/address.js';
import { NatterError } from '../chat/error.js';
import type { Profile } from '../store/profile.js';

/** The setting that holds where the server was that this program started itself. */
export const HERE = 'here';

/** As far as it is remembered. */
export interface Remembered {
  readonly server?: string;
  readonly user?: string;
  /** The server is one that this program starts itself. */
  readonly here?: boolean;
  /** The name of a ring. */
  readonly ring?: string;
  /** The ring is what was used last. */
  readonly goesTo?: 'ring';
}

/** The client's profile in a data folder. Loaded late: most commands need none. */
export async function profileOf(data: string | undefined): Promise<Profile> {
  const [{ Profile }, { FolderPart, openFolder }] = await Promise.all([
    import('../store/profile.js'),
    import('../store/folder.js'),
  ]);
  return new Profile(openFolder(data, FolderPart.Client));
}

/** Notes the ring a person is in: the next start that names nothing goes there. */
export async function rememberRing(data: string | undefined, ring: string, nick: string): Promise<void> {
  try {
    await (await profileOf(data)).usedRing(ring, nick);
  } catch (error) {
    // Being in the ring is what was asked for; that it cannot be noted shows when it has to be named again.
    if (!(error instanceof NatterError)) throw error;
  }
}

/** The ring this device was in last, and one's name there. */
function lastRing(profile: Profile): Remembered {
  const last = profile.lastRing();
  return last === undefined ? {} : { ring: last.ring, user: last.nick };
}

/**
 * What this device used last: a ring, or who logged in last and is still remembered; there, if a server is named.
 * @param server as the person wrote it
 * @throws NatterError BAD_ADDRESS
 */
export function lastLogin(profile: Profile, server?: string): Remembered {
  const last = profile.lastLogin();
  const here = profile.setting(HERE);
  if (server === undefined) {
    const ring = lastRing(profile);
    if (profile.lastRing()?.isLatest) return { ...ring, goesTo: 'ring' };
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
