import { type ErrorCode, NatterError } from '../../chat/error.js';

/** What clients hear of this server's disk: its paths are none of their business. */
const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  DISK_FULL:
    'The disk of the server is full; what came is kept. Resume later, or tell whoever runs the server.',
  READ_ONLY: 'The disk of the server takes nothing now; resume later, or tell whoever runs the server.',
  DATA_UNWRITABLE: 'The server cannot keep files now; try again later, or tell whoever runs it.',
  DATA_CORRUPT: 'The server cannot read this file any more; ask whoever sent it to send it again.',
  FILE_MISSING: 'The server has lost this file; ask whoever sent it to send it again.',
};

/** What clients hear of an error with this code. */
export function told(code: ErrorCode): NatterError {
  return new NatterError(code, SENTENCES[code] ?? 'The server could not do that; try again later.');
}

/** An error as clients are told it. */
export function asTold(error: NatterError): NatterError {
  if (error.details.path === undefined) return error;
  return told(error.code);
}
