/** The questions of a first start, asked line by line: try it here, or which server, who, and how. */
import { randomBytes } from 'node:crypto';
import { parseServer } from '../chat/address.js';
import { NatterError } from '../chat/error.js';
import type { ClientCommands, Credentials } from '../chat/events.js';
import { parseName } from '../chat/name.js';
import type { Asker } from './ask.js';
import { tell } from './console.js';
import { sentenceOf } from './exit.js';

/** What the command line said already. */
export interface Known {
  readonly server?: string;
  readonly user?: string;
  readonly password?: string;
  /** The server is one that this program starts itself. */
  readonly here?: boolean;
  /** A ring one was in before, and whether that was the last thing. */
  readonly ring?: string;
  readonly goesTo?: 'ring';
  /** The person wants to be asked, whatever is known. */
  readonly isAsked?: boolean;
}

export interface SetupParts {
  readonly client: Pick<ClientCommands, 'login' | 'probe'>;
  readonly asker: Asker;
  /** Starts a server on this machine. @returns its address */
  readonly here: () => Promise<string>;
}

/** Codes of a login that mean: this account is not known there, or not to this device. */
const NOT_KNOWN: ReadonlySet<string> = new Set([
  'DEVICE_UNKNOWN',
  'NO_SUCH_USER',
  'WRONG_PASSWORD',
  'NOT_LOGGED_IN',
]);

/** Where somebody wants to be: logged in at a server, in a ring by this name or link, or nowhere. */
export type Chosen = 'server' | 'nowhere' | { readonly ring: string; readonly nick: string };

/**
 * Asks until somebody is logged in, or wants to leave. On a terminal a failed login is asked again; what
 * feeds a pipe cannot react to it, so there it fails.
 * @throws NatterError USAGE at the end of the input
 */
export async function setUp(known: Known, parts: SetupParts): Promise<Chosen> {
  const { console } = parts.asker;
  tell(console, 'natter: talk from terminal to terminal.');
  let start: Known = known.isAsked ? {} : known;
  for (;;) {
    try {
      return await attempt(start, parts);
    } catch (error) {
      const isFinal = !(error instanceof NatterError) || ['USAGE', 'STOPPED'].includes(error.code);
      if (isFinal || !console.stdin.isTTY) throw error;
      tell(console, sentenceOf(error));
      // What went wrong by itself is not tried again without asking.
      if (start.here) start = {};
    }
  }
}

async function attempt(known: Known, parts: SetupParts): Promise<Chosen> {
  const { console } = parts.asker;
  if (known.here) {
    await tryHere(known, parts);
    return 'server';
  }
  if (known.server !== undefined) {
    await connect(known.server, known, parts);
    return 'server';
  }
  tell(console, '1  Try it here: starts a server on this machine; nothing else is needed.');
  tell(console, '2  Go to a server that somebody runs.');
  tell(console, '3  Start or join a ring, where nobody is in charge.');
  tell(console, '4  Quit.');
  const choice = await parts.asker.choice('Your choice (1, 2, 3 or 4): ', '1234q');
  if (choice === '1') await tryHere(known, parts);
  else if (choice === '2') await connect(await askServer(parts), known, parts);
  else if (choice === '3') return askRing(known, parts.asker);
  return choice === '1' || choice === '2' ? 'server' : 'nowhere';
}

async function tryHere(known: Known, { client, asker, here }: SetupParts): Promise<void> {
  const user = await askName(known, asker);
  tell(asker.console, 'Starting a server on this machine.');
  const server = await here();
  const credentials = { user, register: false, remember: true };
  try {
    await client.login(server, credentials);
  } catch (error) {
    if (!(error instanceof NatterError) || !NOT_KNOWN.has(error.code)) throw error;
    // Only this device will ever use the account, by its key: nobody needs to remember the password.
    const password = randomBytes(18).toString('base64url');
    await client.login(server, { ...credentials, register: true, password });
  }
}

async function askRing(known: Known, asker: Asker): Promise<Chosen> {
  const nick = await askName(known, asker);
  return { nick, ring: await asker.answer('Name of the ring, or the link you were given: ') };
}

async function askServer({ client, asker }: SetupParts): Promise<string> {
  const server = parseServer(await asker.answer('Server (HOST:PORT): ')).name;
  const reply = await client.probe(server).then(
    ({ lagMs, known }) => `${server} answers in ${lagMs.toFixed(1)} ms${known ? '.' : ' and is new to you.'}`,
    () => `${server} does not answer at the moment.`,
  );
  tell(asker.console, reply);
  return server;
}

async function connect(server: string, known: Known, { client, asker }: SetupParts): Promise<void> {
  const user = await askName(known, asker);
  const isNew = (await asker.choice('Log in, or register a new account? (l or r): ', 'lr')) === 'r';
  const password = known.password ?? (await asker.secret('Password: '));
  const remember = (await asker.choice('Remember me on this device? (y or n): ', 'yn')) === 'y';
  const credentials: Credentials = { user, password, register: isNew, remember };
  await client.login(server, credentials);
}

async function askName({ user }: Known, asker: Asker): Promise<string> {
  return parseName(user ?? (await asker.answer('Your name: '))).name;
}
