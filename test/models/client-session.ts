import { expect } from 'vitest';
import { linkState, sessionMachine } from '../../src/actors/client/session.machine.js';
import { NatterError } from '../../src/chat/error.js';
import { SILENCE_REDIAL_MS } from '../../src/net/constants.js';
import { ReplyStatus } from '../../src/net/talk.js';
import { CloseCode } from '../../src/net/types.js';
import type { Model, ModelEvent, Standing, Stimulus } from './model.js';
import { SessionWorld } from './session-world.js';
import { lastRun } from './witness.js';

const LOOK_MS = 250;
const DOUBT_SHOWN_MS = 1_500;
const BACKOFF_MAX_MS = 5_000;

interface World {
  /** There is a socket; it stays. */
  hasSocket: boolean;
  /** The server has let us in before. */
  wasIn: boolean;
  /** How far the newest handshake is. */
  way: 'nothing' | 'handshake' | 'candidate';
  isOver: boolean;
}

type Given = Stimulus<World, SessionWorld>;
type At = Standing<World>;
const failure = new NatterError('BUSY', 'Later.');
const WELCOME = { a: Buffer.alloc(16, 1), n: 'ana', c: [] };

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type, failure }));
}

/** The inner state of a session that is in. */
function innerOf({ value }: At): string {
  return typeof value === 'string' ? '' : String(Object.values(value)[0]);
}

function isDoubtful(at: At): boolean {
  return ['doubting', 'missing'].includes(innerOf(at));
}

/** @param allowed whether it can happen; then these events come */
function given(
  allowed: (at: At) => boolean,
  events: (at: At) => ModelEvent[],
  changes: (world: World, at: At) => void,
  act: (real: SessionWorld) => unknown,
): Given {
  return {
    events: (at) => (!at.world.isOver && allowed(at) ? events(at) : undefined),
    changes,
    seen: (promised, at) => visible(promised, at),
    act: async (real) => {
      await act(real);
      await real.time.pass(0);
    },
  };
}

/** A socket is opened once, and only what is under way can be abandoned. */
function visible(promised: readonly string[], { world }: At): readonly string[] {
  const hidden = [
    ...(world.hasSocket ? ['openSocket'] : []),
    ...(world.way === 'nothing' ? ['abandonHandshake'] : []),
  ];
  return promised.filter((each) => !hidden.includes(each));
}

/** The newest handshake comes to nothing by itself: there is nothing to abandon. */
function byItself(stimulus: Given): Given {
  return { ...stimulus, seen: (promised) => promised.filter((each) => each !== 'abandonHandshake') };
}

const unchanged = () => undefined;
const over = (world: World) => {
  world.way = 'nothing';
};
const handshakes = (world: World) => {
  world.hasSocket = true;
  world.way = 'handshake';
};

