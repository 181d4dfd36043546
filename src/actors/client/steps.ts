import { fromPromise } from 'xstate';
import { NatterError } from '../../chat/error.js';
import type { WelcomeReply } from '../../chat/operations.js';

/** What a login or a registration ends with: exactly one of both. */
export interface Outcome {
  readonly welcome: WelcomeReply | undefined;
  readonly error: NatterError | undefined;
}

/** What blinding a password gives: a secret for the next step, and the request. */
export interface Blinded {
  readonly state: string;
  readonly request: string;
}

/** A step of a machine whose work is provided by whoever runs it. */
export function step<Input, Output>() {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('this step was not provided')));
}

/** What a step failed with, from the event that says so. */
export function thrownIn(event: object): unknown {
  return 'error' in event ? event.error : undefined;
}

export function wrongPassword(): NatterError {
  return new NatterError(
    'WRONG_PASSWORD',
    'Name or password is wrong; check both, or register if you have no account there yet.',
  );
}

export function passwordNeeded(): NatterError {
  return new NatterError(
    'DEVICE_UNKNOWN',
    'The server does not remember this device; log in with your password.',
  );
}
