import { expect } from 'vitest';
import { PresenceMessage, RegistryMessage } from '../../src/actors/messages.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { sessionMachine } from '../../src/actors/session/session.machine.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { FrameType } from '../../src/net/constants.js';
import { CloseCode } from '../../src/net/types.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import type { Beginning, Model, ModelEvent, Stimulus } from './model.js';
import { lastRun } from './witness.js';

const CORE = 'core-1';
/** Shorter than any ask's patience. */
const ANONYMOUS_MS = 4_000;
const RETRY_MS = 250;
const CLOSING_MS = 5_000;
const MANY = 1_000;

interface World {
  /** The I/O actor closes connections, and its word on that is lost. */
  readonly isSilent: boolean;
  /** What the registry has been asked and has not answered. */
  asked: 'nothing' | 'start' | 'conversations';
}

interface Real {
  readonly server: TestServer;
  readonly client: TestClient;
  looked: number;
  /** Of the connection, before it was let go of. */
  readonly connection: NonNullable<TestClient['connection']>;
}

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type, code: CloseCode.Protocol, text: '' }));
}

/** A connection whose session lives on the thread that can die alone; ben's account is there. */
async function connected(): Promise<Real> {
  const limits = {
    anonymousMs: ANONYMOUS_MS,
    loginsPerAccountPerMinute: MANY,
    loginsPerAddressPerMinute: MANY,
    requestsPerS: MANY,
    requestsBurst: MANY,
  };
  const server = new TestServer({ limits });
  const first = await server.register('ben');
  server.io.close(first.conn);
  for (;;) {
    const client = await server.connect();
    await server.settle();
    const { connection } = client;
    if (connection === undefined) throw new Error('it is closed before it was used');
    if (server.system.system(CORE).cells.find(Kind.Session, client.conn) !== undefined)
      return { server, client, connection, looked: server.heard.length };
  }
}

async function silentlyConnected(): Promise<Real> {
  const real = await connected();
  real.server.io.closesSilently = true;
  return real;
}

/** The thread of a session dies, and the I/O actor says who it was. */
async function restored(): Promise<Real> {
  const real = await connected();
  await real.client.login('ben');
  real.server.system.kill(CORE);
  await real.server.system.advance(50);
  real.looked = real.server.heard.length;
  real.server.system.respawn(CORE);
  await real.server.settle();
  return real;
}

function beginning(
  isSilent: boolean,
  events: readonly ModelEvent[],
  real: () => Promise<Real>,
): Beginning<World, Real> {
  return { world: () => ({ isSilent, asked: 'nothing' }), events, real };
}

/** The next of these is refused, or kept, once. */
function once(real: Real, type: number, fate: NatterError | 'kept'): void {
  const { server } = real;
  server.fate = (heard) => {
    if (heard.to !== 'registry' || heard.type !== type || heard.from.key !== real.client.conn)
      return undefined;
    server.fate = () => undefined;
    return fate;
  };
}

async function login({ client, server }: Real, password?: string): Promise<void> {
  client.ask(Operation.LoginStart, { n: 'ben', r: 'request' });
  await server.settle();
  client.ask(Operation.LoginFinish, client.proof('ben', password));
  await server.settle();
}

type Given = Stimulus<World, Real>;
/** Where somebody may log in, and the registry owes nothing. */
const mayLogin = (at: string, { asked }: Readonly<World>) =>
  asked === 'nothing' && (at === 'anonymous' || at === 'authenticating');

/** A login up to where its conversations are asked for. */
function loginThen(
  types: readonly string[],
  meanwhile: (real: Real) => void,
  asked: World['asked'] = 'nothing',
): Given {
  return {
    events: ({ at, world }) =>
      mayLogin(at, world) ? sent('AUTHENTICATE', 'AUTHENTICATE', 'IDENTIFIED', ...types) : undefined,
    changes: (world) => {
      world.asked = asked;
    },
    act: async (real) => {
      meanwhile(real);
      await login(real);
    },
  };
}

/** The connection is closed by the server; the I/O actor says when it is. */
function closes(
  first: (at: string, world: Readonly<World>) => ModelEvent | undefined,
  act: Given['act'],
): Given {
  return {
    events: ({ at, world }) => {
      const event = first(at, world);
      if (event === undefined) return undefined;
      return world.isSilent || at === 'closing' ? [event] : [event, ...sent('CLOSED')];
    },
    changes: (world) => {
      world.asked = 'nothing';
    },
    act,
  };
}

const busy = () => new NatterError('BUSY', 'Later.');