const stimuli: Record<string, Given> = {
  'somebody connects': given(
    () => true,
    () => sent('DIAL'),
    unchanged,
    ({ session }) => session.dial(),
  ),
  'the name is resolved': given(
    ({ at }) => at === 'resolving',
    ({ world }) => sent('RESOLVED', ...(world.hasSocket ? ['BOUND'] : [])),
    (world) => {
      if (world.hasSocket) world.way = 'handshake';
    },
    ({ name }) => name?.done('192.0.2.1'),
  ),
  'the name cannot be resolved': given(
    ({ at }) => at === 'resolving',
    ({ world }) => sent(world.wasIn ? 'LOST' : 'REFUSED'),
    over,
    ({ name }) => name?.failed(failure),
  ),
  'the socket is open': given(
    ({ at }) => at === 'dialling',
    () => sent('BOUND'),
    handshakes,
    ({ socket, dialer }) => socket?.done(dialer),
  ),
  'the socket cannot be opened': given(
    ({ at }) => at === 'dialling',
    () => sent('REFUSED'),
    over,
    ({ socket }) => socket?.failed(failure),
  ),
  'the handshake succeeds': given(
    ({ world }) => world.way === 'handshake',
    () => sent('OPENED'),
    (world) => {
      world.way = 'candidate';
    },
    (real) => real.open(),
  ),
  'nobody answers': byItself(
    given(
      ({ world }) => world.way === 'handshake',
      () => sent('LOST'),
      over,
      ({ session, attempt }) => session.failed(attempt, { code: CloseCode.NoAnswer, text: '', local: true }),
    ),
  ),
  'somebody else answers': byItself(
    given(
      ({ world }) => world.way === 'handshake',
      () => sent('REFUSED'),
      over,
      ({ session, attempt }) =>
        session.failed(attempt, { code: CloseCode.KeyChanged, text: '', local: true }),
    ),
  ),
  'the server lets us in': given(
    ({ world }) => world.way === 'candidate',
    () => sent('AUTHENTICATED'),
    (world) => {
      world.way = 'nothing';
      world.wasIn = true;
    },
    (real) => real.reply(ReplyStatus.Done, WELCOME),
  ),
  'the server is busy': given(
    ({ world }) => world.way === 'candidate',
    () => sent('LOST'),
    over,
    (real) => real.reply(ReplyStatus.Refused, { c: 'BUSY', m: 'Later.' }),
  ),
  'the server does not know us': given(
    ({ world }) => world.way === 'candidate',
    () => sent('REFUSED'),
    over,
    (real) => real.reply(ReplyStatus.Refused, { c: 'DEVICE_UNKNOWN', m: 'Who?' }),
  ),
  'the new connection is lost': byItself(
    given(
      ({ world }) => world.way === 'candidate',
      () => sent('LOST'),
      over,
      ({ candidate }) => candidate?.end(),
    ),
  ),
  'everything is here': given(
    () => true,
    (at) => sent('SYNCED', ...(at.at === 'syncing' && isDoubtful(at) ? ['HEARD'] : [])),
    (world, at) => {
      if (at.at === 'syncing') world.way = 'nothing';
    },
    async (real) => {
      const value = lastRun(sessionMachine).value();
      const isHeard = typeof value !== 'string' && value.syncing !== undefined && value.syncing !== 'steady';
      if (isHeard) real.hear();
      real.session.synced();
      // Whoever looks whether it was heard does so a little later.
      if (isHeard) await real.time.pass(LOOK_MS);
    },
  ),
  'the connection is lost': given(
    ({ at }) => at === 'syncing' || at === 'live',
    () => sent('LOST'),
    over,
    ({ current }) => current?.end(),
  ),
  'the server shuts us out': given(
    ({ at }) => at === 'syncing' || at === 'live',
    () => sent('REFUSED'),
    over,
    ({ current }) => current?.end({ code: CloseCode.Revoked, text: '', local: false }),
  ),
  'the server is silent': given(
    (at) => innerOf(at) === 'steady',
    () => sent('SILENT'),
    (world) => {
      world.way = 'handshake';
    },
    async ({ current, session, time }) => {
      if (current === undefined) return;
      current.owing = true;
      session.asked(current);
      await time.pass(SILENCE_REDIAL_MS);
    },
  ),
  'the server is silent for longer': given(
    (at) => innerOf(at) === 'doubting',
    ({ at }) => sent(`xstate.after.doubtShown.session.${at}.doubting`),
    unchanged,
    ({ time }) => time.pass(DOUBT_SHOWN_MS),
  ),
  'the server is heard again': given(
    isDoubtful,
    () => sent('HEARD'),
    over,
    async (real) => {
      real.hear();
      await real.time.pass(LOOK_MS);
    },
  ),
  'the time for another try is there': given(
    ({ at }) => at === 'reconnecting',
    () => sent('xstate.after.backoff.session.reconnecting'),
    unchanged,
    ({ time }) => time.pass(BACKOFF_MAX_MS),
  ),
  'somebody is tired of waiting': given(
    () => true,
    () => sent('REFUSED'),
    over,
    ({ session }) => session.refuse(failure),
  ),
  'somebody quits': given(
    () => true,
    () => sent('QUIT'),
    (world) => {
      world.isOver = true;
    },
    ({ session }) => session.quit(),
  ),
};

/** A client's session with one server, over a network whose every move is the test's. */
export const clientSession: Model<World, SessionWorld> = {
  name: 'client-session',
  machine: sessionMachine,
  input: () => ({ random: () => 0 }),
  beginnings: {
    'there is a client': {
      world: () => ({ hasSocket: false, wasIn: false, way: 'nothing', isOver: false }),
      real: async () => new SessionWorld(),
    },
  },
  stimuli,
  run: () => lastRun(sessionMachine),
  // In words it tells of itself, which are compared below.
  state: () => lastRun(sessionMachine).value(),
  effects: ({ seen }) => seen.splice(0),
  holds: {
    session: ({ told, session, current }, at) => {
      const words = told.at(-1);
      const isAgain = words === 'reconnecting' && ['resolving', 'dialling', 'handshaking'].includes(at.at);
      if (!isAgain) expect(words, 'what people are told').toBe(linkState(at.value));
      const isIn = at.at === 'syncing' || at.at === 'live';
      expect(session.connection, 'over which one is logged in').toBe(isIn ? current : undefined);
    },
  },
  end: ({ session }) => session.quit(),
  defences: {
    '"dialling" session|LOST|0':
      'a socket opens or is refused for good; before that there is nothing to lose',
    '"reconnecting" session|LOST|0': 'whatever could be lost was dropped on the way there',
    '{"live":"steady"} session.live|AUTHENTICATED|0':
      'a second login runs only in doubt, and is abandoned as soon as the first connection is heard',
    '{"syncing":"steady"} session.syncing|AUTHENTICATED|0': 'as in `live`',
  },
};
