import { expect } from 'vitest';
import { loginMachine } from '../../src/actors/registry/login.machine.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import type { Model, ModelEvent, Stimulus } from './model.js';
import { SlowPool } from './slow-pool.js';
import { lastRun } from './witness.js';

const LOGIN_MS = 30_000;
const PASSWORD = 'password of ben';
/** As the pool would make it of this password. */
const SESSION_KEY = Buffer.alloc(64, PASSWORD).toString('base64url');
const ANSWERED = 'xstate.done.actor.0.login.answering';
const VERIFIED = 'xstate.done.actor.0.login.verifying';

interface World {
  /** What came last proves to come from whoever knows the password. */
  proves: boolean;
  /** It came already. */
  isFinished: boolean;
}

interface Real {
  readonly server: TestServer;
  readonly pool: SlowPool;
  readonly client: TestClient;
  looked: number;
  /** The request that is to be answered in the end. */
  request: number;
  /** The first request. */
  readonly start: number;
}

async function begun(): Promise<Real> {
  const pool = new SlowPool();
  const server = new TestServer({ tasks: pool.tasks, limits: { anonymousMs: 10 * LOGIN_MS } });
  const first = await server.register('ben');
  server.io.close(first.conn);
  const client = await server.connect();
  const looked = pool.asked.length;
  pool.slow();
  const start = client.ask(Operation.LoginStart, { n: 'ben', r: 'request' });
  await server.settle();
  return { server, pool, client, looked, request: start, start };
}

type Given = Stimulus<World, Real>;

/** The step that waits in that state comes to its end. */
function ended(state: string, event: ModelEvent, act: (pool: SlowPool) => void): Given {
  return {
    events: ({ at }) => (at === state ? [event] : undefined),
    act: async ({ server, pool }) => {
      act(pool);
      await server.settle();
    },
  };
}

/** The third message comes. @param proves its MAC is of this connection */
function finish(proves: boolean): Given {
  return {
    events: ({ world }) =>
      world.isFinished ? undefined : [{ type: 'FINISH', finish: PASSWORD, proves: () => proves }],
    changes: (world) => {
      world.proves = proves;
    },
    act: async (real) => {
      const { client, server } = real;
      const proof = client.proof('ben', PASSWORD) as { m: Buffer };
      const body = proves ? proof : { ...proof, m: Buffer.alloc(proof.m.length) };
      real.request = client.ask(Operation.LoginFinish, body);
      await server.settle();
    },
  };
}

const failure = new NatterError('BUSY', 'The pool is full.');

/** A login with a password, as the registry goes through it. */
export const login: Model<World, Real> = {
  name: 'login',
  machine: loginMachine,
  input: () => ({ start: { setup: '', user: 'ben', record: PASSWORD, request: 'request' }, tasks: {} }),
  beginnings: {
    'somebody begins to log in': {
      world: () => ({ proves: false, isFinished: false }),
      real: begun,
    },
  },
  stimuli: {
    'the first step is done': ended(
      'answering',
      { type: ANSWERED, output: { state: PASSWORD, response: 'response' } },
      (pool) => pool.answer({ state: PASSWORD, response: 'response' }),
    ),
    'the first step fails': ended(
      'answering',
      { type: 'xstate.error.actor.0.login.answering', error: failure },
      (pool) => pool.fail(failure),
    ),
    'the proof comes': finish(true),
    'a proof made for another connection comes': finish(false),
    'half a minute passes': {
      events: ({ at }) =>
        at === 'challenged' ? [{ type: 'xstate.after.loginMs.login.challenged' }] : undefined,
      act: ({ server }) => server.system.advance(LOGIN_MS),
    },
    'the password fits': ended('verifying', { type: VERIFIED, output: SESSION_KEY }, (pool) =>
      pool.answer(SESSION_KEY),
    ),
    'the password does not fit': ended('verifying', { type: VERIFIED, output: null }, (pool) =>
      pool.answer(null),
    ),
    'the second step fails': ended(
      'verifying',
      { type: 'xstate.error.actor.0.login.verifying', error: failure },
      (pool) => pool.fail(failure),
    ),
  },
  run: () => lastRun(loginMachine),
  // The registry has many; none of them tells of itself.
  state: () => lastRun(loginMachine).value(),
  effects: (real) => {
    const asked = real.pool.asked.slice(real.looked);
    real.looked = real.pool.asked.length;
    return asked.map((task) => (task === 'serverLoginStart' ? 'answer' : 'verify'));
  },
  holds: {
    'login.challenged': ({ client, start }) => {
      expect(client.reply(start), 'what the client is told').toMatchObject({
        done: true,
        body: { r: 'response' },
      });
    },
    'login.proven': ({ client, request }) => {
      expect(client.reply(request), 'what the client is told').toMatchObject({
        done: true,
        body: { n: 'ben' },
      });
    },
    'login.refused': (real) => isRefused(real, 'WRONG_PASSWORD'),
    'login.malformed': ({ client, start }) => isRefused({ client, request: start }, 'BUSY'),
    'login.failed': (real) => isRefused(real, 'BUSY'),
    'login.expired': async ({ client }) => {
      expect(await client.refused(Operation.LoginFinish, client.proof('ben')), 'who comes too late').toBe(
        'NOT_LOGGED_IN',
      );
    },
  },
  end: () => undefined,
};

function isRefused({ client, request }: Pick<Real, 'client' | 'request'>, code: string): void {
  expect(client.reply(request), 'what the client is told').toMatchObject({ done: false, body: { c: code } });
}
