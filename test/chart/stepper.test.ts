import { describe, expect, test } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { machines } from '../../src/actors/machines/catalogue.js';
import type { ChartState } from '../../src/chart/chart.js';
import { Shortest } from '../../src/chart/shortest.js';
import { BEGIN, type Question, type Standing, Stepper } from '../../src/chart/stepper.js';
import { carousel } from './machines.js';

const fail = (): never => {
  throw new Error('This is not to be done.');
};

/** A door with a lock beside it; whatever it does must never be done here. */
const door = setup({
  actions: { click: fail, ring: fail, count: fail },
  guards: { isFree: fail, isStrong: fail },
  delays: { patience: fail },
  actors: { key: fromPromise(fail) },
}).createMachine({
  id: 'door',
  type: 'parallel',
  on: { ALARM: { actions: 'ring' } },
  states: {
    leaf: {
      initial: 'shut',
      states: {
        shut: {
          entry: 'click',
          on: {
            PUSH: [
              { guard: 'isFree', target: 'open', actions: 'count' },
              { guard: 'isStrong', target: 'broken' },
            ],
          },
        },
        open: { after: { patience: 'shut' }, on: { ALARM: {} } },
        broken: { type: 'final' },
      },
    },
    lock: {
      initial: 'free',
      states: {
        free: { on: { BAR: 'turning' } },
        turning: { invoke: { id: 'key', src: 'key', onDone: 'barred', onError: 'free' } },
        barred: {},
      },
    },
  },
});

const gate = setup({ guards: { isOpen: fail } }).createMachine({
  id: 'gate',
  initial: 'asking',
  states: {
    asking: { always: [{ guard: 'isOpen', target: 'within' }, { target: 'without' }] },
    within: { initial: 'hall', states: { hall: { on: { UP: 'roof' } }, roof: {} }, on: { LEAVE: 'without' } },
    without: { on: { ENTER: 'asking', END: 'over' } },
    over: { type: 'final' },
    nowhere: {},
  },
});

/** @throws when a guard has to be answered first */
function stood(result: Standing | Question): Standing {
  if ('ask' in result) throw new Error(`It asks ${result.ask}.`);
  return result;
}

const none = {};

describe('stepping through a machine', () => {
  const stepper = new Stepper(door);
  const shut = { leaf: 'shut', lock: 'free' };

  test('begins where it begins, and does nothing of what the machine would do', () => {
    const { value, active, offers, taken } = stood(stepper.begin());
    expect(value).toEqual(shut);
    expect(active).toEqual(['door', 'door.leaf', 'door.leaf.shut', 'door.lock', 'door.lock.free']);
    expect(taken).toEqual([]);
    expect(offers.map(({ event, guards }) => [event, guards])).toEqual([
      ['PUSH', ['isFree', 'isStrong']],
      ['BAR', []],
      ['ALARM', []],
    ]);
  });

  test('asks for one guard after the other, as XState comes to them', () => {
    const push = (answers: Record<string, boolean>) => stepper.step(shut, { event: 'PUSH', answers });
    expect(push({})).toEqual({ ask: 'isFree' });
    expect(stood(push({ isFree: true }))).toMatchObject({
      value: { leaf: 'open', lock: 'free' },
      taken: ['door.leaf.shut|PUSH|0'],
    });
    expect(push({ isFree: false })).toEqual({ ask: 'isStrong' });
    expect(stood(push({ isFree: false, isStrong: true })).taken).toEqual(['door.leaf.shut|PUSH|1']);
    // Everybody refused: it stands where it stood.
    expect(stood(push({ isFree: false, isStrong: false }))).toMatchObject({ value: shut, taken: [] });
  });

  test('waits for nothing: what a timer or an actor would do is an event like any other', () => {
    const open = { leaf: 'open', lock: 'turning' };
    const events = stood(
      stepper.step({ leaf: 'open', lock: 'free' }, { event: 'BAR', answers: none }),
    ).offers;
    expect(events.map(({ label }) => label)).toEqual(['after patience', 'done', 'error']);
    const [after, done, error] = events.map(({ event }) => event);
    for (const [event = '', value] of [
      [after, { leaf: 'shut', lock: 'turning' }],
      [done, { leaf: 'open', lock: 'barred' }],
      [error, { leaf: 'open', lock: 'free' }],
    ] as const)
      expect(stood(stepper.step(open, { event, answers: none }))).toMatchObject({ value });
  });

  test('asks at the start too, goes through what is only passed, and ends with the end', () => {
    const gates = new Stepper(gate);
    expect(gates.begin()).toEqual({ ask: 'isOpen' });
    expect(stood(gates.begin({ isOpen: true }))).toMatchObject({
      value: { within: 'hall' },
      taken: ['gate.asking||0'],
    });
    const step = { event: 'ENTER', answers: { isOpen: false } };
    expect(stood(gates.step('without', step)).taken).toEqual(['gate.without|ENTER|0', 'gate.asking||1']);
    expect(stood(gates.step('without', { event: 'END', answers: none }))).toMatchObject({
      done: true,
      offers: [],
    });
    expect(() => gates.step('over', { event: 'END', answers: none })).toThrow(RangeError);
  });

  test.each([
    ['a state that is not there', { leaf: 'ajar', lock: 'free' }],
    ['half of a parallel state', { leaf: 'shut' }],
    ['a region too many', { leaf: 'shut', lock: 'free', bell: 'quiet' }],
    ['one that has nothing within', { leaf: { shut: 'tight' }, lock: 'free' }],
    ['a whole without its part', { leaf: {}, lock: 'free' }],
    ['a text for a parallel state', 'leaf'],
    ['nothing', null],
    ['a number', 7],
    ['what every object has', JSON.parse('{"__proto__":"shut","lock":"free"}')],
  ])('refuses %s', (_, value) => {
    expect(() => stepper.step(value, { event: 'BAR', answers: none })).toThrow(RangeError);
  });

  test('refuses an event that is not answered there, and leaves what is ignored out', () => {
    expect(() => stepper.step(shut, { event: 'OPEN', answers: none })).toThrow(RangeError);
    expect(() => stepper.step(shut, { event: BEGIN, answers: none })).toThrow(RangeError);
    const open = { leaf: 'open', lock: 'free' };
    expect(() => stepper.step(open, { event: 'ALARM', answers: none })).toThrow(RangeError);
  });

  test('answers by what was said and never by what every object has', () => {
    const tricky = setup({ guards: { toString: fail }, actions: { act: fail } }).createMachine({
      id: 't',
      on: { GO: { guard: 'toString', actions: 'act' } },
    });
    expect(new Stepper(tricky).step({}, { event: 'GO', answers: none })).toEqual({ ask: 'toString' });
  });
});

