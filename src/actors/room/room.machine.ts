import { setup } from 'xstate';

/** What the room machine asks of the code beside it. */
export interface RoomPort {
  /** Loads the room from registry and store; ends with `LOADED`, `MISSING` or `LOST`. */
  load(): void;
  /** Takes in what came while it was waking. */
  open(): void;
  /** Refuses what came: there is no such room. */
  turnAway(): void;
  /** Frees what the I/O actor keeps for it. */
  sleep(): void;
  /** Does nobody read it, and is nothing under way? */
  idle(): boolean;
}

export interface RoomContext {
  readonly port: RoomPort;
  readonly idleMs: number;
}

export type RoomEvent =
  | { readonly type: 'LOADED' }
  /** No room has this number. */
  | { readonly type: 'MISSING' }
  /** Registry or store do not answer now. */
  | { readonly type: 'LOST' };

/** Registry and store are back well within this. */
const RETRY_MS = 250;

/** One conversation, from the first message to its number until nobody reads it any more. */
export const roomMachine = setup({
  types: {
    input: {} as RoomContext,
    context: {} as RoomContext,
    events: {} as RoomEvent,
  },
  actions: {
    load: ({ context }) => context.port.load(),
    open: ({ context }) => context.port.open(),
    turnAway: ({ context }) => context.port.turnAway(),
    sleep: ({ context }) => context.port.sleep(),
  },
  guards: {
    nobodyReads: ({ context }) => context.port.idle(),
  },
  delays: {
    idleMs: ({ context }) => context.idleMs,
    retryMs: RETRY_MS,
  },
}).createMachine({
  id: 'room',
  context: ({ input }) => input,
  initial: 'waking',
  states: {
    waking: {
      entry: 'load',
      on: {
        LOADED: { target: 'awake', actions: 'open' },
        MISSING: { target: 'asleep', actions: 'turnAway' },
        LOST: 'waiting',
      },
    },
    waiting: {
      after: { retryMs: 'waking' },
    },
    awake: {
      after: {
        idleMs: [
          { target: 'asleep', guard: 'nobodyReads' },
          { target: 'awake', reenter: true },
        ],
      },
    },
    asleep: {
      type: 'final',
      entry: 'sleep',
    },
  },
});
