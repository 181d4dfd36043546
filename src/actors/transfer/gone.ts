import { ErrorCode, NatterError } from '../../chat/error.js';

const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  FILE_WITHDRAWN: 'Its sender withdrew this file; ask for it again.',
  FILE_EXPIRED: 'The server has forgotten this file, which was too old; ask for it again.',
  QUOTA_EXCEEDED: 'There was no room for this file on the server; delete others, or send a smaller one.',
  HASH_MISMATCH: 'This file came to the server damaged; send it again.',
  NO_SUCH_FILE: 'There is no such file; look at the list of files again.',
};

/** Why a file is no more, as people are told it. @param reason the ErrorCode its row has */
export function goneError(reason: string | undefined): NatterError {
  const code = ErrorCode.find((each) => each === reason) ?? 'NO_SUCH_FILE';
  return new NatterError(code, SENTENCES[code] ?? 'The server could not keep this file; send it again.');
}
