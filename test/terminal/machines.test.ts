import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ThreadRow } from '../../src/actors/inspect/frames.js';
import type { Inspectable, Report } from '../../src/actors/inspect/inspectable.js';
import type { ChartState } from '../../src/chart/chart.js';
import { ProcessMachines } from '../../src/ui/terminal/machine-source.js';
import { machineLines } from '../../src/ui/terminal/machine-words.js';
import { treeLines, treeText } from '../../src/ui/terminal/state-tree.js';
import { openChat } from '../support/chat-terminal.js';
import { FakeTerminal } from '../support/fake-terminal.js';

let fake: FakeTerminal | undefined;
afterEach(() => fake?.close());

const F9 = '\x1b[20~';
const AT = '2026-11-22T12:08:01.000Z';

type Row = NonNullable<Report['actors']>[number];

function row(actor: string, more: Partial<Row> = {}): Row {
  return { actor, machine: undefined, state: '', mailbox: 0, restarts: 0, life: 'live', ...more };
}

function thread(name: string, actors: number): ThreadRow {
  const counts = { handled: 0, mailbox: 0, loopDelayP99Ms: 1 };
  return { name, generation: 0, up: true, actors, deadLetters: 0, ...counts };
}

const SESSIONS = [17, 9].map((n) =>
  row(`session/${n}`, { machine: 'client-session', state: 'live.doubting' }),
);
const CORE: Report = { thread: 'core-0', row: thread('core-0', 2), actors: SESSIONS };
const IO: Report = {
  thread: 'io',
  row: thread('io', 1),
  actors: [row('io/0', { state: '3 connections', mailbox: 4, restarts: 1 })],
};

function standing(actor: string, active: readonly string[], facts = {}): Report {
  return { thread: 'core-0', details: [{ actor, active, facts }] };
}

const DOUBTING = standing('session/9', ['session', 'session.live', 'session.live.doubting'], { attempts: 3 });

async function watching(columns = 80, rows = 24): Promise<FakeTerminal> {
  fake = await FakeTerminal.inLobby({ columns, rows });
  fake.terminal.type(F9);
  await fake.called('look');
  for (const report of [CORE, IO]) fake.show(report);
  await fake.terminal.waitFor('3 actors on 2 threads');
  await fake.terminal.waitFor('> session/9');
  return fake;
}

