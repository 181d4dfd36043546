/** `natter chat`, and `natter` alone: the terminal client, or the linear one where there is no terminal. */
import type { Inspectable } from '../../actors/inspect/inspectable.js';
import { NatterError } from '../../chat/error.js';
import type { ClientEvent } from '../../chat/events.js';
import { Asker } from '../ask.js';
import { oneByOne } from '../batches.js';
import { type Console, isInteractive, tell } from '../console.js';
import { Exit } from '../exit.js';
import {
  type InspectFlag,
  type Inspection,
  inspectorNotice,
  inspectorText,
  openInspection,
} from '../inspector/inspection.js';
import { Linear } from '../linear.js';
import { canAsk, givenPassword, type PasswordSource } from '../password.js';
import { Plain } from '../plain.js';
import { HERE, lastLogin, profileOf, rememberRing } from '../remembered.js';
import { type OpenRing, openRing } from '../ring.js';
import { type ServerHere, startHere } from '../server.js';
import { type Client, openClient } from '../session.js';
import { type Chosen, type Known, setUp } from '../setup.js';
import { Sharing, type SharingFlags } from '../sharing.js';
import { type Input, takeKeyboard } from '../terminal/input.js';
import { openAt, personal, ringNamed, ringStart, runLines, shownBy } from './ring.js';

export interface ChatOptions extends PasswordSource, SharingFlags {
  readonly data?: string;
  readonly server?: string;
  readonly user?: string;
  readonly remember?: boolean;
  readonly plain?: boolean;
  readonly inspect?: InspectFlag;
  /** Ask where to go, whatever was used last. */
  readonly setup?: boolean;
}

export interface ChatParts {
  readonly open: typeof openClient;
  readonly ring: OpenRing;
  readonly here: (data: string | undefined) => Promise<ServerHere>;
  /** The login used last on this device (there, if a server is named), as far as it is remembered. */
  readonly last: (data: string | undefined, server: string | undefined) => Promise<Known>;
  /** Notes the ring that was chosen: the next start goes there. */
  readonly joined: (data: string | undefined, ring: string, nick: string) => Promise<void>;
}

const PARTS: ChatParts = {
  open: openClient,
  ring: openRing,
  here: startHereAgain,
  last,
  joined: rememberRing,
};
const QUIT_MS = 3_000;

export async function run(
  options: ChatOptions,
  _args: readonly string[],
  console: Console,
  parts = PARTS,
): Promise<Exit> {
  const input = !options.plain && isInteractive(console) ? takeKeyboard() : undefined;
  try {
    const known = await knownOf(options, console, parts);
    const inspection = await openInspection('chat', options.inspect);
    const shown = inspected(parts, inspection);
    try {
      if (input !== undefined) return await runScreen(options, known, console, shown, input, inspection.url);
      if (inspection.url !== undefined) tell(console, inspectorText(inspection.url));
      return await runPlain(options, known, console, shown);
    } finally {
      await inspection.close();
    }
  } finally {
    input?.stop();
  }
}

/** The same parts; what they start can be inspected, a client until a ring has taken its place. */
function inspected(parts: ChatParts, inspection: Inspection): ChatParts {
  let hideClient: () => void = () => undefined;
  const ring = personal(shownBy(inspection, parts.ring), parts.joined);
  return {
    ...parts,
    open: async (options) => {
      const client = await parts.open(options);
      hideClient = inspection.add(client.inspectable);
      return client;
    },
    ring: async (options) => {
      const opened = await ring(options);
      hideClient();
      return opened;
    },
    here: async (data) => {
      const here = await parts.here(data);
      inspection.add(here.inspectable);
      return here;
    },
  };
}

