import { assign, type StateValue, setup } from 'xstate';
import type { NatterError } from '../../chat/error.js';
import type { LinkState } from '../../chat/events.js';

/** Waits between attempts double, with jitter, so that a server that came back is not met by all at once. */
const BACKOFF_FIRST_MS = 300;
const BACKOFF_MAX_MS = 5_000;
/** Owed and silent for so long that people are told: 3 s with SILENCE_REDIAL_MS, after which doubt begins. */
const DOUBT_SHOWN_MS = 1_500;

/** Nobody has said anything yet. */
const UNANSWERED: ReadonlySet<string> = new Set(['resolving', 'dialling', 'handshaking']);

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
 * While in doubt (something is owed, and nothing was heard for 1.5 s) a second handshake runs beside the
 * connection; whichever is heard or authenticates first goes on. A blip ends there and is shown to nobody. After
 * 3 s of owed silence the connection is missing: shown as `reconnecting`, and as before once it is heard again. The machine holds the lifecycle; what its actions do is provided by `session.ts`.
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
    doubtShown: DOUBT_SHOWN_MS,
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
      on: {
        // Whoever brought all of it was heard: a handshake that doubt had begun has nobody to take it over any more.
        SYNCED: { target: 'live', actions: 'abandonHandshake' },
        AUTHENTICATED: { target: 'syncing', reenter: true },
      },
      states: {
        steady: { on: { SILENT: 'doubting' } },
        doubting: {
          entry: 'startHandshake',
          on: { OPENED: { actions: 'authenticate' }, HEARD: 'believing' },
          after: { doubtShown: 'missing' },
        },
        missing: { on: { OPENED: { actions: 'authenticate' }, HEARD: 'believing' } },
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
          after: { doubtShown: 'missing' },
        },
        missing: { on: { OPENED: { actions: 'authenticate' }, HEARD: 'believing' } },
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

/**
 * The machine's state in words for a status bar.
 * @param attempts that failed since the last success: what follows one is all `reconnecting`, until somebody answers
 */
export function linkState(value: StateValue, attempts = 0): LinkState {
  const [[name, within] = ['offline', '']] = typeof value === 'string' ? [[value]] : Object.entries(value);
  if (within === 'missing') return 'reconnecting';
  if (attempts > 0 && UNANSWERED.has(name)) return 'reconnecting';
  return name === 'resolving' ? 'dialling' : (name as LinkState);
}
