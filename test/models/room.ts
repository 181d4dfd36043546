import { expect } from 'vitest';
import { IoMessage, RegistryMessage, RoomMessage } from '../../src/actors/messages.js';
import { roomMachine } from '../../src/actors/room/room.machine.js';
import { type Address, Kind } from '../../src/actors/runtime/actor.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import type { Beginning, Model, ModelEvent, Stimulus } from './model.js';
import { lastRun, type Run } from './witness.js';

const CORES = ['core-0', 'core-1'];
const IDLE_MS = 5 * 60 * 1000;
const RETRY_MS = 250;
/** No room has this number. */
const NOWHERE = 999;

interface World {
  readonly exists: boolean;
  /** The registry was asked and has not answered. */
  isAsked: boolean;
  isRead: boolean;
}

interface Real {
  readonly server: TestServer;
  readonly room: Address;
  /** Other rooms wake as well. */
  run: Run | undefined;
  reader: TestClient | undefined;
  looked: number;
  /** What whoever woke it was answered, and nobody has looked at. */
  answer: 'open' | 'turnAway' | undefined;
}

type Registry = 'answers' | 'is slow' | 'is busy';

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type }));
}

/** How the registry takes it that a room is asked for, the next time. */
function prepare({ server, room }: Pick<Real, 'server' | 'room'>, registry: Registry): void {
  if (registry === 'answers') return;
  server.fate = ({ to, type, from }) => {
    if (to !== 'registry' || type !== RegistryMessage.RoomLoad || from.key !== room.key) return undefined;
    server.fate = () => undefined;
    return registry === 'is slow' ? 'kept' : new NatterError('BUSY', 'Later.');
  };
}

/** A conversation that everybody has left alone for long, and somebody who asks it something. */
async function asked(exists: boolean, registry: Registry): Promise<Real> {
  const server = new TestServer();
  const ada = await server.register('ada');
  const account = Buffer.from((await ada.do(Operation.LoginDevice, { n: 'ada' })).a as Uint8Array);
  const log = Number((await ada.do(Operation.Join, { n: 'garden' })).l);
  server.io.close(ada.conn);
  await server.system.advance(2 * IDLE_MS);
  const room = { kind: Kind.Room, key: exists ? log : NOWHERE } as const;
  const real: Real = {
    server,
    room,
    run: undefined,
    reader: undefined,
    looked: server.heard.length,
    answer: undefined,
  };
  prepare(real, registry);
  server.system.ask(room, RoomMessage.Member, account, IDLE_MS).then(
    () => {
      real.answer = 'open';
    },
    (error: unknown) => {
      if (error instanceof NatterError && error.code === 'NO_SUCH_ROOM') real.answer = 'turnAway';
    },
  );
  await server.settle();
  real.run = lastRun(roomMachine);
  return real;
}

function beginning(exists: boolean, registry: Registry, ...types: string[]): Beginning<World, Real> {
  return {
    world: () => ({ exists, isAsked: registry === 'is slow', isRead: false }),
    events: sent(...types),
    real: () => asked(exists, registry),
  };
}

/** The time for another try is there. */
function again(registry: Registry): Stimulus<World, Real> {
  return {
    events: ({ at, world }) => {
      if (at !== 'waiting') return undefined;
      const due = 'xstate.after.retryMs.room.waiting';
      if (registry === 'answers') return sent(due, found(world));
      return registry === 'is busy' ? sent(due, 'LOST') : sent(due);
    },
    changes: (world) => {
      world.isAsked = registry === 'is slow';
    },
    act: async (real) => {
      prepare(real, registry);
      await real.server.system.advance(RETRY_MS);
    },
  };
}

function found({ exists }: Readonly<World>): string {
  return exists ? 'LOADED' : 'MISSING';
}

/** A conversation, from the first question to when nobody reads it any more. */
export const room: Model<World, Real> = {
  name: 'room',
  machine: roomMachine,
  input: (world) => ({
    idleMs: IDLE_MS,
    port: {
      load: () => undefined,
      open: () => undefined,
      turnAway: () => undefined,
      sleep: () => undefined,
      idle: () => !world.isRead,
    },
  }),
  beginnings: {
    'a room is asked': beginning(true, 'answers', 'LOADED'),
    'a room is asked, and the registry is slow': beginning(true, 'is slow'),
    'a room is asked, and the registry is busy': beginning(true, 'is busy', 'LOST'),
    'one that does not exist is asked': beginning(false, 'answers', 'MISSING'),
    'one that does not exist is asked, and the registry is slow': beginning(false, 'is slow'),
    'one that does not exist is asked, and the registry is busy': beginning(false, 'is busy', 'LOST'),
  },
  stimuli: {
    'the registry answers': {
      events: ({ world }) => (world.isAsked ? sent(found(world)) : undefined),
      changes: (world) => {
        world.isAsked = false;
      },
      act: async ({ server }) => {
        server.release();
        await server.settle();
      },
    },
    'a moment passes': again('answers'),
    'a moment passes, and the registry is slow': again('is slow'),
    'a moment passes, and the registry is busy': again('is busy'),
    'somebody reads it': {
      events: ({ at, world }) => (at === 'awake' && !world.isRead ? [] : undefined),
      changes: (world) => {
        world.isRead = true;
      },
      act: async (real) => {
        real.reader = await real.server.connect();
        await real.reader.login('ada');
      },
    },
    'nobody reads it any more': {
      events: ({ world }) => (world.isRead ? [] : undefined),
      changes: (world) => {
        world.isRead = false;
      },
      act: async ({ server, reader }) => {
        if (reader !== undefined) server.io.close(reader.conn);
        await server.settle();
      },
    },
    'long nothing happens': {
      events: ({ at }) => (at === 'awake' ? sent('xstate.after.idleMs.room.awake') : undefined),
      act: ({ server }) => server.system.advance(IDLE_MS),
    },
  },
  run: ({ run }) => run ?? lastRun(roomMachine),
  state: ({ server, room: { kind, key } }) => {
    const cells = CORES.map((core) => server.system.system(core).cells.find(kind, key));
    return cells.find((cell) => cell !== undefined)?.actor?.describe?.().state;
  },
  effects: (real) => {
    const heard = real.server.heard.slice(real.looked);
    real.looked = real.server.heard.length;
    const seen = heard.flatMap(({ to, type, from }) => {
      if (from.kind !== Kind.Room || from.key !== real.room.key) return [];
      if (to === 'registry' && type === RegistryMessage.RoomLoad) return ['load'];
      return to === 'io' && type === IoMessage.Forget ? ['sleep'] : [];
    });
    const { answer } = real;
    real.answer = undefined;
    return answer === undefined ? seen : [...seen, answer];
  },
  holds: {
    'room.awake': ({ server, room: { key }, reader }, { world }) => {
      const readers = [...(server.io.tables.get(key)?.readers ?? [])];
      expect(readers, 'who is sent what is said').toEqual(world.isRead ? [reader?.conn] : []);
    },
    'room.asleep': ({ server, room: { key } }) => {
      expect(server.io.tables.has(key), 'that the I/O actor keeps something for it').toBe(false);
    },
  },
  end: () => undefined,
};
