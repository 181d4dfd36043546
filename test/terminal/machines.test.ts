import { afterEach, describe, expect, test } from 'vitest';
import type { ActorRow, Frame, ThreadRow } from '../../src/actors/inspect/frames.js';
import type { Chart, ChartEdge, ChartState } from '../../src/chart/chart.js';
import { FakeTerminal } from '../support/fake-terminal.js';

let fake: FakeTerminal;
afterEach(() => fake.close());

const F9 = '\x1b[20~';
const AT = '2026-11-22T12:08:01.000Z';

function state(id: string, more: Partial<ChartState> = {}): ChartState {
  const name = id.split('.').at(-1) ?? id;
  return {
    id,
    name,
    kind: 'atomic',
    initial: undefined,
    entry: [],
    exit: [],
    invokes: [],
    states: [],
    ...more,
  };
}

function edge(source: string, event: string, target: string, more: Partial<ChartEdge> = {}): ChartEdge {
  return {
    id: `${source}|${event}|0`,
    source,
    targets: target === '' ? [] : [target],
    kind: 'event',
    event,
    label: event,
    guard: undefined,
    actions: [],
    reenter: false,
    ...more,
  };
}

/** A door with a lock beside it, which an alarm can ring at. */
const DOOR: Chart = {
  id: 'door',
  root: state('door', {
    kind: 'parallel',
    states: [
      state('door.leaf', {
        kind: 'compound',
        initial: 'door.leaf.shut',
        states: [state('door.leaf.shut', { entry: ['click'] }), state('door.leaf.open')],
      }),
      state('door.lock', {
        kind: 'compound',
        initial: 'door.lock.free',
        states: [state('door.lock.free'), state('door.lock.barred')],
      }),
    ],
  }),
  edges: [
    edge('door', 'ALARM', '', { actions: ['ring'] }),
    edge('door.leaf.shut', 'PUSH', 'door.leaf.open', { guard: 'isFree' }),
    edge('door.leaf.open', 'PULL', 'door.leaf.shut'),
    edge('door.lock.free', 'BAR', 'door.lock.barred', { actions: ['turnKey'] }),
  ],
};

function row(thread: string, actor: string, more: Partial<ActorRow> = {}): ActorRow {
  return { thread, actor, machine: undefined, state: '', mailbox: 0, restarts: 0, life: 'live', ...more };
}

function thread(name: string, actors: number): ThreadRow {
  return {
    name,
    generation: 0,
    up: true,
    actors,
    deadLetters: 0,
    handled: 0,
    mailbox: 0,
    loopDelayP99Ms: 1,
  };
}

const DOORS = [9, 17].map((n) =>
  row('core-0', `door/${n}`, { machine: 'door', state: '(leaf.shut|lock.free)' }),
);
const HOUSE: Frame = {
  whole: true,
  at: AT,
  threads: [thread('core-0', 2), thread('io', 1)],
  actors: [...DOORS.toReversed(), row('io', 'io/0', { state: '3 connections', mailbox: 4, restarts: 1 })],
};
const SHUT: Frame = {
  whole: false,
  at: AT,
  detail: {
    row: DOORS[0] ?? row('', ''),
    active: ['door', 'door.leaf', 'door.leaf.shut', 'door.lock', 'door.lock.free'],
    facts: { pushes: 3 },
  },
};
const OPENED: Frame = {
  whole: false,
  at: AT,
  detail: {
    row: DOORS[0] ?? row('', ''),
    active: ['door', 'door.leaf', 'door.leaf.open', 'door.lock', 'door.lock.free'],
    facts: { pushes: 4 },
  },
  events: [
    { seq: 1, at: AT, kind: 'in', name: 'Push', other: 'io/0', bytes: 120, edges: [], skipped: 2 },
    { seq: 2, at: AT, kind: 'edge', name: 'PUSH', other: '', bytes: 0, edges: [], skipped: 0 },
  ],
};

async function watching(columns = 80, rows = 24): Promise<FakeTerminal> {
  const started = await FakeTerminal.inLobby({ columns, rows });
  started.answer('chart', { value: DOOR });
  started.terminal.type(F9);
  await started.called('watch');
  started.show(HOUSE);
  await started.terminal.waitFor('3 actors on 2 threads');
  await started.called('interest');
  return started;
}

