/** What a person should hear of a file besides its own line, which may be out of sight. */
import type { Target, Transfer } from '../../chat/events.js';
import type { FileEntry } from './transfers.js';

export interface FileNews {
  readonly text: string;
  readonly isWarning: boolean;
  /** Where it was offered; undefined for where the person is: it answers what they did. */
  readonly room?: Target;
}

/** What is new now that it fares like this; undefined when its line says enough. */
export function fileNews({ number }: FileEntry, transfer: Transfer): FileNews | undefined {
  const { name, state, direction, room, reason, path, code } = transfer;
  if (state === 'failed' && code === 'CANCELLED') return { text: `${name} is cancelled.`, isWarning: false };
  if (state === 'failed')
    return { text: `${name} failed: ${reason ?? 'nobody says why.'}`, isWarning: true, room };
  if (state === 'paused' && reason === undefined)
    return { text: `${name} is paused; /resume ${number} goes on.`, isWarning: false };
  if (state === 'paused')
    return { text: `${name} is paused: ${reason} /resume ${number} goes on.`, isWarning: true, room };
  if (state === 'done' && direction === 'in')
    return { text: `${name} is here: ${path ?? 'in the downloads folder'}`, isWarning: false, room };
  return undefined;
}
