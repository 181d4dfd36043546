import { type ErrorCode, NatterError } from '../chat/error.js';
import type { Refusal } from '../chat/operations.js';

/** Not foreseen: a fault of the server's, for its log. */
export function isInternal(error: unknown): error is Error {
  return error instanceof NatterError ? error.code === 'INTERNAL' : error instanceof Error;
}

/** What the store says names files of the server, which is for its keeper. */
const KEPT: Readonly<Partial<Record<ErrorCode, string>>> = {
  READ_ONLY: 'The server cannot write to its disk now and tries again by itself; try again in a minute.',
  DISK_FULL: "The server's disk is full; try again later, and tell whoever runs it.",
  DATA_CORRUPT: "The server's copy of this is damaged; tell whoever runs it.",
};

/** An error as a client is told it. Only what was written for people goes out; the rest stays in the log. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof NatterError) || isInternal(error))
    return { c: 'INTERNAL', m: 'Something failed on the server; try again, and tell whoever runs it.' };
  const { code, message, details } = error as NatterError;
  if (code === 'MAILBOX_FULL') return { c: 'BUSY', m: 'The server is busy; try again in a few seconds.' };
  const kept = KEPT[code];
  if (kept !== undefined) return { c: code, m: kept };
  return Object.keys(details).length === 0
    ? { c: code, m: message }
    : { c: code, m: message, d: { ...details } };
}

/** Errors that pass by themselves: the request stays unanswered, and its repetition finds the way. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ACTOR_DIED', 'DEADLINE']);

export function passes(error: unknown): boolean {
  return error instanceof NatterError && PASSING.has(error.code);
}

export function rateLimited(waitMs: number): NatterError {
  const seconds = Math.max(0.1, Math.ceil(waitMs / 100) / 10);
  return new NatterError('RATE_LIMITED', `That is too fast for this server; go on in ${seconds} s.`, {
    seconds,
  });
}

export function notAMember(): NatterError {
  return new NatterError('NOT_A_MEMBER', 'You are not in that conversation; join it first.');
}
