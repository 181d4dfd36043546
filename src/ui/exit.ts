/** How a command ends: the exit codes of the command line, and the one sentence that explains a failure. */
import { type ErrorCode, NatterError } from '../chat/error.js';
import { sanitiseLine } from '../chat/text.js';

export const Exit = { Done: 0, Error: 1, Usage: 2, NotAuthenticated: 3, Network: 4 } as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** Codes that do not end with `Exit.Error`; docs/ERRORS.md shows the same. */
const EXITS: Partial<Record<ErrorCode, Exit>> = {
  UNKNOWN_COMMAND: Exit.Usage,
  BAD_ARGUMENT: Exit.Usage,
  BAD_ADDRESS: Exit.Usage,
  USAGE: Exit.Usage,
  WRONG_PASSWORD: Exit.NotAuthenticated,
  NOT_LOGGED_IN: Exit.NotAuthenticated,
  DEVICE_UNKNOWN: Exit.NotAuthenticated,
  TOO_MANY_ATTEMPTS: Exit.NotAuthenticated,
  KEY_CHANGED: Exit.NotAuthenticated,
  DEADLINE: Exit.Network,
  NO_ANSWER: Exit.Network,
  DISCONNECTED: Exit.Network,
};

export function exitOf(error: unknown): Exit {
  return error instanceof NatterError ? (EXITS[error.code] ?? Exit.Error) : Exit.Error;
}

/** One line for a person. An error that is not ours is a fault of natter, and says so. */
export function sentenceOf(error: unknown): string {
  if (error instanceof NatterError) return sanitiseLine(error.message);
  const what = error instanceof Error ? error.message : String(error);
  return sanitiseLine(`Something went wrong inside natter: ${what}`);
}

export function codeOf(error: unknown): ErrorCode {
  return error instanceof NatterError ? error.code : 'INTERNAL';
}