describe('the view of the machines', () => {
  test.each([
    [1, '1 dead letter'],
    [3, '3 dead letters'],
  ])('counts the messages of a thread that reached nobody: %i', async (deadLetters, text) => {
    const { terminal } = await watching();
    fake?.show({ thread: 'io', row: { ...thread('io', 1), deadLetters } });
    await terminal.waitFor(`io  1 actor, ${text}`);
    expect(terminal.text()).not.toMatch(/core-0.*dead/);
  });

  test.each([
    [80, 24],
    [140, 40],
  ])(
    'is a tree of states with the active ones marked, and what they answer, at %i x %i',
    async (columns, rows) => {
      const { terminal } = await watching(columns, rows);
      fake?.show(DOUBTING);
      await terminal.waitFor('[*] doubting');
      const text = terminal.text();
      // Threads, then their actors by number.
      expect(text).toMatch(
        /core-0 {2}2 actors[\s\S]*> session\/9 [\s\S]* session\/17 [\s\S]*io {2}1 actor[\s\S]*io\/0/,
      );
      expect(text).toContain(columns > 100 ? '4 unread, 1 restart' : '1 restart');
      // Outer states hold inner ones; what is not active is marked too, without colour.
      expect(text).toMatch(
        /\[\*\] session[\s\S]* {2}\[\*\] live[\s\S]* {4}\[ \] steady[\s\S]* {4}\[\*\] doubting/,
      );
      // Where there is no room for all of them, those far from what is active are only counted.
      expect(text).toMatch(rows < 30 ? / {2}\[ \] 8 more/ : / {2}\[ \] syncing/);
      expect(text.match(/steady/g)).toHaveLength(1);
      for (const line of ['OPENED / authenticate', 'HEARD -> believing', 'after doubtShown -> missing'])
        expect(text).toContain(line);
      expect(text).not.toContain('DIAL');
      for (const each of terminal.rows()) expect(each.length).toBeLessThanOrEqual(columns);
      terminal.type(F9);
      await fake?.called('lookAway');
      await terminal.waitForGone('MACHINES');
    },
  );

  test('follows what happens, and Enter shows it as it comes', async () => {
    const { terminal } = await watching(140, 40);
    terminal.type('\r');
    await terminal.waitFor('What it does');
    fake?.show(DOUBTING);
    await terminal.waitFor('[*] doubting');
    // All of it is opened here, with what each state does.
    expect(terminal.text()).toMatch(/\[ \] reconnecting +countAttempt/);
    expect(terminal.text()).toContain('attempts 3');
    const common = { actor: 'session/9', at: AT, edges: [], skipped: 0 };
    fake?.show({
      thread: 'core-0',
      events: [
        { ...common, kind: 'in', name: 'Heard', other: 'io/0', bytes: 120, skipped: 2 },
        { ...common, kind: 'edge', name: 'HEARD', other: '', bytes: 0 },
      ],
    });
    fake?.show(standing('session/9', ['session', 'session.live', 'session.live.steady']));
    await terminal.waitFor('[*] steady');
    await terminal.waitFor('=>  HEARD');
    expect(terminal.text()).toContain('<-  Heard from io/0, 120 B (+2 not shown)');
    expect(terminal.text()).toContain('SILENT -> doubting');
    terminal.type('\x1b');
    await terminal.waitForGone('What it does');
    expect(terminal.text()).toContain('MACHINES');
  });

  test('says what does not fit, and by which keys it is reached', async () => {
    const { terminal } = await watching(80, 24);
    fake?.show(DOUBTING);
    await terminal.waitFor('[*] doubting');
    await terminal.waitFor(() => /\d+ more: Enter/.test(terminal.text()));
    expect(terminal.text()).not.toContain('attempts 3');
    terminal.type('\r');
    await terminal.waitFor(() => /\d+ more: Down/.test(terminal.text()));
    terminal.type('\x1b[6~'.repeat(3));
    await terminal.waitFor('attempts 3');
    expect(terminal.text()).not.toMatch(/more: /);
  });

  test('finds by what is typed, and Esc takes back one thing at a time', async () => {
    const { terminal } = await watching();
    terminal.type('io/');
    await terminal.waitFor('find: io/');
    await terminal.waitForGone('session/9');
    await terminal.waitFor('It has no machine.');
    while (!fake?.calls.some(({ call, args }) => call === 'wish' && args[0] === 'io io/0'))
      await fake?.next();
    terminal.type('xyz');
    await terminal.waitFor('Nothing has "io/xyz"');
    terminal.type('\x1b');
    await terminal.waitFor('session/9');
    terminal.type('\x1b');
    await fake?.called('lookAway');
    await terminal.waitForGone('MACHINES');
  });

  test('says so when one ends that is looked at', async () => {
    const { terminal } = await watching();
    terminal.type('\x1b[B\r');
    await terminal.waitFor('MACHINES  core-0 session/17');
    fake?.show({ thread: 'core-0', gone: ['session/17'] });
    await terminal.waitFor('It is gone');
    terminal.type('\x1b');
    await terminal.waitFor('> session/9');
  });

  test('lets nothing that an actor tells reach the terminal as more than text', async () => {
    const { terminal } = await watching();
    fake?.show({ thread: 'io', actors: [row('evil/1', { state: '\x1b[2Jboo\x07' })] });
    await terminal.waitFor('boo');
    expect(terminal.text()).toContain('MACHINES');
  });

  test('shows many without losing the chosen one, and moves by pages', async () => {
    const { terminal } = await watching();
    const actors = Array.from({ length: 500 }, (_, n) => row(`room/${n}`, { state: 'open' }));
    fake?.show({ thread: 'core-0', actors });
    await terminal.waitFor('503 actors');
    terminal.type('room/');
    await terminal.waitFor('500 of 503');
    terminal.type('\x1b[6~\x1b[6~');
    await terminal.waitFor('> room/20');
    terminal.type('\x1b[F');
    await terminal.waitFor('> room/499');
  });

  test('tells what went wrong last', async () => {
    const { terminal } = await watching();
    const mishaps = [
      { id: 'core-0 1', at: AT, kind: 'restart', actor: 'room/7', cause: 'RangeError' },
    ] as const;
    fake?.show({ thread: 'core-0', mishaps });
    await terminal.waitFor(': restart, room/7 on core-0: RangeError');
    expect(terminal.text()).toContain('Esc close');
  });

  test('shows what is part of an actor under it', async () => {
    const { terminal } = await watching();
    fake?.show({ thread: 'core-0', actors: [row('session/9/login/1', { state: 'answering' })] });
    await terminal.waitFor(() => /> session\/9 [^\n]*\n {5}login\/1 +answering/.test(terminal.text()));
  });

  test('has the link of the page in a row of its own, to be copied whole', async () => {
    const url = `http://127.0.0.1:40123/?token=${'x'.repeat(32)}`;
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 24, env: { FAKE_INSPECTOR: url } });
    fake.terminal.type(F9);
    await fake.terminal.waitFor(() => fake?.terminal.rows().some((each) => each.trimEnd() === url) ?? false);
  });

  test('opens with what /machines names', async () => {
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 24 });
    fake.terminal.type('/machines io/\r');
    await fake.called('look');
    for (const report of [CORE, IO]) fake.show(report);
    await fake.terminal.waitFor('1 of 3 actors on 1 thread');
  });
});