const stimuli: Record<string, Given> = {
  'a login begins, and the registry is slow': {
    events: ({ at, world }) => (mayLogin(at, world) ? sent('AUTHENTICATE') : undefined),
    changes: (world) => {
      world.asked = 'start';
    },
    act: async (real) => {
      once(real, RegistryMessage.LoginStart, 'kept');
      real.client.ask(Operation.LoginStart, { n: 'ben', r: 'request' });
      await real.server.settle();
    },
  },
  'a login begins, and the registry is busy': {
    events: ({ at, world }) => (mayLogin(at, world) ? sent('AUTHENTICATE', 'REFUSED') : undefined),
    act: async (real) => {
      once(real, RegistryMessage.LoginStart, busy());
      real.client.ask(Operation.LoginStart, { n: 'ben', r: 'request' });
      await real.server.settle();
    },
  },
  'the registry answers': {
    events: ({ at, world }) => {
      if (world.asked === 'conversations') return sent('READY');
      return world.asked === 'start' && at === 'authenticating' ? [] : undefined;
    },
    changes: (world) => {
      world.asked = 'nothing';
    },
    act: async ({ server }) => {
      server.release();
      await server.settle();
    },
  },
  'somebody logs in': loginThen(['READY'], () => undefined),
  'somebody logs in, and the registry is slow': loginThen(
    [],
    (real) => once(real, RegistryMessage.Conversations, 'kept'),
    'conversations',
  ),
  'somebody logs in, and the registry is busy': loginThen(['LOST'], (real) =>
    once(real, RegistryMessage.Conversations, busy()),
  ),
  'somebody logs in with a wrong password': {
    events: ({ at, world }) =>
      mayLogin(at, world) ? sent('AUTHENTICATE', 'AUTHENTICATE', 'REFUSED') : undefined,
    act: (real) => login(real, 'another'),
  },
  'whoever is logged in proves it again': {
    events: ({ at }) => (at === 'active' ? sent('AUTHENTICATE', 'AUTHENTICATE') : undefined),
    // The welcome says anew what there is.
    seen: () => ['prepare'],
    act: (real) => login(real),
  },
  'a moment passes': {
    events: ({ at }) =>
      at === 'waiting' ? [...sent('xstate.after.retryMs.session.waiting', 'READY')] : undefined,
    act: ({ server }) => server.system.advance(RETRY_MS),
  },
  'whoever is logged in logs out': {
    events: ({ at }) => (at === 'active' ? sent('LOGOUT') : undefined),
    act: async ({ client, server }) => {
      client.ask(Operation.Logout, {});
      await server.settle();
    },
  },
  'its device is forgotten': closes(
    (at) => (at === 'active' ? sent('CLOSE')[0] : undefined),
    async ({ client, server }) => {
      client.ask(Operation.DeviceForget, { k: client.key });
      await server.settle();
    },
  ),
  'something malformed comes': closes(
    () => sent('CLOSE')[0],
    async ({ client, server }) => {
      server.io.frame(client.conn, FrameType.Request, Buffer.alloc(0));
      await server.settle();
    },
  ),
  'nobody logs in for long': closes(
    (at) =>
      at === 'anonymous' || at === 'authenticating'
        ? sent(`xstate.after.anonymousMs.session.${at}`)[0]
        : undefined,
    ({ server }) => server.system.advance(ANONYMOUS_MS),
  ),
  'the word of the I/O actor does not come': {
    events: ({ at }) => (at === 'closing' ? sent('xstate.after.closingMs.session.closing') : undefined),
    act: ({ server }) => server.system.advance(CLOSING_MS),
  },
  'the connection is lost': {
    events: () => sent('CLOSED'),
    act: async ({ client, server }) => {
      server.io.close(client.conn, CloseCode.NoAnswer);
      await server.settle();
    },
  },
};

/** One connection's session at the server, whatever comes over it. */
export const session: Model<World, Real> = {
  name: 'session',
  machine: sessionMachine,
  input: () => ({
    anonymousMs: ANONYMOUS_MS,
    port: {
      prepare: () => undefined,
      enter: () => undefined,
      leave: () => undefined,
      closeConnection: () => undefined,
    },
  }),
  beginnings: {
    'somebody connects': beginning(false, [], connected),
    'somebody connects, and the I/O actor is silent': beginning(true, [], silentlyConnected),
    'a session comes back': beginning(false, sent('IDENTIFIED', 'READY'), restored),
  },
  stimuli,
  run: () => lastRun(sessionMachine),
  state: ({ server, client }) =>
    server.system.system(CORE).cells.find(Kind.Session, client.conn)?.actor?.describe?.().state,
  effects: (real) => {
    const { server, client, connection } = real;
    const heard = server.heard.slice(real.looked);
    real.looked = server.heard.length;
    const seen = heard.flatMap(({ to, type, from }) => {
      if (from.kind !== Kind.Session || from.key !== client.conn) return [];
      if (to === 'registry') return type === RegistryMessage.Conversations ? ['prepare'] : [];
      if (to !== 'presence') return [];
      if (type === PresenceMessage.Enter) return ['enter'];
      return type === PresenceMessage.Exit ? ['leave'] : [];
    });
    const { closed } = connection;
    connection.closed = undefined;
    if (closed === undefined) return seen;
    return [...seen, closed.code === CloseCode.Limit ? 'closeUnused' : 'closeConnection'];
  },
  holds: {
    'session.anonymous': isNobody,
    'session.authenticating': isNobody,
    'session.preparing': isNobody,
    'session.waiting': isNobody,
    'session.active': async ({ client }) => {
      expect((await client.do(Operation.Who, { l: 0, a: '' })).u, 'who is here').toMatchObject([
        { n: 'ben' },
      ]);
    },
    'session.closed': ({ server, client }) => {
      const there = server.system.system(CORE).cells.find(Kind.Session, client.conn);
      expect(there?.actor, 'what is left of it').toBeUndefined();
    },
  },
  end: () => undefined,
};

/** Nothing that needs an account is done for it. */
async function isNobody({ client, server }: Real): Promise<void> {
  const looked = server.heard.length;
  expect(await client.refused(Operation.Rooms, { a: '' }), 'what it may do').toBe('NOT_LOGGED_IN');
  expect(server.heard.slice(looked).filter(({ to }) => to === 'registry')).toEqual([]);
}
