/**
 * The transfer panel: a row for each file, and everything about one of them.
 *
 *   >3 v photo.png       bo       [█████▋    ]  63% 1.2 MB/s  0:04 receiving
 *    2 ^ film.mkv        #dev     [██        ]  20% paused: The disk is full; ...
 *
 * It holds which row is chosen; what its keys do to a file is done by whoever shows it.
 */
import { formatRate, formatRemaining, formatSize } from '../../chat/amount.js';
import { type Blocks, bar } from './bar.js';
import { clockOf, dayOf } from './chat.js';
import type { Row } from './pane.js';
import { arrowOf, fileNote, shorten } from './progress.js';
import type { Look, Theme } from './theme.js';
import {
  type FileEntry,
  isFetchable,
  isLasting,
  isOffered,
  isOnOffer,
  isPausable,
  isPaused,
  peerOf,
  percentOf,
  remainingMs,
  shareOf,
  stateOf,
  type TransferList,
} from './transfers.js';
import { pad, textWidth } from './width.js';
import { wrap } from './wrap.js';

/** Columns that go when there is not enough room, narrowest first. */
const PEER_FROM = 56;
const BAR_FROM = 64;
const PEER_CELLS = 10;
const BAR_CELLS = 12;
const LABEL_CELLS = 7;

/** How the panel looks where it is shown. */
export interface PanelLooks {
  readonly theme: Theme;
  readonly blocks: Blocks;
}

export class Panel {
  readonly #list: TransferList;
  #isShown = false;
  #isDetail = false;
  /** Id of the chosen file; the first one's until something was chosen. */
  #chosen: string | undefined;
  /** Rows of the details above the window. */
  #scrolled = 0;

