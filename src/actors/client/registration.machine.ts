import { assign, setup } from 'xstate';
import type { WelcomeReply } from '../../chat/operations.js';
import { errorOf } from '../failure.js';
import { type Blinded, type Outcome, step, thrownIn } from './steps.js';

interface RegistrationContext extends Outcome {
  readonly blinded: Blinded;
  readonly response: string;
  readonly record: string;
}

/**
 * One registration over one connection, as OPAQUE has it (RFC 9807 section 5): the server keeps a record
 * from which nobody learns the password. Ends in `welcomed` or `refused`; a new account is logged in at once.
 */
export const registrationMachine = setup({
  types: { context: {} as RegistrationContext, output: {} as Outcome },
  actors: {
    blind: step<void, Blinded>(),
    askStart: step<string, string>(),
    stretch: step<{ state: string; response: string }, string>(),
    askFinish: step<string, WelcomeReply>(),
  },
  actions: {
    keepBlinded: assign((_, blinded: Blinded) => ({ blinded })),
    keepResponse: assign((_, response: string) => ({ response })),
    keepRecord: assign((_, record: string) => ({ record })),
    keepWelcome: assign((_, welcome: WelcomeReply) => ({ welcome })),
    keepError: assign(({ event }) => ({ error: errorOf(thrownIn(event)) })),
  },
}).createMachine({
  id: 'registration',
  initial: 'blinding',
  context: {
    blinded: { state: '', request: '' },
    response: '',
    record: '',
    welcome: undefined,
    error: undefined,
  },
  states: {
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
        onDone: {
          target: 'askingFinish',
          actions: { type: 'keepRecord', params: ({ event }) => event.output },
        },
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    askingFinish: {
      invoke: {
        src: 'askFinish',
        input: ({ context }) => context.record,
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
