import { expect } from 'vitest';
import { Authentication } from '../../src/actors/client/authentication.js';
import { Calls } from '../../src/actors/client/calls.js';
import { loginMachine } from '../../src/actors/client/login.machine.js';
import { registrationMachine } from '../../src/actors/client/registration.machine.js';
import { RequestNumbers } from '../../src/actors/client/requests.js';
import type { Outcome } from '../../src/actors/client/steps.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { encodeBody } from '../../src/chat/wire.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { ReplyStatus, requestCodec } from '../../src/net/talk.js';
import { FakeConnection } from '../support/fake-connection.js';
import { VirtualTime } from '../support/virtual-time.js';
import type { Beginning, Model, Stimulus } from './model.js';
import { lastRun } from './witness.js';

interface World {
  readonly deviceKnown: boolean;
  readonly hasPassword: boolean;
}

/** A step that was begun and waits for its end. */
interface Step {
  readonly name: string;
  readonly done: (output: unknown) => void;
  readonly failed: (error: NatterError) => void;
}

interface Real {
  readonly begun: string[];
  step: Step | undefined;
  outcome: Outcome | undefined;
}

const STEPS = new Map<number, string>([
  [Operation.LoginDevice, 'askDevice'],
  [Operation.LoginStart, 'askStart'],
  [Operation.RegisterStart, 'askStart'],
  [Operation.LoginFinish, 'askFinish'],
  [Operation.RegisterFinish, 'askFinish'],
]);
const WELCOME = { a: Buffer.alloc(16, 1), n: 'ana', c: [] };
const BLINDED = { state: 'state', request: 'request' };
const UNLOCKED = { finish: 'finish', sessionKey: Buffer.alloc(64).toString('base64url') };
const BUSY = new NatterError('BUSY', 'Later.');
const FORGOTTEN = new NatterError('DEVICE_UNKNOWN', 'It is forgotten.');
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** An authentication over a connection whose other end is the test, with OPAQUE's steps ending when the test says so. */
async function begin(register: boolean, { deviceKnown, hasPassword }: World): Promise<Real> {
  const real: Real = { begun: [], step: undefined, outcome: undefined };
  const waits = (step: Step) => {
    real.begun.push(step.name);
    real.step = step;
  };
  const stretched = <T>(name: string) =>
    new Promise<T>((done, failed) => {
      waits({ name, done: (output) => done(output as T), failed });
    });
  const time = new VirtualTime();
  const calls = new Calls(time, new RequestNumbers(), new Writer(256, 1 << 16));
  const handler = { opened: () => undefined, frame: () => undefined, closed: () => undefined };
  const connection = new FakeConnection(
    ...([time, Buffer.alloc(32, 1), Buffer.alloc(32, 2), handler] as const),
    ({ body }) => {
      const { request, operation } = requestCodec.decode(new Reader(body));
      const reply = (status: number, answer: object) =>
        calls.reply({ request, status, body: encodeBody(answer) });
      waits({
        name: STEPS.get(operation) ?? `operation ${operation}`,
        done: (output) =>
          reply(ReplyStatus.Done, typeof output === 'string' ? { r: output } : Object(output)),
        failed: ({ code, message }) => reply(ReplyStatus.Refused, { c: code, m: message }),
      });
      return [];
    },
    () => undefined,
    () => undefined,
  );
  calls.attach(connection, () => undefined);
  const authentication = new Authentication({
    clock: time,
    ...{ calls, register, deviceKnown, deviceOnly: false, registering: () => undefined },
    handshakeHash: connection.handshakeHash,
    stretching: {
      clientRegistrationStart: () => stretched('blind'),
      clientRegistrationFinish: () => stretched('stretch'),
      clientLoginStart: () => stretched('blind'),
      clientLoginFinish: () => stretched('stretch'),
    },
    credentials: { user: 'ana', register, remember: false, ...(hasPassword ? { password: 'correct' } : {}) },
    deviceKey: connection.deviceKey,
    label: 'a test',
  });
  void authentication.run().then((outcome) => {
    real.outcome = outcome;
  });
  await settled();
  return real;
}

