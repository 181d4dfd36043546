import { userInfo } from 'node:os';
import { parseName } from '../../chat/name.js';

/** For an account of the machine whose name nobody may have here. */
const ANYBODY = 'me';

/**
 * The name the setup screen starts with, so that "Try it here" needs one key: USER or USERNAME, else what the
 * system calls this account. An empty USER means that nothing is to be suggested.
 */
export function suggestName(environment: Readonly<Record<string, string | undefined>>): string {
  const known = environment.USER ?? environment.USERNAME ?? accountName();
  if (known === '') return '';
  try {
    return parseName(known).name;
  } catch {
    return ANYBODY;
  }
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no account has.
    return ANYBODY;
  }
}