describe('eventless edges that lead in a circle', () => {
  test('are not followed for ever', () => {
    const stepper = new Stepper(carousel);
    const { value } = stood(stepper.begin());
    expect(() => stepper.step(value, { event: 'GO', answers: { again: true } })).toThrow(
      'goes round for ever',
    );
    expect(stood(stepper.step(value, { event: 'GO', answers: { again: false } })).value).toBe('b');
    expect(new Shortest(stepper).to('carousel.b')).toHaveLength(1);
  });
});

describe('the shortest ways', () => {
  test('lead from the start to every state there is a way to, with the answers they need', () => {
    const ways = new Shortest(new Stepper(gate));
    expect(ways.to('gate.within.roof')).toEqual([
      [
        { event: BEGIN, answers: { isOpen: true } },
        { event: 'UP', answers: {} },
      ],
    ]);
    expect(ways.to('gate.over')).toEqual([
      [
        { event: BEGIN, answers: { isOpen: false } },
        { event: 'END', answers: {} },
      ],
    ]);
    // Nothing ever stays there, but on the way in it is passed, whatever the answer.
    expect(ways.to('gate.asking')).toHaveLength(2);
    expect(ways.to('gate.nowhere')).toEqual([]);
    expect(ways.reachable.has('gate.nowhere')).toBe(false);
  });

  test('are all told where several are equally short', () => {
    const barred = new Shortest(new Stepper(door)).to('door.lock.barred');
    expect(barred.map((steps) => steps.map(({ event }) => event))).toEqual([
      [BEGIN, 'BAR', 'xstate.done.actor.key'],
    ]);
    const fork = setup({}).createMachine({
      id: 'fork',
      initial: 'a',
      states: { a: { on: { L: 'l', R: 'r' } }, l: { on: { ON: 'z' } }, r: { on: { ON: 'z' } }, z: {} },
    });
    expect(new Shortest(new Stepper(fork)).to('fork.z')).toHaveLength(2);
  });
});

describe('the machines of the program', () => {
  test.each(machines.map(({ name, machine }) => [name, machine] as const))(
    '%s has a way to each of its states',
    (_, machine) => {
      const stepper = new Stepper(machine);
      const ways = new Shortest(stepper);
      const all: string[] = [];
      const visit = ({ id, states }: ChartState) => {
        all.push(id);
        for (const each of states) visit(each);
      };
      visit(stepper.chart.root);
      expect(all.filter((id) => !ways.reachable.has(id))).toEqual([]);
      expect(all.filter((id) => ways.to(id).length === 0)).toEqual([]);
    },
  );
});
