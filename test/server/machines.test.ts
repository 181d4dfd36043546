import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, SimulatedClock } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { presenceMachine } from '../../src/actors/presence/presence.machine.js';
import { loginMachine } from '../../src/actors/registry/login.machine.js';
import { registrationMachine } from '../../src/actors/registry/registration.machine.js';
import { roomMachine } from '../../src/actors/room/room.machine.js';
import { type SessionEvent, sessionMachine } from '../../src/actors/session/session.machine.js';
import { type TransferEvent, transferMachine } from '../../src/actors/transfer/transfer.machine.js';
import { NatterError } from '../../src/chat/error.js';
import { PresenceState } from '../../src/chat/operations.js';

type Event = { readonly type: string } & Record<string, unknown>;

/** The shortest way to every state, time and finished promises being events like others. */
function waysTo(machine: AnyStateMachine, input: unknown, events: readonly Event[]) {
  return getShortestPaths(machine, {
    input,
    events,
    serializeState: (state) => JSON.stringify((state as { value: unknown }).value),
  } as Parameters<typeof getShortestPaths>[1]);
}

function statesOf(machine: AnyStateMachine): string[] {
  return Object.keys(machine.states).sort();
}

function ends(ways: ReturnType<typeof waysTo>): string[] {
  return [...new Set(ways.map(({ state }) => String((state as { value: unknown }).value)))].sort();
}

const nothing = (): void => {};

describe('the session machine', () => {
  const events: SessionEvent[] = [
    { type: 'AUTHENTICATE' },
    { type: 'REFUSED' },
    { type: 'IDENTIFIED' },
    { type: 'READY' },
    { type: 'LOST' },
    { type: 'LOGOUT' },
    { type: 'CLOSE', code: 0, text: '' },
    { type: 'CLOSED' },
  ];
  const quiet = { prepare: nothing, enter: nothing, leave: nothing, closeConnection: nothing };

  it('reaches every state, and leaves what it entered on whichever way out', () => {
    const ways = waysTo(sessionMachine, { port: quiet, anonymousMs: 1 }, events);
    expect(ends(ways)).toEqual(statesOf(sessionMachine));
    for (const { steps } of ways) {
      const calls: string[] = [];
      const port = { ...quiet, enter: () => calls.push('enter'), leave: () => calls.push('leave') };
      const actor = createActor(sessionMachine, {
        input: { port, anonymousMs: 1 },
        clock: new SimulatedClock(),
      });
      actor.start();
      for (const { event } of steps) if (event.type !== 'xstate.init') actor.send(event as SessionEvent);
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'CLOSED' });
      expect(actor.getSnapshot().status).toBe('done');
      expect(calls.join(' ').replaceAll('enter leave', '').trim()).toBe('');
    }
  });

  it('asks to close the connection once, however often it is told to', () => {
    let closes = 0;
    const port = { ...quiet, closeConnection: () => closes++ };
    const actor = createActor(sessionMachine, {
      input: { port, anonymousMs: 1 },
      clock: new SimulatedClock(),
    });
    actor.start();
    for (let i = 0; i < 3; i++) actor.send({ type: 'CLOSE', code: 0, text: '' });
    expect(closes).toBe(1);
  });
});

it('the room machine reaches every state, and sleeps only when nobody reads', () => {
  const port = { load: nothing, open: nothing, turnAway: nothing, sleep: nothing, idle: () => true };
  const events = [{ type: 'LOADED' }, { type: 'MISSING' }, { type: 'LOST' }];
  expect(ends(waysTo(roomMachine, { port, idleMs: 1 }, events))).toEqual([
    'asleep',
    'awake',
    'waiting',
    'waking',
  ]);
  const clock = new SimulatedClock();
  let read = true;
  const actor = createActor(roomMachine, {
    input: { port: { ...port, idle: () => !read }, idleMs: 10 },
    clock,
  });
  actor.start();
  actor.send({ type: 'LOADED' });
  clock.increment(10);
  expect(actor.getSnapshot().value).toBe('awake');
  read = false;
  clock.increment(10);
  expect(actor.getSnapshot().value).toBe('asleep');
});

it('the presence machine publishes on every way the state it ends in', () => {
  const events = [
    { type: 'HERE' },
    { type: 'AWAY' },
    { type: 'NOBODY' },
    { type: 'xstate.after.lingerMs.presence.lingering' },
  ] as const;
  const quiet = { publish: nothing, forget: nothing };
  const ways = waysTo(presenceMachine, { port: quiet, lingerMs: 1 }, events);
  expect(ends(ways)).toEqual(statesOf(presenceMachine));
  const wanted: Record<string, PresenceState> = {
    online: PresenceState.Online,
    away: PresenceState.Away,
    offline: PresenceState.Offline,
  };
  for (const { state, steps } of ways) {
    const told: PresenceState[] = [];
    const port = { publish: (now: PresenceState) => told.push(now), forget: nothing };
    const actor = createActor(presenceMachine, { input: { port, lingerMs: 1 }, clock: new SimulatedClock() });
    actor.start();
    for (const { event } of steps) if (event.type !== 'xstate.init') actor.send(event as (typeof events)[0]);
    const value = String((state as { value: unknown }).value);
    // While somebody lingers the others still see what was last.
    if (value in wanted) expect(told.at(-1)).toBe(wanted[value]);
  }
});

