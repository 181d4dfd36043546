import { NatterError } from '../chat/error.js';

/** The error for a file that is no more. @param reason the code it was removed with */
export function gone(reason: string): NatterError {
  switch (reason) {
    case 'FILE_EXPIRED':
      return new NatterError(
        reason,
        'The server keeps files only for a while, and this one is gone; ask for it again.',
      );
    case 'FILE_WITHDRAWN':
      return new NatterError(reason, 'This file was withdrawn by whoever sent it; ask them for it.');
    default:
      return new NatterError(
        'FILE_MISSING',
        'The server has lost this file; ask whoever sent it to send it again.',
      );
  }
}
