import { expect, test } from 'vitest';
import { createActor, fromPromise, toPromise } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { loginMachine, type Unlocked } from '../../src/actors/client/login.machine.js';
import { registrationMachine } from '../../src/actors/client/registration.machine.js';
import {
  backoffMs,
  linkState,
  type SessionEvent,
  sessionMachine,
} from '../../src/actors/client/session.machine.js';
import type { Blinded } from '../../src/actors/client/steps.js';
import { NatterError } from '../../src/chat/error.js';
import type { WelcomeReply } from '../../src/chat/operations.js';
import { VirtualTime } from '../support/virtual-time.js';

const failure = new NatterError('DISCONNECTED', 'It is gone.');
const EVENTS: SessionEvent[] = [
  { type: 'DIAL' },
  { type: 'RESOLVED' },
  { type: 'BOUND' },
  { type: 'OPENED' },
  { type: 'AUTHENTICATED' },
  { type: 'SYNCED' },
  { type: 'SILENT' },
  { type: 'HEARD' },
  { type: 'LOST', failure },
  { type: 'REFUSED', failure },
  { type: 'QUIT' },
];

/** Every state that events alone can reach, with the events that lead there. */
function paths() {
  return getShortestPaths(sessionMachine, {
    input: { random: () => 0 },
    events: EVENTS,
    serializeState: (snapshot) => JSON.stringify(snapshot.value),
  });
}

function session() {
  const time = new VirtualTime();
  const actor = createActor(sessionMachine, { input: { random: () => 1 }, clock: time }).start();
  return { time, actor, value: () => JSON.stringify(actor.getSnapshot().value) };
}

test('every state of a session can be reached', () => {
  const reached = new Set(paths().map((path) => linkState(path.state.value)));
  expect([...reached].sort()).toEqual([
    'authenticating',
    'dialling',
    'failed',
    'handshaking',
    'live',
    'offline',
    'reconnecting',
    'syncing',
  ]);
});

test('from every state of a session quitting leads offline, and a refusal or a loss where it belongs', () => {
  for (const path of paths()) {
    const ended = ['offline', 'failed'].includes(String(path.state.value));
    const expected = [
      ['QUIT', 'offline'],
      ['LOST', ended ? path.state.value : 'reconnecting'],
      ['REFUSED', ended ? path.state.value : 'failed'],
    ] as const;
    for (const [type, target] of expected) {
      const { actor } = session();
      for (const { event } of path.steps) {
        if (EVENTS.some((each) => each.type === event.type)) actor.send(event);
      }
      expect(actor.getSnapshot().value).toEqual(path.state.value);
      const [event] = EVENTS.filter((each) => each.type === type);
      if (event !== undefined) actor.send(event);
      expect(actor.getSnapshot().value, `${JSON.stringify(path.state.value)} on ${type}`).toBe(target);
    }
  }
});

test('a lost session waits longer each time, up to 5 s, and starts over after a success', async () => {
  const { time, actor } = session();
  const waits: number[] = [];
  actor.send({ type: 'DIAL' });
  for (let n = 0; n < 8; n++) {
    actor.send({ type: 'LOST', failure });
    const lostAt = time.now();
    await time.until(() => actor.getSnapshot().value === 'resolving');
    waits.push(time.now() - lostAt);
  }
  expect(waits).toEqual([300, 600, 1_200, 2_400, 4_800, 5_000, 5_000, 5_000]);
  for (const type of ['RESOLVED', 'BOUND', 'OPENED', 'AUTHENTICATED'] as const) actor.send({ type });
  expect(actor.getSnapshot().context).toMatchObject({ attempts: 0, failure: undefined });
});

test('jitter takes up to half of a wait', () => {
  expect(backoffMs(3, 0)).toBe(600);
  expect(backoffMs(3, 0.999)).toBeLessThanOrEqual(1_200);
});

const WELCOME: WelcomeReply = { a: Buffer.alloc(16), n: 'ana', c: [] };

function login(
  input: { deviceKnown: boolean; hasPassword: boolean },
  fails: Record<string, NatterError> = {},
) {
  const steps: string[] = [];
  const step = <I, T>(name: string, output: T) =>
    fromPromise<T, I>(async () => {
      steps.push(name);
      const error = fails[name];
      if (error !== undefined) throw error;
      return output;
    });
  const actors = {
    askDevice: step<void, WelcomeReply>('askDevice', WELCOME),
    blind: step<void, Blinded>('blind', { state: 's', request: 'r' }),
    askStart: step<string, string>('askStart', 'response'),
    stretch: step<{ state: string; response: string }, Unlocked | undefined>('stretch', {
      finish: 'f',
      sessionKey: 'k',
    }),
    askFinish: step<Unlocked, WelcomeReply>('askFinish', WELCOME),
  };
  const actor = createActor(loginMachine.provide({ actors }), { input }).start();
  return toPromise(actor).then((output) => ({ ...output, steps }));
}

test('a known device logs in without touching the password', async () => {
  const { welcome, steps } = await login({ deviceKnown: true, hasPassword: true });
  expect(welcome).toBe(WELCOME);
  expect(steps).toEqual(['askDevice']);
});

test('a forgotten device falls back to the password, and to an error without one', async () => {
  const askDevice = new NatterError('DEVICE_UNKNOWN', 'Not known.');
  const withPassword = await login({ deviceKnown: true, hasPassword: true }, { askDevice });
  expect(withPassword.steps).toEqual(['askDevice', 'blind', 'askStart', 'stretch', 'askFinish']);
  const without = await login({ deviceKnown: true, hasPassword: false }, { askDevice });
  expect(without).toMatchObject({
    welcome: undefined,
    error: { code: 'DEVICE_UNKNOWN' },
    steps: ['askDevice'],
  });
});

test('a device that is refused for another reason does not give the password away', async () => {
  const askDevice = new NatterError('BUSY', 'Later.');
  const { error, steps } = await login({ deviceKnown: true, hasPassword: true }, { askDevice });
  expect(error?.code).toBe('BUSY');
  expect(steps).toEqual(['askDevice']);
});

test('whichever step fails ends a login with its error', async () => {
  for (const name of ['blind', 'askStart', 'stretch', 'askFinish']) {
    const error = new NatterError('BUSY', 'Later.');
    const outcome = await login({ deviceKnown: false, hasPassword: true }, { [name]: error });
    expect(outcome).toMatchObject({ welcome: undefined, error });
    expect(outcome.steps.at(-1)).toBe(name);
  }
});

test('a registration whose name is taken ends with that', async () => {
  const taken = new NatterError('NAME_TAKEN', 'Taken.');
  const actors = {
    blind: fromPromise<Blinded, void>(async () => ({ state: 's', request: 'r' })),
    askStart: fromPromise<string, string>(async () => Promise.reject(taken)),
  };
  const actor = createActor(registrationMachine.provide({ actors })).start();
  expect(await toPromise(actor)).toEqual({ welcome: undefined, error: taken });
});