describe('the machines of registration and login', () => {
  const start = { setup: '', user: '', record: null, request: '' };

  it('reach every state', () => {
    const never = () => new Promise<never>(nothing);
    const tasks = { serverRegistration: never, serverLoginStart: never, serverLoginFinish: never };
    const done = (actor: string, output: unknown) => ({ type: `xstate.done.actor.${actor}`, output });
    const failed = (actor: string) => ({ type: `xstate.error.actor.${actor}`, error: new Error('no') });
    const login = waysTo(loginMachine, { start, tasks }, [
      done('0.login.answering', { state: '', response: '' }),
      failed('0.login.answering'),
      { type: 'FINISH', finish: '', proves: () => true },
      done('0.login.verifying', 'key'),
      done('0.login.verifying', null),
      failed('0.login.verifying'),
      { type: 'xstate.after.loginMs.login.challenged' },
    ]);
    expect(ends(login)).toEqual(statesOf(loginMachine));
    const registration = waysTo(registrationMachine, { start, tasks, enrol: never }, [
      done('0.registration.answering', 'response'),
      failed('0.registration.answering'),
      { type: 'RECORD', record: '' },
      done('0.registration.enrolling', undefined),
      failed('0.registration.enrolling'),
      { type: 'xstate.after.registrationMs.registration.awaitingRecord' },
    ]);
    expect(ends(registration)).toEqual(statesOf(registrationMachine));
  });

  it('prove nobody without a session key', async () => {
    const tasks = {
      serverLoginStart: async () => ({ state: '', response: '' }),
      serverLoginFinish: async () => null,
    };
    const actor = createActor(loginMachine, { input: { start, tasks }, clock: new SimulatedClock() });
    const ended = new Promise<void>((resolve) => actor.subscribe({ complete: resolve }));
    actor.subscribe(({ value }) => {
      if (value === 'challenged') actor.send({ type: 'FINISH', finish: '', proves: () => true });
    });
    actor.start();
    await ended;
    expect(actor.getSnapshot().value).toBe('refused');
  });
});

describe('the transfer machine', () => {
  const failure = new NatterError('STALLED', 'Nothing came.');
  const events: TransferEvent[] = [
    { type: 'ACCEPT' },
    { type: 'REJECT' },
    { type: 'TURN' },
    { type: 'OPENED' },
    { type: 'COMPLETE' },
    { type: 'VERIFIED' },
    { type: 'MISMATCH', failure },
    { type: 'LOST' },
    { type: 'STALLED', failure },
    { type: 'PAUSE' },
    { type: 'RESUME' },
    { type: 'CANCEL', failure },
    { type: 'FAILED', failure },
  ];
  const quiet = { open: nothing, move: nothing, halt: nothing, verify: nothing, settle: nothing };

  it('reaches every state, and frees what it holds once at the end', () => {
    const ways = waysTo(transferMachine, { port: quiet }, events);
    expect(ends(ways)).toEqual(statesOf(transferMachine));
    for (const { steps } of ways) {
      let settled = 0;
      const actor = createActor(transferMachine, { input: { port: { ...quiet, settle: () => settled++ } } });
      actor.start();
      for (const { event } of steps) if (event.type !== 'xstate.init') actor.send(event as TransferEvent);
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'CANCEL', failure });
      expect(actor.getSnapshot().status).toBe('done');
      expect(settled).toBe(1);
    }
  });

  it('tells the other end whenever it stops moving by itself', () => {
    for (const event of [
      { type: 'PAUSE' },
      { type: 'STALLED', failure },
      { type: 'CANCEL', failure },
    ] as const) {
      let halts = 0;
      const actor = createActor(transferMachine, { input: { port: { ...quiet, halt: () => halts++ } } });
      actor.start();
      for (const type of ['ACCEPT', 'TURN', 'OPENED'] as const) actor.send({ type });
      actor.send(event);
      expect(halts).toBe(1);
    }
  });

  it('asks again for what is wrong, and gives up when the whole is wrong for the third time', () => {
    let opens = 0;
    const actor = createActor(transferMachine, { input: { port: { ...quiet, open: () => opens++ } } });
    actor.start();
    for (const type of ['ACCEPT', 'TURN'] as const) actor.send({ type });
    for (let i = 0; i < 3; i++) {
      actor.send({ type: 'COMPLETE' });
      actor.send({ type: 'MISMATCH', failure });
    }
    expect(opens).toBe(3);
    expect(actor.getSnapshot().value).toBe('failed');
    expect(actor.getSnapshot().context.failure).toBe(failure);
  });
});
