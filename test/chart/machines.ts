/** Machines that are made to be drawn and stepped through: one of everything that the program's own do not have. */
import { assign, createMachine, fromPromise, setup } from 'xstate';

/** Nested states, a history, eventless edges and a final state whose parent answers it. */
export const player = setup({
  types: { context: {} as { readonly count: number } },
  actions: {
    never: () => {
      throw new Error('an action ran');
    },
    count: assign({
      count: () => {
        throw new Error('an assign ran');
      },
    }),
  },
  actors: { load: fromPromise(() => Promise.reject(new Error('an actor ran'))) },
  guards: { isEmpty: () => true, isLong: () => true },
  delays: {
    soon: () => {
      throw new Error('a delay was asked for');
    },
  },
}).createMachine({
  id: 'player',
  context: () => {
    throw new Error('the context was made');
  },
  initial: 'off',
  on: { PULL: '.off' },
  states: {
    off: { on: { POWER: 'on', RESUME: 'on.before' } },
    on: {
      entry: ['never', 'count'],
      exit: 'never',
      initial: 'choosing',
      on: { SILENCE: '.paused' },
      onDone: { target: 'off', actions: 'never' },
      states: {
        choosing: {
          always: [
            { guard: 'isEmpty', target: 'ended' },
            { guard: 'isLong', target: 'paused' },
            { target: 'playing', actions: 'never' },
          ],
        },
        playing: {
          invoke: {
            src: 'load',
            input: () => {
              throw new Error('an input was made');
            },
            onDone: 'ended',
            onError: 'paused',
          },
          after: { soon: 'paused', 250: { target: 'playing', reenter: true } },
          on: { SILENCE: {}, TURN: { actions: 'never' } },
        },
        paused: { on: { '*': 'playing' } },
        ended: { type: 'final' },
        before: { type: 'history' },
      },
    },
  },
});

/** Two regions, one of them nested, over when both are. */
export const washer = createMachine({
  id: 'washer',
  initial: 'working',
  states: {
    working: {
      type: 'parallel',
      onDone: 'done',
      on: {
        STOP: 'stopped',
        SHUT: '.door.locked',
        BOTH: { target: ['.drum.spinning', '.door.locked'] },
        FORCE: '.door.locked',
      },
      states: {
        drum: {
          initial: 'still',
          states: {
            still: { on: { SPIN: 'spinning' } },
            spinning: { on: { END: 'finished' } },
            finished: { type: 'final' },
          },
        },
        door: {
          initial: 'open',
          states: {
            open: { on: { LOCK: 'locked', SPIN: { actions: 'complain' } } },
            locked: { on: { END: 'free' } },
            free: { type: 'final' },
          },
        },
      },
    },
    stopped: { on: { GO: 'working' } },
    done: { type: 'final' },
  },
});

/** Goes round for ever, unless its guard says no. */
export const carousel = setup({ guards: { again: () => true } }).createMachine({
  id: 'carousel',
  initial: 'a',
  states: {
    a: { on: { GO: 'b' } },
    b: { always: { guard: 'again', target: 'c' }, on: { BACK: 'a' } },
    c: { always: 'b' },
  },
});

/** Names that are words or signs of other languages. */
export const odd = createMachine({
  id: 'odd "one" <b>',
  initial: 'end',
  states: {
    end: { on: { 'class; A --> B': 'a:b', 'state "x" {': { target: '<script>', actions: '%% no' } } },
    'a:b': { entry: '</text>', on: { '`_*&amp;': { guard: 'is#1;', target: 'end' } } },
    '<script>': { type: 'final' },
  },
});
