import { assign, type StateValue, setup } from 'xstate';
import type { NatterError } from '../../chat/error.js';
import type { LinkState } from '../../chat/events.js';

/** Waits between attempts double, with jitter, so that a server that came back is not met by all at once. */
const BACKOFF_FIRST_MS = 300;
const BACKOFF_MAX_MS = 5_000;

export type SessionEvent =
  | { readonly type: 'DIAL' }
  | { readonly type: 'RESOLVED' }
  | { readonly type: 'BOUND' }
  | { readonly type: 'OPENED' }
  | { readonly type: 'AUTHENTICATED' }
  | { readonly type: 'SYNCED' }
  /** Something is owed and nothing authenticated came for a while. */
  | { readonly type: 'SILENT' }
  /** The connection was heard again after all. */
  | { readonly type: 'HEARD' }
  /** No connection any more, or none came about: worth another try. */
  | { readonly type: 'LOST'; readonly failure: NatterError }
  /** No use in trying again. */
  | { readonly type: 'REFUSED'; readonly failure: NatterError }
  | { readonly type: 'QUIT' };

interface SessionContext {
  /** Attempts that failed since the last success. */
  readonly attempts: number;
  readonly failure: NatterError | undefined;
  /** Gives a number in [0, 1). */
  readonly random: () => number;
}

/**
 * A client's session with one server, from the name on the command line to the living connection and back.
 *
 *   offline -> resolving -> dialling -> handshaking -> authenticating -> syncing -> live
 *                  ^                                                                  |
 *                  +---------------------------- reconnecting <-- LOST ---------------+      failed
 *
 * While live but in doubt a second handshake runs beside the connection; whichever authenticates first goes
 * on. The machine holds the lifecycle; what its actions do is provided by `session.ts`.
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as Pick<SessionContext, 'random'>,
  },
  actions: {
    resolveName: () => {},
    openSocket: () => {},
    startHandshake: () => {},
    abandonHandshake: () => {},
    authenticate: () => {},
    takeOver: () => {},
    dropConnections: () => {},
    countAttempt: assign(({ context }) => ({ attempts: context.attempts + 1 })),
    forgetAttempts: assign({ attempts: 0, failure: undefined }),
    keepFailure: assign(({ event }) => ('failure' in event ? { failure: event.failure } : {})),
  },
  delays: {
    backoff: ({ context }) => backoffMs(context.attempts, context.random()),
  },
}).createMachine({
  id: 'session',
  initial: 'offline',
  context: ({ input }) => ({ attempts: 0, failure: undefined, random: input.random }),
  on: {
    QUIT: { target: '.offline', actions: ['abandonHandshake', 'dropConnections'] },
    LOST: { target: '.reconnecting', actions: ['abandonHandshake', 'dropConnections', 'keepFailure'] },
    REFUSED: { target: '.failed', actions: ['abandonHandshake', 'dropConnections', 'keepFailure'] },
  },
  states: {
    offline: { on: { DIAL: 'resolving', LOST: {}, REFUSED: {} } },
    resolving: { entry: 'resolveName', on: { RESOLVED: 'dialling' } },
    dialling: { entry: 'openSocket', on: { BOUND: 'handshaking' } },
    handshaking: { entry: 'startHandshake', on: { OPENED: 'authenticating' } },
    authenticating: { entry: 'authenticate', on: { AUTHENTICATED: 'syncing' } },
    syncing: {
      entry: ['takeOver', 'forgetAttempts'],
      initial: 'steady',
      on: { SYNCED: 'live', AUTHENTICATED: { target: 'syncing', reenter: true } },
      states: {
        steady: { on: { SILENT: 'doubting' } },
        doubting: {
          entry: 'startHandshake',
          on: { OPENED: { actions: 'authenticate' }, HEARD: 'believing' },
        },
        believing: { entry: 'abandonHandshake', always: 'steady' },
      },
    },
    live: {
      initial: 'steady',
      on: { AUTHENTICATED: 'syncing' },
      states: {
        steady: { on: { SILENT: 'doubting' } },
        doubting: {
          entry: 'startHandshake',
          on: { OPENED: { actions: 'authenticate' }, HEARD: 'believing' },
        },
        believing: { entry: 'abandonHandshake', always: 'steady' },
      },
    },
    reconnecting: { entry: 'countAttempt', after: { backoff: 'resolving' } },
    failed: { on: { DIAL: 'resolving', LOST: {}, REFUSED: {} } },
  },
});

/** @param random in [0, 1): between half the wait and the whole */
export function backoffMs(attempts: number, random: number): number {
  const whole = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.max(0, attempts - 1));
  return whole * (0.5 + random / 2);
}

/** The machine's state in words for a status bar. */
export function linkState(value: StateValue): LinkState {
  const name = typeof value === 'string' ? value : (Object.keys(value)[0] ?? 'offline');
  return name === 'resolving' ? 'dialling' : (name as LinkState);
}
