/** `natter ring`: a peer of the ring, on a screen, line by line for people, or as JSON lines for programs. */
import { fstatSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { DEFAULT_PORT, formatAddress, type HostPort } from '../../chat/address.js';
import { parseCommunity } from '../../chat/community.js';
import { NatterError } from '../../chat/error.js';
import type { ClientEvent } from '../../chat/events.js';
import { type Invite, parseInvite } from '../../chat/invite.js';
import { parseName } from '../../chat/name.js';
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
import { printJson } from '../json.js';
import { Linear } from '../linear.js';
import { Plain } from '../plain.js';
import { rememberRing } from '../remembered.js';
import { type OpenRing, openRing, type Ring, type RingOptions } from '../ring.js';
import { RingJson } from '../ring-json.js';
import { placeOf } from '../sharing.js';
import { type Input, takeKeyboard } from '../terminal/input.js';
import { suggestName } from '../terminal/whoami.js';

export interface RingFlags {
  readonly data?: string;
  readonly name?: string;
  /** An invite link. */
  readonly join?: string;
  /** The community shall be closed to whoever has no link. */
  readonly closed?: boolean;
  readonly listen?: HostPort;
  readonly peer?: readonly HostPort[];
  readonly nick?: string;
  readonly interest?: readonly string[];
  readonly at?: { readonly lat: number; readonly lon: number };
  readonly city?: string;
  /** False for `--no-lan`. */
  readonly lan?: boolean;
  readonly plain?: boolean;
  readonly inspect?: InspectFlag;
  readonly json?: boolean;
}

type OnEvents = RingOptions['onEvent'];
/** Everything but who hears of it. */
export type RingStart = Omit<RingOptions, 'onEvent'>;

/** Everybody on this machine and around it. */
const ANYWHERE = '0.0.0.0';
/** The others are told, and what is unanswered is waited for at most so long; ms. */
const QUIT_MS = 3_000;

export async function run(
  flags: RingFlags,
  _args: readonly string[],
  console: Console,
  open: OpenRing = openRing,
): Promise<Exit> {
  if (flags.json && flags.plain)
    throw new NatterError('USAGE', 'Choose --plain or --json: lines for people or for programs.');
  const start = ringStart(flags, console.env);
  // What a program starts does what its flags say, and says nothing about where a person wants to go next.
  const isPersonal = !flags.json && isInteractive(console);
  const input = isPersonal && !flags.plain ? takeKeyboard() : undefined;
  try {
    const inspection = await openInspection('ring', flags.inspect);
    const openShown = shownBy(inspection, isPersonal ? personal(open) : open);
    try {
      if (input !== undefined)
        return await runScreen(start, flags, console, openShown, input, inspection.url);
      tellInspector(inspection, flags, console);
      return await runLines(start, flags, console, openShown);
    } finally {
      await inspection.close();
    }
  } finally {
    input?.stop();
  }
}

/** The link, for people or for programs. */
function tellInspector({ url }: Inspection, { json }: RingFlags, console: Console): void {
  if (url === undefined) return;
  if (json) printJson(console, { event: 'inspector', url });
  else tell(console, inspectorText(url));
}

/** The same; what it opens can be inspected. */
export function shownBy(inspection: Inspection, open: OpenRing): OpenRing {
  return async (options) => {
    const ring = await open(options);
    inspection.add(ring.inspectable);
    return ring;
  };
}

/** The same for a person: they share what they did last time, and the next start that names nothing comes here. */
export function personal(open: OpenRing, note = rememberRing): OpenRing {
  return async (options) => {
    const ring = await open({ ...options, keeps: true });
    await note(options.data, ring.community, options.nick);
    return ring;
  };
}

/** What the flags mean. @throws NatterError */
export function ringStart(flags: RingFlags, env: Console['env']): RingStart {
  const { data, closed, listen, peer = [], interest = [], lan = true } = flags;
  const { community, secret, peers } = communityOf(flags);
  const place = placeOf(flags);
  return {
    ...(data === undefined ? {} : { data }),
    community,
    ...(secret === undefined ? {} : { secret }),
    ...(closed === undefined ? {} : { closed }),
    listen: listen ?? { host: ANYWHERE, port: DEFAULT_PORT },
    peers: [...peer, ...peers],
    nick: parseName(flags.nick ?? suggestName(env)).name,
    interests: interest,
    ...(place === undefined ? {} : { place }),
    lan,
  };
}

/** Which community, by its name, by an invite link, or by both when they agree. */
function communityOf({ name, join }: RingFlags): Invite {
  if (join === undefined) {
    if (name !== undefined) return { community: parseCommunity(name), peers: [] };
    throw new NatterError('USAGE', 'Name the community with --name, or --join the link you were given.');
  }
  const invite = parseInvite(join);
  if (name === undefined || parseCommunity(name) === invite.community) return invite;
  throw new NatterError(
    'BAD_ARGUMENT',
    `The link is for ${invite.community}, not for ${parseCommunity(name)}; leave out --name.`,
  );
}

/** What a person wrote in one field: a community's name, or the link they were given. */
export function ringNamed(text: string): Pick<RingFlags, 'name' | 'join'> {
  return text.startsWith('natter:') ? { join: text } : { name: text };
}

/**
 * Opens it where it was asked for. @param isChosen the person named the port; else any will do when the usual one
 * is taken
 */
export async function openAt(
  start: RingStart,
  isChosen: boolean,
  onEvent: OnEvents,
  open: OpenRing,
): Promise<Ring> {
  try {
    return await open({ ...start, onEvent });
  } catch (error) {
    const isTaken = error instanceof NatterError && error.code === 'PORT_TAKEN';
    if (!isTaken || isChosen) throw error;
    return open({ ...start, listen: { ...start.listen, port: 0 }, onEvent });
  }
}

async function runScreen(
  start: RingStart,
  flags: RingFlags,
  console: Console,
  open: OpenRing,
  input: Input,
  inspector: string | undefined,
): Promise<Exit> {
  const { runRing } = await import('../terminal/run.js');
  const exit = await runRing({
    ring: (onEvent) => {
      if (inspector !== undefined) onEvent({ event: 'notice', text: inspectorNotice(inspector) });
      return openAt(start, flags.listen !== undefined, oneByOne(onEvent), open);
    },
    ...(inspector === undefined ? {} : { inspector }),
    input,
    output: process.stdout,
    environment: console.env,
    stopped: console.stopped,
  });
  // A signal ended it, which is one way of leaving: nothing was lost by it.
  return exit === 0 ? Exit.Done : Exit.Error;
}

/**
 * A service has the null device for its input: that says nothing and ends nothing, so only a signal does.
 * Any other input that ends has had enough.
 */
function withInput(console: Console): Console {
  const isNull = console.stdin === process.stdin && !process.stdin.isTTY && fstatSync(0).isCharacterDevice();
  return isNull ? { ...console, stdin: new PassThrough() } : console;
}

/** Line by line, also where there is nobody at a terminal. */
export async function runLines(
  start: RingStart,
  flags: Pick<RingFlags, 'listen' | 'json'>,
  console: Console,
  open: OpenRing,
  asker = new Asker(withInput(console)),
): Promise<Exit> {
  const early: ClientEvent[] = [];
  let linear: Linear | undefined;
  const take = oneByOne<ClientEvent>((event) => {
    if (linear === undefined) early.push(event);
    else linear.apply(event);
  });
  const ring = await openAt(start, flags.listen !== undefined, take, open);
  try {
    const { host, port, key } = ring;
    if (flags.json) printJson(console, { event: 'listening', host, port, pid: process.pid, key });
    else
      tell(
        console,
        `The ring ${start.community}: you listen on ${formatAddress({ host, port })}; your key is ${key}.`,
      );
    linear = new Linear({
      commands: ring,
      ring,
      systems: () => [ring.inspectable],
      asker,
      voice: (model) => (flags.json ? new RingJson(ring, console, model) : new Plain(ring, console, model)),
    });
    for (const event of early.splice(0)) linear.apply(event);
    return await linear.run();
  } finally {
    await ring.quit(QUIT_MS).catch(() => undefined);
    await ring.close().catch(() => undefined);
  }
}
