import { expect } from 'vitest';
import { StoreMessage } from '../../src/actors/messages.js';
import { registrationMachine } from '../../src/actors/registry/registration.machine.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import type { Model, Stimulus } from './model.js';
import { SlowPool } from './slow-pool.js';
import { lastRun } from './witness.js';

const REGISTRATION_MS = 30_000;
const ENROLLED = 'xstate.done.actor.0.registration.enrolling';
const NOT_ENROLLED = 'xstate.error.actor.0.registration.enrolling';

interface World {
  /** The store was asked and has not answered. */
  isAsked: boolean;
}

interface Real {
  readonly server: TestServer;
  readonly pool: SlowPool;
  readonly client: TestClient;
  looked: number;
  heard: number;
  request: number;
  /** The first request. */
  readonly start: number;
}

async function begun(): Promise<Real> {
  const pool = new SlowPool();
  const server = new TestServer({ tasks: pool.tasks, limits: { anonymousMs: 10 * REGISTRATION_MS } });
  const client = await server.connect();
  pool.slow();
  const start = client.ask(Operation.RegisterStart, { n: 'ben', r: 'request' });
  await server.settle();
  return { server, pool, client, looked: 0, heard: server.heard.length, request: start, start };
}

const failure = new NatterError('DISK_FULL', 'There is no room.');

/** What the store does with the account, the next time. */
function journal({ server }: Real, fate: 'kept' | NatterError): void {
  server.fate = ({ to, type, from }) => {
    if (to !== 'store' || type !== StoreMessage.Journal || from.kind !== Kind.Registry) return undefined;
    server.fate = () => undefined;
    return fate;
  };
}

/** The record comes. */
function record(types: readonly string[], meanwhile: (real: Real) => void | Promise<void>, isAsked = false) {
  return {
    events: ({ at }) => {
      if (at === 'awaitingRecord')
        return [{ type: 'RECORD', record: 'it' }, ...types.map((type) => ({ type, error: failure }))];
      return at === 'answering' && types[0] === ENROLLED ? [{ type: 'RECORD', record: 'it' }] : undefined;
    },
    changes: (world) => {
      world.isAsked = isAsked;
    },
    act: async (real) => {
      await meanwhile(real);
      real.request = real.client.ask(Operation.RegisterFinish, { n: 'ben', r: 'it', d: false, l: '' });
      await real.server.settle();
    },
  } satisfies Stimulus<World, Real>;
}

/** A registration, as the registry goes through it. */
export const registration: Model<World, Real> = {
  name: 'registration',
  machine: registrationMachine,
  input: () => ({ start: { setup: '', user: 'ben', request: '' }, tasks: {}, enrol: () => undefined }),
  beginnings: {
    'somebody begins to register': { world: () => ({ isAsked: false }), real: begun },
  },
  stimuli: {
    'the first step is done': {
      events: ({ at }) =>
        at === 'answering'
          ? [{ type: 'xstate.done.actor.0.registration.answering', output: 'response' }]
          : undefined,
      act: async ({ server, pool }) => {
        pool.answer('response');
        await server.settle();
      },
    },
    'the first step fails': {
      events: ({ at }) =>
        at === 'answering'
          ? [{ type: 'xstate.error.actor.0.registration.answering', error: failure }]
          : undefined,
      act: async ({ server, pool }) => {
        pool.fail(failure);
        await server.settle();
      },
    },
    'the record comes': record([ENROLLED], () => undefined),
    'the record comes, and the store is slow': record([], (real) => journal(real, 'kept'), true),
    'the record comes, and the disk is full': record([NOT_ENROLLED], (real) => journal(real, failure)),
    'the store answers': {
      events: ({ world }) => (world.isAsked ? [{ type: ENROLLED }] : undefined),
      changes: (world) => {
        world.isAsked = false;
      },
      // The account's first device is written then.
      seen: () => ['enrol'],
      act: async ({ server }) => {
        server.release();
        await server.settle();
      },
    },
    'half a minute passes': {
      events: ({ at }) =>
        at === 'awaitingRecord'
          ? [{ type: 'xstate.after.registrationMs.registration.awaitingRecord' }]
          : undefined,
      act: ({ server }) => server.system.advance(REGISTRATION_MS),
    },
  },
  run: () => lastRun(registrationMachine),
  // The registry has many; none of them tells of itself.
  state: () => lastRun(registrationMachine).value(),
  effects: (real) => {
    const asked = real.pool.asked.slice(real.looked).map(() => 'answer');
    real.looked = real.pool.asked.length;
    const heard = real.server.heard.slice(real.heard);
    real.heard = real.server.heard.length;
    const journaled = heard.some(({ to, type }) => to === 'store' && type === StoreMessage.Journal);
    return journaled ? [...asked, 'enrol'] : asked;
  },
  holds: {
    'registration.awaitingRecord': ({ client, start }) => {
      expect(client.reply(start), 'what the client is told').toMatchObject({
        done: true,
        body: { r: 'response' },
      });
    },
    'registration.enrolled': ({ client, request }) => {
      expect(client.reply(request), 'what the client is told').toMatchObject({
        done: true,
        body: { n: 'ben' },
      });
    },
    'registration.refused': (real) => isRefused(real, 'DISK_FULL'),
    'registration.malformed': ({ client, start }) => isRefused({ client, request: start }, 'DISK_FULL'),
    'registration.expired': async ({ client }) => {
      const late = { n: 'ben', r: 'it', d: false, l: '' };
      expect(await client.refused(Operation.RegisterFinish, late), 'who comes too late').toBe(
        'NOT_LOGGED_IN',
      );
    },
  },
  end: () => undefined,
};

function isRefused({ client, request }: Pick<Real, 'client' | 'request'>, code: string): void {
  expect(client.reply(request), 'what the client is told').toMatchObject({ done: false, body: { c: code } });
}