  constructor(list: TransferList) {
    this.#list = list;
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  get isDetail(): boolean {
    return this.#isDetail;
  }

  /** The file its keys are about. */
  get chosen(): FileEntry | undefined {
    const { ranked } = this.#list;
    return ranked.find(({ offer }) => offer.id === this.#chosen) ?? ranked[0];
  }

  open(): void {
    this.#isShown = true;
    this.#isDetail = false;
    this.#chosen = undefined;
  }

  /** From the details back to the list, from the list back to the conversation. */
  back(): void {
    if (this.#isDetail) this.#isDetail = false;
    else this.#isShown = false;
  }

  close(): void {
    this.#isShown = false;
  }

  details(): void {
    this.#chosen = this.chosen?.offer.id;
    this.#isDetail = this.#chosen !== undefined;
    this.#scrolled = 0;
  }

  /** Through the list, or through details that are longer than the window. */
  move(by: number): void {
    if (this.#isDetail) {
      this.#scrolled = Math.max(0, this.#scrolled + by);
      return;
    }
    const { ranked } = this.#list;
    const at = this.chosen === undefined ? 0 : ranked.indexOf(this.chosen);
    this.#chosen = ranked[Math.min(ranked.length - 1, Math.max(0, at + by))]?.offer.id;
  }

  /** Exactly `height` rows of `width` cells. @param preview what stands under the details */
  rows(width: number, height: number, looks: PanelLooks, preview: readonly Row[]): Row[] {
    const { chosen } = this;
    const { theme } = looks;
    const body = Math.max(0, height - 2);
    const rows =
      chosen === undefined
        ? [[{ text: ' No files yet. /send FILE sends one.', look: theme.dim }]]
        : this.#isDetail
          ? [...detailRows(chosen, width, theme), ...preview]
          : this.#listRows(chosen, width, body, looks);
    this.#scrolled = Math.min(this.#scrolled, Math.max(0, rows.length - body));
    const from = this.#isDetail ? this.#scrolled : 0;
    const shown = rows.slice(from, from + body);
    while (shown.length < body) shown.push([]);
    return [this.#titleRow(width, theme), ...shown, this.#keysRow(chosen, width, theme)].slice(0, height);
  }

  #titleRow(width: number, theme: Theme): Row {
    const { underWay, entries } = this.#list;
    const right = `${underWay.length} under way, ${entries.length} in all `;
    const room = Math.max(0, width - textWidth(right));
    return [{ text: pad(' FILES', room) + pad(right, width - room), look: theme.barStrong }];
  }

  #keysRow(chosen: FileEntry | undefined, width: number, theme: Theme): Row {
    const keys = [...(chosen === undefined ? [] : keysOf(chosen, this.#isDetail))];
    keys.push(this.#isDetail ? 'Esc back' : 'Esc close');
    return [{ text: pad(` ${keys.join('  ')}`, width), look: theme.dim }];
  }

  /** The rows around the chosen one. */
  #listRows(chosen: FileEntry, width: number, height: number, looks: PanelLooks): Row[] {
    const { ranked } = this.#list;
    const at = ranked.indexOf(chosen);
    const from = Math.max(0, Math.min(at - Math.floor(height / 2), ranked.length - height));
    return ranked.slice(from, from + height).map((entry) => fileRow(entry, entry === chosen, width, looks));
  }
}

/** The keys that do something about a file just now. */
function keysOf(entry: FileEntry, isDetail: boolean): readonly string[] {
  const enter = isOffered(entry) ? 'Enter accept' : isFetchable(entry) ? 'Enter fetch' : 'Enter details';
  return [
    ...(isDetail ? [] : [enter]),
    ...(isOffered(entry) ? ['r reject'] : []),
    ...(isPaused(entry) ? ['p resume'] : isPausable(entry) ? ['p pause'] : []),
    ...(isLasting(entry) ? ['c cancel'] : []),
  ];
}

/** One file in one row. */
function fileRow(entry: FileEntry, isChosen: boolean, width: number, { theme, blocks }: PanelLooks): Row {
  const { transfer, offer, number } = entry;
  const sign = transfer === undefined ? '-' : arrowOf(transfer);
  const label = `${isChosen ? '>' : ' '}${number}`.padEnd(4);
  const peer = transfer === undefined ? entry.from : peerOf(transfer);
  const withPeer = width >= PEER_FROM;
  const right = rightOf(entry, width, blocks);
  const nameCells = Math.max(4, width - LABEL_CELLS - (withPeer ? PEER_CELLS + 1 : 0) - right.cells);
  const base = isChosen ? theme.current : theme.plain;
  const name = pad(shorten(offer.name, nameCells - 1), nameCells);
  return [
    { text: `${label}${sign} `, look: base },
    { text: name, look: base },
    { text: withPeer ? `${pad(peer, PEER_CELLS)} ` : '', look: base },
    { text: pad(right.text, right.cells), look: isChosen ? theme.current : lookOf(entry, theme) },
  ];
}

/** What stands right of the names: figures while it moves, else its state and the reason. */
function rightOf(
  entry: FileEntry,
  width: number,
  blocks: Blocks,
): { readonly text: string; readonly cells: number } {
  const { transfer, offer } = entry;
  const state = stateOf(entry);
  const gauge = (share: number) => (width >= BAR_FROM ? `${bar(share, BAR_CELLS, blocks)} ` : '');
  const cells = width >= BAR_FROM ? Math.max(36, Math.min(52, Math.floor(width * 0.56))) : 20;
  if (transfer?.state === 'running' || transfer?.state === 'verifying') {
    const percent = percentOf(transfer).padStart(4);
    const left = formatRemaining(remainingMs(transfer));
    if (width < BAR_FROM) return { text: `${percent} ${formatRate(transfer.rate)} ${left}`, cells };
    const figures = `${percent} ${formatRate(transfer.rate).padStart(8)} ${left.padStart(5)} ${state}`;
    return { text: `${gauge(shareOf(transfer))}${figures}`, cells };
  }
  if (transfer !== undefined && ['paused', 'accepted'].includes(transfer.state) && !isOnOffer(entry)) {
    const words = fileNote(entry, state);
    return { text: `${gauge(shareOf(transfer))}${percentOf(transfer).padStart(4)} ${words}`, cells };
  }
  return { text: `${formatSize(offer.size).padStart(7)} ${fileNote(entry, state)}`, cells };
}

function lookOf({ transfer }: FileEntry, theme: Theme): Look {
  if (transfer?.state === 'failed') return theme.failed;
  if (transfer?.state === 'offered') return theme.mention;
  if (transfer?.state === 'running' || transfer?.state === 'verifying') return theme.good;
  return theme.dim;
}

/** `2.4 GB (2400000000 bytes)`, where the unit has not said it all. */
function sizeOf(size: number): string {
  const short = formatSize(size);
  return short === `${size} B` ? short : `${short} (${size} bytes)`;
}

/** Everything about one file; long values are broken, never cut. */
function detailRows(entry: FileEntry, width: number, theme: Theme): Row[] {
  const { transfer, offer, room, from, number } = entry;
  const isUnfinished = transfer?.state === 'running' || transfer?.state === 'paused';
  const at = transfer === undefined ? '' : `${dayOf(transfer.at)} ${clockOf(transfer.at)}`;
  const facts: readonly (readonly [string, string])[] = [
    ['Name', offer.name],
    ['State', `${stateOf(entry)}${transfer !== undefined && isUnfinished ? ` ${percentOf(transfer)}` : ''}`],
    ['Why', transfer?.reason ?? ''],
    ['Size', sizeOf(offer.size)],
    ['Type', offer.type],
    ['From', `${from} in ${room}`],
    ['Offered', at],
    ['Path', transfer?.path ?? ''],
    ['Hash', transfer?.hash ?? ''],
  ];
  const rows: Row[] = [[{ text: ` File ${number}`, look: theme.heading }]];
  for (const [key, value] of facts) {
    if (value === '') continue;
    wrap(value, width - 11).forEach((line, index) => {
      rows.push([
        { text: ` ${(index === 0 ? key : '').padEnd(9)}`, look: theme.dim },
        { text: line, look: theme.plain },
      ]);
    });
  }
  return [...rows, []];
}