/** The step of that state comes to its end. */
function ended(id: string, state: string, output: unknown): Stimulus<World, Real> {
  const isError = output instanceof NatterError;
  const type = `xstate.${isError ? 'error' : 'done'}.actor.0.${id}.${state}`;
  return {
    events: ({ at }) => (at === state ? [isError ? { type, error: output } : { type, output }] : undefined),
    act: async ({ step }) => {
      if (output instanceof NatterError) step?.failed(output);
      else step?.done(output);
      await settled();
    },
  };
}

function beginning(register: boolean, world: World): Beginning<World, Real> {
  return { world: () => world, real: () => begin(register, world) };
}

function effects(real: Real): string[] {
  return real.begun.splice(0);
}

function isWelcomed({ outcome }: Real): void {
  expect(outcome, 'what it came to').toEqual({ welcome: WELCOME, error: undefined });
}

function isRefused({ outcome }: Real): void {
  expect(outcome?.welcome, 'what it came to').toBeUndefined();
  expect(outcome?.error, 'why').toBeInstanceOf(NatterError);
}

/** A client's login over one connection. */
export const clientLogin: Model<World, Real> = {
  name: 'client-login',
  machine: loginMachine,
  input: (world) => world,
  beginnings: {
    'the device may be known': beginning(false, { deviceKnown: true, hasPassword: true }),
    'the device may be known, and there is no password': beginning(false, {
      deviceKnown: true,
      hasPassword: false,
    }),
    'there is a password': beginning(false, { deviceKnown: false, hasPassword: true }),
    'there is neither': beginning(false, { deviceKnown: false, hasPassword: false }),
  },
  stimuli: {
    'the server knows the device': ended('login', 'askingDevice', WELCOME),
    'the server has forgotten the device': ended('login', 'askingDevice', FORGOTTEN),
    'the server does not want the device now': ended('login', 'askingDevice', BUSY),
    'the password is blinded': ended('login', 'blinding', BLINDED),
    'the password cannot be blinded': ended('login', 'blinding', BUSY),
    'the server answers': ended('login', 'askingStart', 'response'),
    'the server does not want to begin': ended('login', 'askingStart', BUSY),
    'the password fits': ended('login', 'stretching', UNLOCKED),
    'the password does not fit': ended('login', 'stretching', undefined),
    'the password cannot be stretched': ended('login', 'stretching', BUSY),
    'the server is convinced': ended('login', 'askingFinish', WELCOME),
    'the server is not convinced': ended('login', 'askingFinish', BUSY),
  },
  run: () => lastRun(loginMachine),
  // What it comes to is compared at its end; until then it tells nobody of itself.
  state: () => lastRun(loginMachine).value(),
  effects,
  holds: { 'login.welcomed': isWelcomed, 'login.refused': isRefused },
  end: () => undefined,
};

/** A client's registration over one connection. */
export const clientRegistration: Model<World, Real> = {
  name: 'client-registration',
  machine: registrationMachine,
  input: () => undefined,
  beginnings: { 'somebody registers': beginning(true, { deviceKnown: false, hasPassword: true }) },
  stimuli: {
    'the password is blinded': ended('registration', 'blinding', BLINDED),
    'the password cannot be blinded': ended('registration', 'blinding', BUSY),
    'the server answers': ended('registration', 'askingStart', 'response'),
    'the server does not want to begin': ended('registration', 'askingStart', BUSY),
    'the password is stretched': ended('registration', 'stretching', 'record'),
    'the password cannot be stretched': ended('registration', 'stretching', BUSY),
    'the account is made': ended('registration', 'askingFinish', WELCOME),
    'the account is not made': ended('registration', 'askingFinish', BUSY),
  },
  run: () => lastRun(registrationMachine),
  state: () => lastRun(registrationMachine).value(),
  effects,
  holds: { 'registration.welcomed': isWelcomed, 'registration.refused': isRefused },
  end: () => undefined,
};
