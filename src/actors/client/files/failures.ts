import { ErrorCode, NatterError } from '../../../chat/error.js';

export function noSuchFile(): NatterError {
  return new NatterError('NO_SUCH_FILE', 'There is no such file here; look at the list of files.');
}

export function cancelled(): NatterError {
  return new NatterError('CANCELLED', 'You cancelled it; send or fetch it again if you want it after all.');
}

export function elsewhere(name: string): NatterError {
  return new NatterError(
    'DATA_LOCKED',
    `Another natter on this machine is busy with ${name}; wait for it, or stop that one.`,
  );
}

export function finishedElsewhere(name: string): NatterError {
  return new NatterError(
    'NO_SUCH_FILE',
    `Another natter on this machine has finished ${name} already; look at the list of files.`,
  );
}

export function changed(path: string): NatterError {
  return new NatterError(
    'FILE_CHANGED',
    `${path} was changed while it was sent; send it again when it is complete.`,
    { path },
  );
}

export function stalled(name: string): NatterError {
  return new NatterError('STALLED', `Nothing of ${name} came for 30 seconds; resume it to try again.`);
}

export function damaged(name: string): NatterError {
  return new NatterError(
    'HASH_MISMATCH',
    `${name} came to the server damaged again and again; send it anew.`,
  );
}

export function serverFull(name: string): NatterError {
  return new NatterError(
    'DISK_FULL',
    `The disk of the server takes nothing of ${name} now; it is tried again by itself.`,
  );
}

export function waitsForSender(from: string): NatterError {
  return new NatterError('STALLED', `${from} does not send just now; it goes on by itself.`);
}

export function mismatched(name: string): NatterError {
  return new NatterError(
    'HASH_MISMATCH',
    `${name} is not what its sender sent, so it was not kept; fetch it again or ask for it anew.`,
  );
}

export function sizeLies(name: string): NatterError {
  return new NatterError(
    'PROTOCOL',
    `What is sent as ${name} is not what was offered; ask for it to be sent again.`,
  );
}

/** Why the server has it no more. */
const GONE: { readonly [Code in ErrorCode]?: string } = {
  FILE_WITHDRAWN: 'was withdrawn',
  FILE_EXPIRED: 'was kept for its time and is gone',
  FILE_MISSING: 'was lost where it was kept',
  HASH_MISMATCH: 'came to the server damaged',
  NO_SUCH_FILE: 'is not there any more',
};

/** For its sender as well as for who wants it. @param reason from the server: an ErrorCode, or of a newer one */
export function gone(name: string, reason: string | undefined): NatterError {
  const code = ErrorCode.find((each) => each === reason) ?? 'FILE_WITHDRAWN';
  return new NatterError(
    code,
    `${name} ${GONE[code] ?? 'is not to be had any more'}; it would have to be sent again.`,
  );
}
