/** A file as the conversation shows it: what it is, how it fares, and the command that fetches it. */
import { formatSize } from '../../chat/amount.js';
import type { FileOffer } from '../../chat/events.js';
import { type FileEntry, isFetchable, isOffered, percentOf, stateOf } from './transfers.js';

const UNKNOWN_TYPE = 'application/octet-stream';

/** `photo.png (1.2 MB, image/png)` and `/get 3`; nothing for the second when nothing is known of it any more. */
export function fileText(offer: FileOffer, entry: FileEntry | undefined): readonly [string, string] {
  return [`${offer.name} (${measuresOf(offer)})`, entry === undefined ? '' : noteOf(entry)];
}

/** `1.2 MB, image/png`; without a type that only says that nobody knows it. */
export function measuresOf({ size, type }: Pick<FileOffer, 'size' | 'type'>): string {
  return type === UNKNOWN_TYPE ? formatSize(size) : `${formatSize(size)}, ${type}`;
}

/** What becomes of trusting somebody. */
export function trustText(name: string): string {
  return `What ${name} sends you privately is taken from now on; /untrust ${name} ends that.`;
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
