/** Runs the terminal client on a terminal, from the setup screen to the way out. */
import { randomBytes } from 'node:crypto';
import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import { EIGHTHS, HASHES } from './bar.js';
import { Dashboard } from './dashboard.js';
import { watchExits } from './exits.js';
import type { TerminalInput } from './input.js';
import { Looker } from './looker.js';
import { colourDepth } from './picture.js';
import { Screen, type TerminalOutput } from './screen.js';
import { Setup, type SetupStart } from './setup.js';
import { themeFor } from './theme.js';
import type { Glyphs } from './view.js';
import { suggestName } from './whoami.js';

/** Unanswered words are waited for at most this long on the way out; ms. */
const QUIT_MS = 3_000;
/** After a signal whoever sent it does not wait long; ms. */
const SIGNAL_QUIT_MS = 1_000;
/** The clock and what is typed by others change without an event. */
const TICK_MS = 1_000;

export interface TerminalOptions {
  /** Makes the client; its events go to `onEvent` from then on. */
  readonly client: (
    onEvent: (event: ClientEvent) => void,
  ) => Promise<ClientCommands & { close(): Promise<void> }>;
  /** With a server and a user it logs in at once; otherwise the setup screen starts with what is known. */
  readonly start?: SetupStart;
  /** Starts a server on this machine ("Try it here"). */
  readonly embedded: () => Promise<{ server: string; stop(): Promise<void> }>;
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** NO_COLOR, LC_ALL, LC_CTYPE, LANG, USER; process.env unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** ms since 1970. */
  readonly now?: () => number;
}

/**
 * Shows the client until the person quits or a signal ends it; the terminal is as it was before when this
 * resolves, and on every way out of the process.
 * @returns the exit code: 0 after quitting, 128 + n after signal n
 */
export async function runTerminal(options: TerminalOptions): Promise<number> {
  const { environment = process.env, now = Date.now } = options;
  const theme = themeFor(environment);
  const looker = new Looker();
  const early: ClientEvent[] = [];
  let dashboard: Dashboard | undefined;
  const client = await options.client((event) => {
    if (dashboard === undefined) early.push(event);
    else dashboard.apply(event);
  });
  let stopServer = async () => {};
  let here: string | undefined;
  let isSetUp = false;
  let end: (exitCode: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const screen: Screen = new Screen(
    options.input,
    options.output,
    (surface) => (isSetUp ? dashboard : setup)?.paint(surface),
    (token) => (isSetUp ? dashboard : setup)?.handle(token),
  );
  const unwatch = watchExits(() => screen.close(), end);
  options.input.once('end', () => end(0));
  dashboard = new Dashboard({
    stage: screen,
    commands: client,
    theme,
    glyphs: glyphsFor(environment),
    depth: colourDepth(environment),
    look: (...args) => looker.look(...args),
    now,
    quit: () => end(0),
  });
  for (const event of early) dashboard.apply(event);
  const setup = new Setup({
    start: options.start ?? {},
    suggestedName: suggestName(environment),
    commands: client,
    embedded: async () => {
      const { server, stop } = await options.embedded();
      stopServer = stop;
      here = server;
      return server;
    },
    newPassword: () => randomBytes(18).toString('base64url'),
    theme,
    invalidate: () => screen.invalidate(),
    done: () => {
      isSetUp = true;
      setup.close();
      if (here !== undefined)
        dashboard?.apply({ event: 'notice', text: `Others on this machine come in with --server ${here}.` });
      screen.invalidate();
    },
    quit: () => end(0),
  });
  screen.invalidate();
  setup.begin();
  const tick = setInterval(() => screen.invalidate(), TICK_MS);

  const exitCode = await ended;
  clearInterval(tick);
  setup.close();
  screen.close();
  try {
    await client.quit(exitCode === 0 ? QUIT_MS : SIGNAL_QUIT_MS);
  } finally {
    await client.close();
    await looker.close();
    await stopServer();
    unwatch();
  }
  return exitCode;
}

/** Drawn rules where the character set has them. */
function glyphsFor(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  const isPlain = locale === 'C' || locale === 'POSIX' || (locale !== '' && !/utf-?8/i.test(locale));
  return isPlain ? { bar: '|', dash: '-', blocks: HASHES } : { bar: '│', dash: '─', blocks: EIGHTHS };
}
