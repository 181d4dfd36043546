/** A scripted command's way to a server: opens a client in this thread, logs in, and always closes it again. */

import type { Inspectable } from '../actors/inspect/inspectable.js';
import { NatterError } from '../chat/error.js';
import type { ClientCommands, ClientEvent } from '../chat/events.js';
import { parseName } from '../chat/name.js';
import { sanitiseLine } from '../chat/text.js';
import { type Console, tell } from './console.js';
import { askPassword, canAsk, givenPassword } from './password.js';
import { PATIENCE_MS, Patience } from './patience.js';
import { type PlaceFlags, placeOf } from './sharing.js';

export interface Client extends ClientCommands {
  /** What an inspector looks into; only of one in a thread of its own. */
  readonly inspectable?: Inspectable;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly data?: string;
  readonly server: string;
  /** With a worker thread of its own beside a screen; scripts do without. */
  readonly threaded: boolean;
  readonly onEvent: (events: ClientEvent[]) => void;
}

export type OpenClient = (options: ClientOptions) => Promise<Client>;

/** The options every command with an account has. */
export interface LoginOptions extends PlaceFlags {
  readonly data?: string;
  readonly server: string;
  readonly user: string;
  readonly passwordFile?: string;
  readonly remember?: boolean;
}

/** Loaded late: the actors, the protocol and the stores come with it. */
export const openClient: OpenClient = async (options) => {
  const client = await import('../actors/client/client.js');
  return client.openClient(options);
};

/** Link states in which the server has answered something. */
const ANSWERED: ReadonlySet<string> = new Set(['authenticating', 'syncing', 'live']);
/** Refused for too many attempts so late, it had stood in a line, behind others of the same account that got in. */
const STOOD_IN_LINE_MS = 5_000;
/** So often it joins the line again: a minute altogether. */
const LINES_MAX = 6;
/** What is unsent at the end was reported as such; nobody needs to wait for it long. */
const QUIT_MS = 1_000;

export class Session {
  readonly client: Client;
  readonly console: Console;
  readonly patience: Patience;
  /** Everything the client tells, in order; set it before the first command. */
  onEvent: (event: ClientEvent) => void = () => undefined;

  private constructor(client: Client, console: Console, patience: Patience) {
    this.client = client;
    this.console = console;
    this.patience = patience;
  }

  static async open(
    options: LoginOptions,
    console: Console,
    open: OpenClient,
    ms = PATIENCE_MS,
  ): Promise<Session> {
    const patience = new Patience(ms, options.server);
    let session: Session | undefined;
    let link = '';
    const onEvent = (events: ClientEvent[]) => {
      for (const event of events) {
        if (event.event !== 'link') patience.heard();
        else if (event.state !== link && ANSWERED.has(event.state)) patience.heard();
        if (event.event === 'link') link = event.state;
        if (event.event === 'pinned') tellPinned(event, console);
        session?.onEvent(event);
      }
    };
    const client = await open({
      ...(options.data === undefined ? {} : { data: options.data }),
      server: options.server,
      threaded: false,
      onEvent,
    });
    session = new Session(client, console, patience);
    return session;
  }

  /**
   * Logs in with what is at hand: a password that was handed over, else the remembered device, else a question.
   * @throws NatterError of the login, or USAGE when registering without any password
   */
  async login(options: LoginOptions, register: boolean): Promise<void> {
    const { name } = parseName(options.user);
    const credentials = { user: name, register, remember: options.remember === true };
    const attempt = (password: string | undefined) => {
      const given = password === undefined ? credentials : { ...credentials, password };
      return inLine(() => this.patience.wait(this.client.login(options.server, given)));
    };
    const given = await givenPassword(options, this.console);
    if (given !== undefined) await attempt(given);
    else if (register) await attempt(await this.#choosePassword());
    else await attempt(undefined).catch(async (error) => attempt(await this.#passwordAfter(error)));
  }

  async #choosePassword(): Promise<string> {
    if (!canAsk(this.console)) {
      throw new NatterError(
        'USAGE',
        'A password is needed; give it with --password-file or NATTER_PASSWORD.',
      );
    }
    const password = await askPassword('Password: ', this.console);
    if ((await askPassword('The same again: ', this.console)) === password) return password;
    throw new NatterError('USAGE', 'The two passwords differ; start again.');
  }

  async #passwordAfter(error: unknown): Promise<string> {
    const isUnknown =
      error instanceof NatterError && ['DEVICE_UNKNOWN', 'NOT_LOGGED_IN'].includes(error.code);
    if (!isUnknown) throw error;
    if (canAsk(this.console)) return askPassword('Password: ', this.console);
    throw new NatterError(
      'DEVICE_UNKNOWN',
      'The server does not remember this device; give the password with --password-file or NATTER_PASSWORD.',
    );
  }

  async close(): Promise<void> {
    // Failing to say goodbye is no failure of what was done before.
    await this.client.quit(QUIT_MS).catch(() => undefined);
    await this.client.close().catch(() => undefined);
  }
}

/** Opens, logs in, works, closes: also when the work failed or the process was told to stop. */
export async function withSession<T>(
  options: LoginOptions,
  console: Console,
  open: OpenClient,
  work: (session: Session) => Promise<T>,
  { register = false, patienceMs = PATIENCE_MS } = {},
): Promise<T> {
  const place = placeOf(options);
  const session = await Session.open(options, console, open, patienceMs);
  try {
    await session.login(options, register);
    if (place !== undefined) await session.patience.wait(session.client.locate(place));
    return await work(session);
  } finally {
    await session.close();
  }
}

/**
 * Logs in, again while the server had it wait for others of the same account and then refused it after all. Who
 * is refused at once is told at once.
 */
async function inLine<T>(login: () => Promise<T>): Promise<T> {
  for (let lines = 1; ; lines++) {
    const since = performance.now();
    try {
      return await login();
    } catch (error) {
      const isTooMany = error instanceof NatterError && error.code === 'TOO_MANY_ATTEMPTS';
      const stood = performance.now() - since >= STOOD_IN_LINE_MS;
      if (!isTooMany || !stood || lines === LINES_MAX) throw error;
    }
  }
}

export function tellPinned(event: Extract<ClientEvent, { event: 'pinned' }>, console: Console): void {
  const server = sanitiseLine(event.server);
  tell(console, `First contact with ${server}: its key ${event.fingerprint} is trusted from now on.`);
}
