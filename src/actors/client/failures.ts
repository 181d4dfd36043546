import { type ErrorCode, NatterError } from '../../chat/error.js';
import type { CloseReason } from '../../net/types.js';
import { isPassing } from '../failure.js';

/** The server has another key than the pinned one. Nothing is sent to it. */
export function keyChanged(server: string): NatterError {
  return new NatterError(
    'KEY_CHANGED',
    `The key of ${server} is not the one it had before, so it may be somebody else; if its keeper says it was changed, run "natter forget ${server}" and connect again.`,
    { server },
  );
}

export function shutOut(reason: CloseReason): NatterError {
  return new NatterError(
    'NOT_LOGGED_IN',
    `The server ended this device's login (${reason.text}); log in again with your password.`,
  );
}

export function disconnected(server: string, reason: CloseReason): NatterError {
  const why = reason.text === '' ? '' : ` (${reason.text})`;
  return new NatterError(
    'DISCONNECTED',
    `The connection to ${server} ended${why}; it is made again by itself.`,
  );
}

export function unreachable(server: string): NatterError {
  return new NatterError(
    'NO_ANSWER',
    `Nobody answers at ${server}; check the address, the network and whether the server runs.`,
    { server },
  );
}

export function quitting(): NatterError {
  return new NatterError('STOPPED', 'The client was closed before the server answered; do it again.');
}

export function notLoggedIn(): NatterError {
  return new NatterError('NOT_LOGGED_IN', 'Nobody is logged in; log in first.');
}

/** Failures that trying again does not cure, also not for somebody who was in before. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'WRONG_PASSWORD',
  'DEVICE_UNKNOWN',
  'NOT_LOGGED_IN',
  'KEY_CHANGED',
  'PROTOCOL',
]);

/**
 * Is a login that failed like this worth another try?
 * @param wasIn the same login went well before: whoever was in is let in again, unless the server says never
 */
export function deservesRetry(error: NatterError, wasIn: boolean): boolean {
  return isPassing(error) || (wasIn && !FINAL.has(error.code));
}
