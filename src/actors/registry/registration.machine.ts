import { assign, fromPromise, setup } from 'xstate';
import type { NatterError } from '../../chat/error.js';
import type { ServerRegistration } from '../jobs/opaque.js';
import type { OpaqueTasks } from '../jobs/pool.js';

/** The record must come this soon after the response: a client stretches its key in well under a second. */
export const REGISTRATION_MS = 30_000;

export interface RegistrationInput {
  readonly start: ServerRegistration;
  readonly tasks: Pick<OpaqueTasks, 'serverRegistration'>;
  /** Makes the account durable, with this record. */
  readonly enrol: (record: string) => Promise<void>;
}

export interface RegistrationContext extends RegistrationInput {
  readonly response: string;
  readonly record: string;
  /** Why the account was not made: malformed, taken meanwhile, disk full, too many at once. */
  readonly error: NatterError | undefined;
}

export interface RegistrationRecord {
  readonly type: 'RECORD';
  readonly record: string;
}

/** One registration (RFC 9807 section 5): response, record, then the account in the journal. */
export const registrationMachine = setup({
  types: {
    input: {} as RegistrationInput,
    context: {} as RegistrationContext,
    events: {} as RegistrationRecord,
  },
  actors: {
    answer: fromPromise<string, RegistrationContext>(({ input }) =>
      input.tasks.serverRegistration(input.start),
    ),
    enrol: fromPromise<void, RegistrationContext>(({ input }) => input.enrol(input.record)),
  },
  actions: {
    keepResponse: assign((_, response: string) => ({ response })),
    keepRecord: assign((_, { record }: RegistrationRecord) => ({ record })),
    keepError: assign(({ event }) => ('error' in event ? { error: event.error as NatterError } : {})),
  },
  delays: { registrationMs: REGISTRATION_MS },
}).createMachine({
  id: 'registration',
  context: ({ input }) => ({ ...input, response: '', record: '', error: undefined }),
  initial: 'answering',
  states: {
    answering: {
      invoke: {
        src: 'answer',
        input: ({ context }) => context,
        onDone: {
          target: 'awaitingRecord',
          actions: { type: 'keepResponse', params: ({ event }) => event.output },
        },
        onError: { target: 'malformed', actions: 'keepError' },
      },
    },
    awaitingRecord: {
      on: { RECORD: { target: 'enrolling', actions: { type: 'keepRecord', params: ({ event }) => event } } },
      after: { registrationMs: 'expired' },
    },
    enrolling: {
      invoke: {
        src: 'enrol',
        input: ({ context }) => context,
        onDone: 'enrolled',
        onError: { target: 'refused', actions: 'keepError' },
      },
    },
    enrolled: { type: 'final' },
    refused: { type: 'final' },
    expired: { type: 'final' },
    malformed: { type: 'final' },
  },
});
