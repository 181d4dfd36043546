import { type ErrorCode, NatterError } from '../chat/error.js';

/** Whatever was thrown, as an error for people. */
export function errorOf(error: unknown): NatterError {
  if (error instanceof NatterError) return error;
  return new NatterError('INTERNAL', `Something went wrong here (${String(error)}); try again.`, {}, error);
}

const PASSING: ReadonlySet<ErrorCode> = new Set([
  'NO_ANSWER',
  'DISCONNECTED',
  'BUSY',
  'ACTOR_DIED',
  'DEADLINE',
  'MAILBOX_FULL',
  'STOPPED',
  'RATE_LIMITED',
]);

/** Does a server that refused with this, or did not answer, deserve another try? */
export const isPassing = ({ code }: NatterError): boolean => PASSING.has(code);
