import { NatterError } from '../../../chat/error.js';

/** A file goes straight from one to the other, so both have to be there. */
export function notThere(who: string): NatterError {
  return new NatterError(
    'NO_SUCH_USER',
    `${who} is not online, and files go straight from you to them; send it when they are.`,
  );
}

/** Tried again by itself. */
export function unreached(): NatterError {
  return new NatterError('DISCONNECTED', 'Whoever offers that file is not there now; it goes on by itself.');
}

export function notForYou(): NatterError {
  return new NatterError('NOT_ALLOWED', 'That file is not offered to you; ask whoever sent it.');
}

export function tooManyFiles(): NatterError {
  return new NatterError('BUSY', 'So many files are being fetched at once; wait until one of them is done.');
}

export function tooOld(name: string): NatterError {
  return new NatterError('FILE_EXPIRED', `${name} was on offer for seven days; send it again if need be.`);
}

export function unknownOperation(): NatterError {
  return new NatterError(
    'UNKNOWN_OPERATION',
    'This natter does not know what was asked; update the older one.',
  );
}

export function tooFast(): NatterError {
  return new NatterError('RATE_LIMITED', 'That is too fast; go on in a second.');
}