describe('the view of the machines', () => {
  test.each([
    [80, 24],
    [140, 40],
  ])(
    'is a tree of states with the active ones marked, and what they answer, at %i x %i',
    async (columns, rows) => {
      fake = await watching(columns, rows);
      fake.show(SHUT);
      await fake.terminal.waitFor('[*] shut');
      const text = fake.terminal.text();
      // Threads, then their actors by number; regions one under the other, indented, without colour.
      expect(text).toMatch(
        /core-0 {2}2 actors[\s\S]*> door\/9 [\s\S]* door\/17 [\s\S]*io {2}1 actor[\s\S]*io\/0/,
      );
      expect(text).toMatch(/\[\*\] door[\s\S]* {2}\[\*\] leaf[\s\S]* {4}\[\*\] shut[\s\S]* {4}\[ \] open/);
      expect(text).toMatch(/ {2}\[\*\] lock +region[\s\S]* {4}\[\*\] free[\s\S]* {4}\[ \] barred/);
      expect(text).toContain(columns > 100 ? '4 unread, 1 restart' : '1 restart');
      for (const line of ['ALARM / ring', 'PUSH [isFree] -> open', 'BAR -> barred / turnKey', 'pushes 3'])
        expect(text).toContain(line);
      expect(text).not.toContain('PULL');
      for (const each of fake.terminal.rows()) expect(each.length).toBeLessThanOrEqual(columns);
      fake.terminal.type(F9);
      await fake.called('unwatch');
      await fake.terminal.waitForGone('MACHINES');
    },
  );

  test('follows what happens, and Enter shows it as it comes', async () => {
    fake = await watching();
    fake.terminal.type('\r');
    await fake.terminal.waitFor('What it does');
    fake.show(SHUT);
    await fake.terminal.waitFor('[*] shut');
    fake.show(OPENED);
    await fake.terminal.waitFor('[*] open');
    await fake.terminal.waitFor('=>  PUSH');
    expect(fake.terminal.text()).toContain('<-  Push from io/0, 120 B');
    expect(fake.terminal.text()).toContain('PULL -> shut');
    expect(fake.terminal.text()).toMatch(/\[ \] shut +click/);
    fake.terminal.type('\x1b');
    await fake.terminal.waitForGone('What it does');
    expect(fake.terminal.text()).toContain('MACHINES');
  });

  test('finds by what is typed, and Esc takes back one thing at a time', async () => {
    fake = await watching();
    fake.terminal.type('io/');
    await fake.terminal.waitFor('find: io/');
    await fake.terminal.waitForGone('door/9');
    expect(await fake.called('interest', 2)).toEqual([{ chosen: 'io io/0', ring: false }]);
    await fake.terminal.waitFor('It has no machine.');
    fake.terminal.type('xyz');
    await fake.terminal.waitFor('Nothing has "io/xyz"');
    fake.terminal.type('\x1b');
    await fake.terminal.waitFor('door/9');
    fake.terminal.type('\x1b');
    await fake.called('unwatch');
    await fake.terminal.waitForGone('MACHINES');
  });

  test('keeps one in sight that ends while it is looked at', async () => {
    fake = await watching();
    fake.terminal.type('\x1b[B\r');
    await fake.terminal.waitFor('door/17 (door)');
    fake.show({ whole: false, at: AT, gone: ['core-0 door/17'] });
    await fake.terminal.waitFor('It is gone');
    fake.terminal.type('\x1b');
    await fake.terminal.waitFor('> door/9');
  });

  test('lets nothing that an actor is called by reach the terminal as more than text', async () => {
    fake = await watching();
    fake.show({ whole: false, at: AT, actors: [row('io', 'evil/1', { state: '\x1b[2Jboo\x07' })] });
    await fake.terminal.waitFor('boo');
    expect(fake.terminal.text()).toContain('MACHINES');
  });

  test('shows many without losing the chosen one, and moves by pages', async () => {
    fake = await watching();
    const actors = Array.from({ length: 500 }, (_, n) => row('core-0', `room/${n}`, { state: 'open' }));
    fake.show({ whole: false, at: AT, actors });
    await fake.terminal.waitFor('503 actors');
    fake.terminal.type('room/');
    await fake.terminal.waitFor('500 of 503');
    fake.terminal.type('\x1b[6~\x1b[6~');
    await fake.terminal.waitFor('> room/20');
    fake.terminal.type('\x1b[F');
    await fake.terminal.waitFor('> room/499');
  });
});
