/** The rows above the status bar: an offer that waits for its answer, and one bar for all files under way. */
import { formatRate, formatRemaining, formatSize } from '../../chat/amount.js';
import { type Blocks, bar } from './bar.js';
import { measuresOf } from './filetext.js';
import type { Row } from './pane.js';
import type { Theme } from './theme.js';
import { type FileEntry, peerOf, percentOf, remainingMs, shareOf, type TransferList } from './transfers.js';
import { pad, textWidth, truncate } from './width.js';

/** Cells of the bar, and below which width the row does without it. */
const BAR_CELLS = 16;
const BAR_FROM = 56;

/** ` v photo.png from bo [#####---] 63% 1.2 MB/s 0:04  +1 more (F6)`; undefined when nothing moves. */
export function progressRow(
  list: TransferList,
  width: number,
  blocks: Blocks,
  theme: Theme,
): Row | undefined {
  const moving = list.underWay.flatMap(({ transfer }) => (transfer === undefined ? [] : [transfer]));
  const [first] = moving;
  if (first === undefined) return undefined;
  const sum = moving.reduce(
    (all, { size, bytes, rate }) => ({
      size: all.size + size,
      bytes: all.bytes + bytes,
      rate: all.rate + rate,
    }),
    { size: 0, bytes: 0, rate: 0 },
  );
  const isOne = moving.length === 1;
  const share = isOne ? shareOf(first) : sum.size === 0 ? 0 : Math.min(1, sum.bytes / sum.size);
  const figures = [
    `${Math.floor(share * 100)}%`.padStart(4),
    // Without a connection, or before its turn: a rate of 0 would look like a fault of the file.
    ...(moving.every(({ state }) => state === 'accepted')
      ? ['waiting']
      : [formatRate(sum.rate), formatRemaining(remainingMs(sum))]),
  ].join(' ');
  const gauge = width >= BAR_FROM ? `${bar(share, BAR_CELLS, blocks)} ` : '';
  const right = ` ${gauge}${figures} (F6) `;
  const way = first.direction === 'in' ? 'from' : 'to';
  const label = isOne
    ? `${arrowOf(first)} ${first.name} ${way} ${peerOf(first)}`
    : `${moving.length} files under way`;
  const room = Math.max(0, width - textWidth(right));
  return [
    { text: pad(` ${label}`, room), look: theme.plain },
    { text: truncate(right, width), look: theme.good },
  ];
}

/** v comes in, ^ goes out. */
export function arrowOf({ direction }: { readonly direction: 'in' | 'out' }): string {
  return direction === 'in' ? 'v' : '^';
}

const KEYS = '[a]ccept [r]eject [t]rust always';
const KEYS_SHORT = '[a]cc [r]ej [t]rust';

/** The oldest private offer and the keys that answer it; undefined when there is none. */
export function offerBar(list: TransferList, width: number, theme: Theme): Row | undefined {
  const [first, ...others] = list.offers;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` +${others.length}`;
  const keys = ` ${width >= 70 ? KEYS : KEYS_SHORT}${more} `;
  const room = Math.max(0, width - textWidth(keys));
  return [
    { text: pad(offerText(first, room), room), look: theme.barStrong },
    { text: truncate(keys, width), look: theme.bar },
  ];
}

/** ` bo offers photo.png (1.2 MB, image/png)`; of a long name the middle goes. */
function offerText({ offer, from }: FileEntry, width: number): string {
  const head = ` ${from} offers `;
  const long = ` (${measuresOf(offer)})`;
  const short = ` (${formatSize(offer.size)})`;
  const tail = textWidth(head + offer.name + long) <= width ? long : short;
  const room = width - textWidth(head) - textWidth(tail);
  return room < 4 ? head + offer.name : head + shorten(offer.name, room) + tail;
}

/** Cuts a name to `cells`, keeping its extension: that says what opening it does. */
export function shorten(name: string, cells: number): string {
  if (textWidth(name) <= cells) return name;
  const extension = /\.[^.]{1,8}$/u.exec(name)?.[0] ?? '';
  const room = cells - textWidth(extension);
  return room < 3
    ? truncate(name, cells)
    : truncate(name.slice(0, -extension.length || undefined), room) + extension;
}

/** What a timeline and a list of lines say behind a file's name. */
export function fileNote(entry: FileEntry, state: string): string {
  const { transfer } = entry;
  if (transfer?.state === 'running') return `${state} ${percentOf(transfer)}`;
  // Whoever cancelled it knows why.
  if (transfer?.reason === undefined || transfer.code === 'CANCELLED') return state;
  return `${state}: ${transfer.reason}`;
}
