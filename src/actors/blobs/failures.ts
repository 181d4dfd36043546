import { NatterError } from '../../chat/error.js';

export function tooMany(): NatterError {
  return new NatterError('BUSY', 'So many files are being sent at once; wait until one of them is done.');
}

export function stalled(): NatterError {
  return new NatterError('STALLED', 'Nothing more of the file came; what came is kept. Resume to go on.');
}

export function wrong(): NatterError {
  return new NatterError(
    'HASH_MISMATCH',
    'What came of the file is not what its hashes say; resume, or send it anew.',
  );
}
