import { checkName, nameKey } from './name.js';

/**
 * Reads a community's name. Case says nothing in it, so it is written in lower case: who types the same name comes
 * to the same community.
 * @throws NatterError NAME_EMPTY, NAME_TOO_LONG or NAME_NOT_ALLOWED with the reason
 */
export function parseCommunity(raw: string): string {
  return nameKey(checkName(raw, 'community name').name);
}
