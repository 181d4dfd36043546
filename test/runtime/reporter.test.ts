import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { startMachine } from '../../src/actors/inner-machine.js';
import type { RawReport } from '../../src/actors/inspect/raw.js';
import {
  type ActorContext,
  type ActorType,
  type Address,
  type Clock,
  Kind,
} from '../../src/actors/runtime/actor.js';
import { HostedMachine } from '../../src/actors/runtime/machine.js';
import { reportedThread } from '../../src/actors/runtime/reported.js';
import { type ReportedThread, Reporter } from '../../src/actors/runtime/reporter.js';
import { chartOf } from '../../src/chart/chart-of.js';
import { LocalSystem } from '../support/local-system.js';
import { Reports } from '../support/reports.js';

const EMPTY = Buffer.alloc(0);
const TICK_MS = 100;
const Say = { knock: 1, fail: 2, spawn: 3, flood: 4, stop: 5 } as const;
const room = (key: number): Address => ({ kind: Kind.Room, key });

const doorMachine = setup({
  types: { events: {} as { type: 'KNOCK' } | { type: 'PUSH' } },
  guards: { never: () => false },
}).createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: { on: { KNOCK: [{ guard: 'never', target: 'broken' }, { target: 'hall' }] } },
    hall: { always: 'open' },
    open: { on: { KNOCK: 'closed' } },
    broken: { type: 'final' },
  },
});

function doorActor(context: ActorContext) {
  const machine = new HostedMachine(context, doorMachine, { input: undefined, facts: () => ({ height: 2 }) });
  return {
    receive({ type }: { readonly type: number }) {
      if (type === Say.knock || type === Say.flood) machine.send({ type: 'KNOCK' });
      if (type === Say.fail) throw new TypeError('somebody said: hunter2');
      if (type === Say.spawn) startMachine(context, doorMachine, undefined);
      if (type === Say.stop) context.stop();
    },
    describe: () => machine.describe(),
  };
}

const doors: ActorType = {
  kind: Kind.Room,
  name: 'room',
  mailbox: { control: 10, data: 100_000 },
  create: doorActor,
};

interface Watched {
  readonly local: LocalSystem;
  readonly told: Reports;
  readonly reporter: Reporter;
  readonly taken: Int32Array;
  watch(chosen?: readonly string[]): void;
}

function watched(types: readonly ActorType[] = [doors], { isTaken = true } = {}): Watched {
  const local = new LocalSystem(1, [{ name: 'core', types: () => types }]);
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const told = new Reports();
  const reporter = new Reporter(
    reportedThread(local.system('core'), () => 0),
    (report) => {
      told.report({ name: 'core' }, report);
      if (isTaken) Atomics.add(taken, 0, 1);
    },
  );
  return { local, told, reporter, taken, watch: (chosen = []) => reporter.wish({ look: 1, chosen, taken }) };
}

function events(reports: readonly RawReport[]) {
  return reports.flatMap((report) => report.events);
}

