import { assign, fromPromise, setup } from 'xstate';
import type { ServerLoginStart, ServerLoginStarted } from '../jobs/opaque.js';
import type { OpaqueTasks } from '../jobs/pool.js';

/** The third message must come this soon after the second. */
export const LOGIN_MS = 30_000;

export interface LoginInput {
  readonly start: ServerLoginStart;
  readonly tasks: Pick<OpaqueTasks, 'serverLoginStart' | 'serverLoginFinish'>;
}

export interface LoginContext extends LoginInput {
  /** OPAQUE's server state between its second and third message. */
  readonly state: string;
  readonly response: string;
  readonly finish: string;
  /** Does the MAC bind this session key to the connection? */
  readonly proves: (sessionKey: Buffer) => boolean;
  /** Why the server could not go on. It says nothing about the password. */
  readonly error: unknown;
}

export interface LoginProof {
  readonly type: 'FINISH';
  readonly finish: string;
  readonly proves: (sessionKey: Buffer) => boolean;
}

const nothingProven = (): boolean => false;

/**
 * One login with a password (RFC 9807 section 6). An unknown user goes the same way with a fake record and
 * ends in `refused` like a wrong password: nothing here may depend on which it was.
 */
export const loginMachine = setup({
  types: {
    input: {} as LoginInput,
    context: {} as LoginContext,
    events: {} as LoginProof,
  },
  actors: {
    answer: fromPromise<ServerLoginStarted, LoginContext>(({ input }) =>
      input.tasks.serverLoginStart(input.start),
    ),
    // Only these two: the context holds a function, which cannot cross to the pool's threads.
    verify: fromPromise<string | null, LoginContext>(({ input: { tasks, state, finish } }) =>
      tasks.serverLoginFinish({ state, finish }),
    ),
  },
  actions: {
    keepAnswer: assign((_, { state, response }: ServerLoginStarted) => ({ state, response })),
    keepError: assign(({ event }) => ('error' in event ? { error: event.error } : {})),
    keepProof: assign((_, { finish, proves }: LoginProof) => ({ finish, proves })),
  },
  guards: {
    sessionKeyProven: ({ context }, key: string | null) =>
      key !== null && context.proves(Buffer.from(key, 'base64url')),
  },
  delays: { loginMs: LOGIN_MS },
}).createMachine({
  id: 'login',
  context: ({ input }) => ({
    ...input,
    state: '',
    response: '',
    finish: '',
    proves: nothingProven,
    error: undefined,
  }),
  initial: 'answering',
  states: {
    answering: {
      invoke: {
        src: 'answer',
        input: ({ context }) => context,
        onDone: {
          target: 'challenged',
          actions: { type: 'keepAnswer', params: ({ event }) => event.output },
        },
        onError: { target: 'malformed', actions: 'keepError' },
      },
    },
    challenged: {
      on: { FINISH: { target: 'verifying', actions: { type: 'keepProof', params: ({ event }) => event } } },
      after: { loginMs: 'expired' },
    },
    verifying: {
      invoke: {
        src: 'verify',
        input: ({ context }) => context,
        onDone: [
          { target: 'proven', guard: { type: 'sessionKeyProven', params: ({ event }) => event.output } },
          { target: 'refused' },
        ],
        // Not `refused`: a pool that is full or lost a thread would make a correct password a wrong one.
        onError: { target: 'failed', actions: 'keepError' },
      },
    },
    proven: { type: 'final' },
    refused: { type: 'final' },
    expired: { type: 'final' },
    malformed: { type: 'final' },
    failed: { type: 'final' },
  },
});