test('what runs in a real client and a server beside it is seen, and moves', async () => {
  const data = mkdtempSync(join(tmpdir(), 'natter-machines-'));
  const terminal = openChat(['--data', data], { columns: 100, rows: 30, env: { USER: 'mia' } });
  try {
    await terminal.waitFor('Try it here');
    terminal.type('\r');
    await terminal.waitFor('mia >');
    terminal.type(F9);
    await terminal.waitFor(() => /client-session\/1 +live\.steady/.test(terminal.text()));
    await terminal.waitFor(() => /session\/1 +active/.test(terminal.text()));
    await terminal.waitFor('SILENT -> doubting');
    terminal.type('session/1\r');
    await terminal.waitFor('What it does');
    terminal.type('\x1b');
    await terminal.waitFor('find: session/1');
    terminal.type(`${F9}/away\r`);
    await terminal.waitFor('You are away');
    terminal.type('/machines presence/\r');
    await terminal.waitFor(() => /presence\/\d+ +away/.test(terminal.text()));
  } finally {
    await terminal.close();
    rmSync(data, { recursive: true });
  }
});

describe('the machines line by line', () => {
  const inspectable: Inspectable = {
    look: (report) => {
      for (const each of [CORE, IO]) report(each);
      return {
        wish: ({ chosen }) => {
          if (chosen.includes('core-0 session/9')) report(DOUBTING);
        },
        close: () => undefined,
      };
    },
  };
  const machines = new ProcessMachines(() => [inspectable]);

  test('are those of each thread, all or some of them', async () => {
    expect(await machineLines(machines, '')).toEqual([
      'core-0  2 actors',
      expect.stringMatching(/^ {2}session\/9 +live\.doubting$/),
      expect.stringMatching(/^ {2}session\/17 +live\.doubting$/),
      'io  1 actor',
      expect.stringMatching(/^ {2}io\/0 +3 connections, 4 unread$/),
    ]);
    expect(await machineLines(machines, 'doubting')).toHaveLength(3);
  });

  test('of one alone tell its tree, and what it would answer', async () => {
    const lines = await machineLines(machines, 'session/9');
    expect(lines[0]).toBe('session/9 (client-session) on core-0, mailbox 0, restarts 0: live.doubting');
    expect(lines).toEqual(expect.arrayContaining(['    [*] live', '    HEARD -> believing']));
    expect(lines.some((line) => line.startsWith('      [*] doubting'))).toBe(true);
  });

  test('say so when there is no such one', async () => {
    await expect(machineLines(machines, 'toaster')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

test('regions of a parallel state stand one after the other, each called one', () => {
  const state = (id: string, kind: ChartState['kind'], states: readonly ChartState[] = []): ChartState => {
    const common = { initial: undefined, entry: [], exit: [], invokes: [] };
    return { ...common, id, name: id.split('.').at(-1) ?? id, kind, states };
  };
  const leaf = state('door.leaf', 'compound', [
    state('door.leaf.shut', 'atomic'),
    state('door.leaf.off', 'final'),
  ]);
  const lock = state('door.lock', 'compound', [state('door.lock.free', 'atomic')]);
  const root = state('door', 'parallel', [leaf, lock]);
  const active = new Set(['door', 'door.leaf', 'door.leaf.shut', 'door.lock', 'door.lock.free']);
  const lines = treeLines({ id: 'door', root, edges: [] }, active);
  expect(lines.map((line) => [treeText(line), line.note])).toEqual([
    ['[*] door', 'parallel'],
    ['  [*] leaf', 'region'],
    ['    [*] shut', ''],
    ['    [ ] off', 'final'],
    ['  [*] lock', 'region'],
    ['    [*] free', ''],
  ]);
});