describe('a thread that is watched', () => {
  it('first tells who lives there, then who came, moved and went', async () => {
    const { local, told, watch } = watched();
    local.tell(room(1), Say.knock, EMPTY);
    await local.settle();
    watch();
    await local.advance(TICK_MS);
    expect([...told.rows.values()]).toEqual([
      { actor: 'room/1', machine: 'door', state: 'open', mailbox: 0, restarts: 0, life: 'live' },
    ]);
    local.tell(room(2), Say.knock, EMPTY);
    local.tell(room(1), Say.stop, EMPTY);
    await local.advance(TICK_MS);
    expect([...told.rows.keys()]).toEqual(['core room/2']);
  });

  it('says nothing that it has said already, and nothing more when nobody watches', async () => {
    const { local, told, watch, reporter } = watched();
    watch();
    local.tell(room(1), Say.knock, EMPTY);
    await local.advance(TICK_MS);
    const before = told.reports.length;
    for (let i = 0; i < 4; i++) local.tell(room(1), Say.knock, EMPTY);
    await local.advance(TICK_MS * 5);
    expect(told.reports.slice(before).flatMap(({ actors }) => actors)).toEqual([]);
    reporter.wish(undefined);
    const end = told.reports.length;
    local.tell(room(1), Say.knock, EMPTY);
    await local.advance(TICK_MS * 50);
    expect(told.reports).toHaveLength(end);
  });

  it('shows the messages and edges of whom somebody has chosen, and of nobody else', async () => {
    const { local, told, watch } = watched();
    watch(['room/1']);
    local.tell(room(1), Say.knock, Buffer.from('do not show this'));
    local.tell(room(2), Say.knock, EMPTY);
    await local.advance(TICK_MS * 2);
    const shown = events(told.reports);
    expect(shown.map(({ actor }) => actor)).toEqual(shown.map(() => 'room/1'));
    expect(shown.map(({ kind, name, type, bytes }) => [kind, name, type, bytes])).toEqual([
      ['life', 'begun', undefined, 0],
      ['state', 'closed', undefined, 0],
      ['in', '', Say.knock, 16],
      ['edge', 'KNOCK', undefined, 0],
      ['edge', 'KNOCK', undefined, 0],
      ['state', 'open', undefined, 0],
    ]);
    const ids = chartOf(doorMachine).edges.map(({ id }) => id);
    const taken = shown.flatMap(({ edges }) => edges);
    expect(taken).toEqual(['door.closed|KNOCK|1', 'door.hall||0']);
    expect(ids).toEqual(expect.arrayContaining(taken));
    expect(told.reports.flatMap(({ details }) => details).at(-1)).toEqual({
      actor: 'room/1',
      active: ['door', 'door.open'],
      facts: { height: 2 },
    });
    expect(JSON.stringify(told.reports)).not.toContain('do not show');
  });

  it('samples one who is flooded, and counts what it leaves out', async () => {
    const { local, told, watch } = watched();
    watch(['room/1']);
    for (let i = 0; i < 10_000; i++) local.tell(room(1), Say.flood, EMPTY);
    await local.advance(TICK_MS);
    local.tell(room(1), Say.knock, EMPTY);
    await local.advance(TICK_MS);
    const messages = events(told.reports).filter(({ kind }) => kind === 'in');
    expect(messages.length).toBeLessThan(100);
    expect(messages.reduce((sum, { skipped }) => sum + 1 + skipped, 0)).toBe(10_001);
  });

  it('shows machines within an actor from their start to the end of either', async () => {
    const { local, told, watch } = watched();
    local.tell(room(1), Say.spawn, EMPTY);
    await local.settle();
    watch(['room/1/door/1']);
    await local.advance(TICK_MS);
    expect(told.rows.get('core room/1/door/1')).toMatchObject({ machine: 'door', state: 'closed' });
    expect(told.reports.flatMap(({ details }) => details)[0]?.active).toEqual(['door', 'door.closed']);
    local.tell(room(1), Say.fail, EMPTY);
    await local.advance(TICK_MS * 2);
    expect([...told.rows.keys()]).toEqual(['core room/1']);
    expect(local.system('core').tap.machines.size).toBe(0);
  });

  it('tells of restarts with their cause, but not with the words of the error', async () => {
    const { local, told, watch } = watched();
    local.tell(room(1), Say.fail, EMPTY);
    await local.advance(TICK_MS);
    watch();
    await local.advance(TICK_MS);
    const mishaps = told.reports.flatMap((report) => report.mishaps);
    expect(mishaps).toMatchObject([{ kind: 'restart', actor: 'room/1' }]);
    expect(mishaps[0]?.cause).toMatch(/^TypeError in .*receive \(reporter\.test\.ts:\d+\)$/);
    expect(told.rows.get('core room/1')).toMatchObject({ restarts: 1, life: 'live' });
    expect(JSON.stringify(told.reports)).not.toContain('hunter2');
  });

  it('tells of dead letters, the latest of many', async () => {
    const full: ActorType = { ...doors, mailbox: { control: 1, data: 1 } };
    const { local, told, watch } = watched([full]);
    watch();
    await local.advance(TICK_MS);
    for (let i = 0; i < 200; i++) local.tell(room(1), Say.knock, EMPTY);
    await local.advance(TICK_MS);
    const letters = told.reports.flatMap((report) => report.letters);
    expect(letters).toHaveLength(10);
    expect(letters.at(-1)).toMatchObject({ reason: 'mailbox', to: 'room/1', id: 198 });
  });

  it('asks for two milliseconds a tick at most, and yet everybody in turn', async () => {
    const { local, told, reporter, taken } = watched();
    const system = local.system('core');
    let now = 0;
    const slow: Clock = {
      now: () => now++,
      wall: () => 0,
      setTimeout: (run, ms) => local.clock.setTimeout(run, ms),
      clearTimeout: (id) => local.clock.clearTimeout(id),
    };
    const thread: ReportedThread = { ...reportedThread(system, () => 0), clock: slow };
    for (let i = 0; i < 1_000; i++) local.tell(room(i), 0, EMPTY);
    await local.settle();
    reporter.wish(undefined);
    const narrow = new Reporter(thread, (report) => {
      told.report({ name: 'core' }, report);
      Atomics.add(taken, 0, 1);
    });
    narrow.wish({ look: 1, chosen: [], taken });
    let ticks = 0;
    for (; told.rows.size < 1_000 && ticks < 100; ticks++) {
      for (let i = 0; i < 1_000; i++) local.tell(room(i), Say.knock, EMPTY);
      await local.advance(TICK_MS);
    }
    expect(told.rows.size).toBe(1_000);
    expect(Math.max(...told.reports.map(({ actors }) => actors.length))).toBe(64);
    expect(ticks).toBeLessThan(20);
  });

  it('makes no reports while the main thread takes none, and tells how it stands by then afterwards', async () => {
    const { local, told, watch, taken } = watched([doors], { isTaken: false });
    watch();
    for (let i = 0; i < 50; i++) {
      local.tell(room(i), Say.knock, EMPTY);
      await local.advance(TICK_MS);
    }
    expect(told.reports.length).toBe(3);
    Atomics.add(taken, 0, 3);
    await local.advance(TICK_MS * 2);
    expect(told.rows.size).toBe(50);
  });
});
