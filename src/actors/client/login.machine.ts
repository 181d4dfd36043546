import { assign, setup } from 'xstate';
import { NatterError } from '../../chat/error.js';
import type { WelcomeReply } from '../../chat/operations.js';
import { errorOf } from '../failure.js';
import { type Blinded, type Outcome, passwordNeeded, step, thrownIn, wrongPassword } from './steps.js';

/** What a login begins with. */
export interface LoginInput {
  /** The server may know this device's key as one of the account's. */
  readonly deviceKnown: boolean;
  readonly hasPassword: boolean;
}

/** The third message of OPAQUE, and the key that both sides share from then on. */
export interface Unlocked {
  readonly finish: string;
  readonly sessionKey: string;
}

interface LoginContext extends LoginInput, Outcome {
  readonly blinded: Blinded;
  readonly response: string;
  readonly unlocked: Unlocked;
}

/**
 * One login over one connection. A device that the server remembers needs nothing but its key; else OPAQUE
 * (RFC 9807): blind the password, ask, stretch what comes back, and prove to know it. Ends in `welcomed` or
 * `refused`; the steps themselves are provided by `authentication.ts`.
 */
export const loginMachine = setup({
  types: {
    context: {} as LoginContext,
    input: {} as LoginInput,
    output: {} as Outcome,
  },
  actors: {
    askDevice: step<void, WelcomeReply>(),
    blind: step<void, Blinded>(),
    askStart: step<string, string>(),
    stretch: step<{ state: string; response: string }, Unlocked | undefined>(),
    askFinish: step<Unlocked, WelcomeReply>(),
  },
  actions: {
    keepBlinded: assign((_, blinded: Blinded) => ({ blinded })),
    keepResponse: assign((_, response: string) => ({ response })),
    keepUnlocked: assign((_, unlocked: Unlocked | undefined) => (unlocked === undefined ? {} : { unlocked })),
    keepWelcome: assign((_, welcome: WelcomeReply) => ({ welcome })),
    keepError: assign(({ event }) => ({ error: errorOf(thrownIn(event)) })),
    sayWrongPassword: assign(() => ({ error: wrongPassword() })),
    sayPasswordNeeded: assign(() => ({ error: passwordNeeded() })),
  },
  guards: {
    deviceKnown: ({ context }) => context.deviceKnown,
    hasPassword: ({ context }) => context.hasPassword,
    deviceForgotten: ({ event }) => isDeviceUnknown(thrownIn(event)),
    deviceForgottenButPassword: ({ context, event }) =>
      isDeviceUnknown(thrownIn(event)) && context.hasPassword,
    passwordFits: (_, unlocked: Unlocked | undefined) => unlocked !== undefined,
  },
}).createMachine({
  id: 'login',
  initial: 'choosing',
  context: ({ input }) => ({
    ...input,
    blinded: { state: '', request: '' },
    response: '',
    unlocked: { finish: '', sessionKey: '' },
    welcome: undefined,
    error: undefined,
  }),
  states: {
    choosing: {
      always: [
        { guard: 'deviceKnown', target: 'askingDevice' },
        { guard: 'hasPassword', target: 'blinding' },
        { target: 'refused', actions: 'sayPasswordNeeded' },
      ],
    },
    askingDevice: {
      invoke: {
        src: 'askDevice',
        onDone: {
          target: 'welcomed',
          actions: { type: 'keepWelcome', params: ({ event }) => event.output },
        },
        onError: [
          {
            guard: 'deviceForgottenButPassword',
            target: 'blinding',
          },
          {
            guard: 'deviceForgotten',
            target: 'refused',
            actions: 'sayPasswordNeeded',
          },
          { target: 'refused', actions: 'keepError' },
        ],
      },
    },
    blinding: {
      invoke: {
        src: 'blind',
        onDone: {
          target: 'askingStart',
          actions: { type: 'keepBlinded', params: ({ event }) => event.output },
        },
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    askingStart: {
      invoke: {
        src: 'askStart',
        input: ({ context }) => context.blinded.request,
        onDone: {
          target: 'stretching',
          actions: { type: 'keepResponse', params: ({ event }) => event.output },
        },
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    stretching: {
      invoke: {
        src: 'stretch',
        input: ({ context }) => ({ state: context.blinded.state, response: context.response }),
        onDone: [
          {
            guard: { type: 'passwordFits', params: ({ event }) => event.output },
            target: 'askingFinish',
            actions: { type: 'keepUnlocked', params: ({ event }) => event.output },
          },
          { target: 'refused', actions: 'sayWrongPassword' },
        ],
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    askingFinish: {
      invoke: {
        src: 'askFinish',
        input: ({ context }) => context.unlocked,
        onDone: {
          target: 'welcomed',
          actions: { type: 'keepWelcome', params: ({ event }) => event.output },
        },
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    welcomed: { type: 'final' },
    refused: { type: 'final' },
  },
  output: ({ context }) => ({ welcome: context.welcome, error: context.error }),
});

function isDeviceUnknown(error: unknown): boolean {
  return error instanceof NatterError && error.code === 'DEVICE_UNKNOWN';
}