/** What was given, and where nothing was, what was used last. */
async function knownOf(options: ChatOptions, console: Console, { last }: ChatParts): Promise<Known> {
  const { data, server, user, setup } = options;
  const password = await givenPassword(options, console);
  const given = {
    ...(server === undefined ? {} : { server }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
  // A password without a name is for an account that is not remembered.
  const isAnyone = user === undefined && (server === undefined || password === undefined);
  const known = isAnyone ? { ...(await last(data, server)), ...given } : given;
  return setup ? { ...known, isAsked: true } : known;
}

/** What holds in a ring as it does with a server. */
function shared({ data, at, city, interest }: ChatOptions): SharingFlags & { readonly data?: string } {
  return {
    ...(data === undefined ? {} : { data }),
    ...(at === undefined ? {} : { at }),
    ...(city === undefined ? {} : { city }),
    ...(interest === undefined ? {} : { interest }),
  };
}

async function last(data: string | undefined, server: string | undefined): Promise<Known> {
  return lastLogin(await profileOf(data), server);
}

/** Starts it where it was, and notes where it is: the next start of the client starts it again. */
async function startHereAgain(data: string | undefined): Promise<ServerHere> {
  const profile = await profileOf(data);
  const started = await startHere(data, undefined, profile.setting(HERE));
  await profile.set(HERE, started.server);
  return started;
}

async function runPlain(
  options: ChatOptions,
  known: Known,
  console: Console,
  parts: ChatParts,
): Promise<Exit> {
  const { data } = options;
  let stopHere: () => Promise<void> = async () => undefined;
  let hereSystem: Inspectable | undefined;
  let linear: Linear | undefined;
  let sharing: Sharing | undefined;
  const take = (event: ClientEvent) => {
    linear?.apply(event);
    sharing?.heard(event);
  };
  const client = await parts.open({
    ...(data === undefined ? {} : { data }),
    server: known.server ?? '',
    threaded: true,
    onEvent: oneByOne(take),
  });
  const asker = new Asker(console);
  linear = new Linear({
    commands: client,
    systems: () => [client.inspectable, hereSystem],
    asker,
    voice: (model) => new Plain(client, console, model),
  });
  const here = async () => {
    const started = await parts.here(data);
    stopHere = started.stop;
    hereSystem = started.inspectable;
    return started.server;
  };
  sharing = new Sharing(client, options, take);
  try {
    await sharing.begin();
    const isIn = await logIn(known, options, client, console);
    const chosen = isIn ? 'server' : (lastRing(known) ?? (await setUp(known, { client, asker, here })));
    if (chosen === 'nowhere') return Exit.Done;
    if (chosen === 'server') return await linear.run();
    const { ring, nick } = chosen;
    const flags = { ...shared(options), ...ringNamed(ring), nick };
    return await runLines(ringStart(flags, console.env), {}, console, parts.ring, asker);
  } finally {
    await client.quit(QUIT_MS).catch(() => undefined);
    await client.close().catch(() => undefined);
    await stopHere();
  }
}

/** The ring that was used last, unless the person wants to be asked. */
function lastRing({ goesTo, isAsked, ring, user }: Known): Exclude<Chosen, string> | undefined {
  const isKnown = goesTo === 'ring' && !isAsked && ring !== undefined && user !== undefined;
  return isKnown ? { ring, nick: user } : undefined;
}

/**
 * With server and name known: the password that was given, else the remembered device.
 * @returns false when somebody has to be asked
 */
async function logIn(known: Known, options: ChatOptions, client: Client, console: Console): Promise<boolean> {
  const { server, user, password, isAsked } = known;
  if (server === undefined || user === undefined || known.here || isAsked) return false;
  const credentials = { user, register: false, remember: options.remember === true };
  try {
    await client.login(server, password === undefined ? credentials : { ...credentials, password });
    return true;
  } catch (error) {
    const isUnknown =
      error instanceof NatterError && error.code === 'DEVICE_UNKNOWN' && password === undefined;
    if (!isUnknown || !canAsk(console)) throw error;
    return false;
  }
}

async function runScreen(
  options: ChatOptions,
  known: Known,
  console: Console,
  parts: ChatParts,
  input: Input,
  inspector: string | undefined,
): Promise<Exit> {
  const { runTerminal } = await import('../terminal/run.js');
  const { data, remember } = options;
  const tellInspector = (onEvent: (event: ClientEvent) => void) => {
    if (inspector !== undefined) onEvent({ event: 'notice', text: inspectorNotice(inspector) });
  };
  const exit = await runTerminal({
    client: async (onEvent) => {
      let sharing: Sharing | undefined;
      tellInspector(onEvent);
      const client = await parts.open({
        ...(data === undefined ? {} : { data }),
        server: known.server ?? '',
        threaded: true,
        onEvent: oneByOne<ClientEvent>((event) => {
          onEvent(event);
          sharing?.heard(event);
        }),
      });
      sharing = new Sharing(client, options, onEvent);
      try {
        await sharing.begin();
      } catch (error) {
        await client.close().catch(() => undefined);
        throw error;
      }
      return client;
    },
    ring: async ({ ring, nick }, onEvent) => {
      const flags = { ...shared(options), ...ringNamed(ring), nick };
      tellInspector(onEvent);
      return openAt(ringStart(flags, console.env), false, oneByOne(onEvent), parts.ring);
    },
    start: { ...known, ...(remember === undefined ? {} : { remember }) },
    embedded: () => parts.here(data),
    ...(inspector === undefined ? {} : { inspector }),
    input,
    output: process.stdout,
    environment: console.env,
    stopped: console.stopped,
  });
  // A signal ended it, which is one way of leaving: nothing was lost by it.
  return exit === 0 ? Exit.Done : Exit.Error;
}
