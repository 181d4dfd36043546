import { expect } from 'vitest';
import { presenceMachine } from '../../src/actors/presence/presence.machine.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { EphemeralKind, Operation, PresenceState } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import type { Model, ModelEvent, Stimulus } from './model.js';
import { lastRun } from './witness.js';

const LOBBY = 1;
const LINGER_MS = 2_000;
/** Presence lives on the other one. */
const CORE = 'core-1';

type Device = 'laptop' | 'phone';
type How = 'here' | 'away' | 'gone';

interface World extends Record<Device, How> {
  /** What the lobby was shown, in order. */
  shown: PresenceState[];
}

interface Real extends Record<Device, TestClient | undefined> {
  readonly server: TestServer;
  readonly ada: TestClient;
}

/** What presence makes of its devices. */
function judged({ laptop, phone }: Pick<World, Device>): ModelEvent {
  const here = [laptop, phone].filter((each) => each !== 'gone');
  if (here.length === 0) return { type: 'NOBODY' };
  return { type: here.every((each) => each === 'away') ? 'AWAY' : 'HERE' };
}

/** A connection whose session lives on a thread that can die alone. */
async function connect(server: TestServer): Promise<TestClient> {
  for (;;) {
    const client = await server.connect();
    await server.settle();
    if (server.system.system(CORE).cells.find(Kind.Session, client.conn) !== undefined) return client;
  }
}

async function begin(): Promise<Real> {
  const server = new TestServer();
  const ada = await server.register('ada');
  const laptop = await connect(server);
  await laptop.register('ben');
  return { server, ada, laptop, phone: undefined };
}

function of(
  device: Device,
  from: readonly How[],
  to: How,
  act: (real: Real, client?: TestClient) => Promise<unknown>,
) {
  return {
    events: ({ world }) => (from.includes(world[device]) ? [judged({ ...world, [device]: to })] : undefined),
    changes: (world) => {
      world[device] = to;
    },
    act: async (real) => {
      await act(real, real[device]);
      await real.server.settle();
    },
  } satisfies Stimulus<World, Real>;
}

function stimuliOf(device: Device): Record<string, Stimulus<World, Real>> {
  return {
    [`he goes away from his ${device}`]: of(device, ['here'], 'away', async (_real, client) =>
      client?.do(Operation.Away, { a: true }),
    ),
    [`he comes back to his ${device}`]: of(device, ['away'], 'here', async (_real, client) =>
      client?.do(Operation.Away, { a: false }),
    ),
    [`the connection of his ${device} is lost`]: of(
      device,
      ['here', 'away'],
      'gone',
      async (real, client) => {
        if (client !== undefined) real.server.io.close(client.conn);
      },
    ),
    [`he logs in with his ${device}`]: of(device, ['gone'], 'here', async (real) => {
      const client = await connect(real.server);
      await client.login('ben');
      real[device] = client;
    }),
  };
}

/** Sessions come back with what the I/O actor kept of them. */
const threadDies: Stimulus<World, Real> = {
  events: ({ world }) => {
    const devices = (['laptop', 'phone'] as const).filter((device) => world[device] !== 'gone');
    if (devices.length !== 1) return undefined;
    return [{ type: 'NOBODY' }, judged(world)];
  },
  act: async ({ server }) => {
    server.system.kill(CORE);
    await server.system.advance(50);
    server.system.respawn(CORE);
    await server.system.advance(50);
  },
};

/** One account as the lobby sees it, by whatever its devices do. */
export const presence: Model<World, Real> = {
  name: 'presence',
  machine: presenceMachine,
  input: (world) => ({
    lingerMs: LINGER_MS,
    port: {
      publish: (state: PresenceState) => {
        if (state !== world.shown.at(-1)) world.shown.push(state);
      },
      forget: () => undefined,
    },
  }),
  key: ({ laptop, phone, shown }) => [laptop, phone, shown.at(-1)],
  beginnings: {
    'he registers': {
      world: () => ({ laptop: 'here', phone: 'gone', shown: [] }),
      events: [{ type: 'HERE' }],
      real: begin,
    },
  },
  stimuli: {
    ...stimuliOf('laptop'),
    ...stimuliOf('phone'),
    'the thread of his session dies': threadDies,
    'time passes': {
      events: ({ at }) => (at === 'lingering' ? [{ type: 'xstate.after.lingerMs.presence.lingering' }] : []),
      act: ({ server }) => server.system.advance(LINGER_MS),
    },
  },
  run: () => lastRun(presenceMachine),
  // The actor counts everybody; of one person it tells what others are told.
  state: () => lastRun(presenceMachine).value(),
  effects: () => [],
  // What the lobby is shown is compared as a whole: what it was shown last is not published again.
  inward: ['publishOnline', 'publishAway', 'publishOffline', 'forget'],
  holds: {
    presence: ({ ada }, { world }) => expect(shownTo(ada), 'what the lobby was shown').toEqual(world.shown),
    'presence.online': (real) => told(real, PresenceState.Online),
    'presence.away': (real) => told(real, PresenceState.Away),
    'presence.offline': async ({ ada }) => {
      const { u } = await ada.do(Operation.Who, { l: 0, a: '' });
      expect(u, 'who is here').toMatchObject([{ n: 'ada' }]);
    },
  },
  end: () => undefined,
};

/** What comes again is of no newer version: the lobby's room died, and what it was told last may have died with it. */
function shownTo(client: TestClient): number[] {
  const shown = new Map<number, number>();
  for (const { log, kind, subject, version, value } of client.ephemerals())
    if (log === LOBBY && kind === EphemeralKind.Presence && subject === 'ben')
      shown.set(version, value[0] ?? -1);
  return [...shown.values()];
}

async function told({ ada }: Real, s: PresenceState): Promise<void> {
  const { u } = await ada.do(Operation.Who, { l: 0, a: '' });
  expect(u, 'who is here').toMatchObject([{ n: 'ada' }, { n: 'ben', s }]);
}
