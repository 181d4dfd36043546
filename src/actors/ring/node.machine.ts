import { assign, setup } from 'xstate';

/** Alone, every address that was named is dialled again after so long, doubling, with jitter. */
const SEEK_FIRST_MS = 1_000;
const SEEK_MAX_MS = 30_000;
/** In company, addresses where nobody known is are tried so often: there may be another ring of this community. */
const LOOK_AROUND_MS = 60_000;

/** What the node machine asks of the peer around it. */
export interface NodePort {
  /** Dials every address that was named, at once; the overlay looks for peers of before. */
  seek(): void;
  /** Its state has changed. */
  tell(): void;
  /** A number in [0, 1). */
  chance(): number;
}

export interface NodeContext {
  readonly port: NodePort;
  /** In vain, since one was last in company. */
  readonly attempts: number;
}

/** How the overlay finds itself. */
export type NodeEvent =
  | { readonly type: 'ALONE' }
  | { readonly type: 'JOINING' }
  | { readonly type: 'STABLE' }
  | { readonly type: 'REPAIRING' };

/**
 * One peer's life in its ring, as its overlay sees it.
 *
 *     alone -> joining -> stable <-> repairing        alone: from everywhere, when nobody is left
 */
export const nodeMachine = setup({
  types: {
    input: {} as { readonly port: NodePort },
    context: {} as NodeContext,
    events: {} as NodeEvent,
  },
  actions: {
    seek: ({ context }) => context.port.seek(),
    tell: ({ context }) => context.port.tell(),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    forgetAttempts: assign({ attempts: 0 }),
  },
  delays: {
    seekAgain: ({ context }) =>
      Math.min(SEEK_MAX_MS, SEEK_FIRST_MS * 2 ** context.attempts) * (0.5 + context.port.chance() / 2),
    lookAround: ({ context }) => LOOK_AROUND_MS * (0.5 + context.port.chance()),
  },
}).createMachine({
  id: 'node',
  context: ({ input }) => ({ port: input.port, attempts: 0 }),
  initial: 'alone',
  on: { ALONE: '.alone' },
  states: {
    alone: {
      entry: ['tell', 'seek'],
      on: { ALONE: {}, JOINING: 'joining', STABLE: 'stable', REPAIRING: 'repairing' },
      after: { seekAgain: { target: 'alone', reenter: true, actions: 'countAttempt' } },
    },
    joining: {
      entry: 'tell',
      on: { STABLE: 'stable', REPAIRING: 'repairing' },
    },
    stable: {
      entry: ['tell', 'forgetAttempts'],
      on: { JOINING: 'joining', REPAIRING: 'repairing' },
      after: { lookAround: { target: 'stable', reenter: true, actions: 'seek' } },
    },
    repairing: {
      entry: 'tell',
      on: { JOINING: 'joining', STABLE: 'stable' },
    },
  },
});
