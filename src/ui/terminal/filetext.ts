/** A file as the conversation shows it: what it is, how it fares, and the command that fetches it. */
import { formatSize } from '../../chat/amount.js';
import type { FileOffer } from '../../chat/events.js';
import { type FileEntry, isFetchable, isOffered, percentOf, stateOf } from './transfers.js';

/** `photo.png (1.2 MB, image/png)` and `/get 3`; nothing for the second when nothing is known of it any more. */
export function fileText(offer: FileOffer, entry: FileEntry | undefined): readonly [string, string] {
  const what = `${offer.name} (${formatSize(offer.size)}, ${offer.type})`;
  return [what, entry === undefined ? '' : noteOf(entry)];
}

function noteOf(entry: FileEntry): string {
  const { number, transfer } = entry;
  if (isOffered(entry)) return `/accept ${number} or /reject ${number}`;
  const moving = transfer?.state === 'running' ? ` ${percentOf(transfer)}` : '';
  const state = `${stateOf(entry)}${moving}`;
  if (!isFetchable(entry)) return state;
  return transfer === undefined || transfer.state === 'offered'
    ? `/get ${number}`
    : `${state} (/get ${number} fetches it)`;
}
