/**
 * The one error class. `code` is for programs and never changes; `message` is one sentence for a person
 * that says what to do next. docs/ERRORS.md lists every code.
 */
export const ErrorCode = [
  // Names, texts, targets
  'NAME_EMPTY',
  'NAME_TOO_LONG',
  'NAME_NOT_ALLOWED',
  'NAME_LOOKS_ALIKE',
  'NAME_TAKEN',
  'TEXT_EMPTY',
  'TEXT_TOO_LONG',
  'TEXT_NOT_ALLOWED',
  'NO_SUCH_USER',
  'NO_SUCH_ROOM',
  'NO_SUCH_STICKER',
  'YOURSELF',
  'UNKNOWN_COMMAND',
  'BAD_ARGUMENT',
  'NOT_A_MEMBER',
  'NOT_ALLOWED',
  // Files
  'FILE_MISSING',
  'FILE_UNREADABLE',
  'FILE_CHANGED',
  'FILE_TOO_LARGE',
  'NO_SUCH_FILE',
  'FILE_WITHDRAWN',
  'FILE_REJECTED',
  'FILE_EXPIRED',
  'HASH_MISMATCH',
  'QUOTA_EXCEEDED',
  'STALLED',
  'CANCELLED',
  // Accounts
  'WRONG_PASSWORD',
  'NOT_LOGGED_IN',
  'DEVICE_UNKNOWN',
  'TOO_MANY_ATTEMPTS',
  'PASSWORD_TOO_SHORT',
  // Requests
  'GAP',
  'STREAM_EXPIRED',
  'RATE_LIMITED',
  'UNKNOWN_OPERATION',
  'BUSY',
  'DEADLINE',
  'MAILBOX_FULL',
  'ACTOR_DIED',
  // Network
  'NO_ANSWER',
  'KEY_CHANGED',
  'WRONG_COMMUNITY',
  'DISCONNECTED',
  'BAD_ADDRESS',
  'PORT_TAKEN',
  'PROTOCOL',
  // What lasts
  'DATA_LOCKED',
  'DATA_FOREIGN',
  'DATA_UNWRITABLE',
  'DATA_CORRUPT',
  'DISK_FULL',
  'READ_ONLY',
  // The rest
  'USAGE',
  'INTERNAL',
  'STOPPED',
] as const;
export type ErrorCode = (typeof ErrorCode)[number];

export class NatterError extends Error {
  override name = 'NatterError';
  readonly code: ErrorCode;
  /** Facts a program may want: the counter expected, the seconds to wait, the path at fault. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Record<string, string | number> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}
