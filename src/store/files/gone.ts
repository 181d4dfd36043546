import { ErrorCode, NatterError } from '../../chat/error.js';

const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  FILE_WITHDRAWN: 'Its sender withdrew this file; ask for it again.',
  FILE_EXPIRED: 'The server keeps files only for a while, and this one is gone; ask for it again.',
  FILE_MISSING: 'The server has lost this file; ask whoever sent it to send it again.',
  HASH_MISMATCH: 'This file came to the server damaged; send it again.',
  NO_SUCH_FILE: 'There is no such file; look at the list of files again.',
};

/** Why a file is no more, as people are told it. @param reason the ErrorCode its row has, if there is a row */
export function goneError(reason: string | undefined): NatterError {
  const code = ErrorCode.find((each) => each === reason) ?? 'NO_SUCH_FILE';
  return new NatterError(code, SENTENCES[code] ?? 'The server could not keep this file; send it again.');
}
