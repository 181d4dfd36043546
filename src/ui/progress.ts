/** Transfers under way as lines for a terminal. Knows nothing of the terminal but its width and its colours. */
import { formatRate, formatRemaining, formatSize } from '../chat/amount.js';
import type { Transfer } from '../chat/events.js';
import { sanitiseLine } from '../chat/text.js';
import { EIGHTHS, fill } from './terminal/bar.js';
import { pad, truncate } from './terminal/width.js';

/** More are told as one sum. */
const LINES_MAX = 4;
const NAME_CELLS_MAX = 28;
/** Left of the width for anything else, a bar says nothing. */
const BAR_CELLS_MIN = 6;
const BAR_CELLS_MAX = 40;
const COLOUR = '\u001b[36m';
const NO_COLOUR = '\u001b[39m';

export interface ProgressLook {
  /** Cells; no line is longer. */
  readonly width: number;
  readonly colour: boolean;
}

/**
 *     holiday.mov  ▕██████████▍             ▏  43 %   12 MB/s   0:32
 *
 * One line each for up to four, those that move first; one for all the others together.
 */
export function progressLines(transfers: readonly Transfer[], look: ProgressLook): string[] {
  const moving = transfers.filter((transfer) => transfer.state === 'running');
  const ordered = [...moving, ...transfers.filter((transfer) => transfer.state !== 'running')];
  const lines = ordered.slice(0, LINES_MAX).map((transfer) => progressLine(transfer, look));
  if (ordered.length > LINES_MAX) lines.push(sumLine(ordered.slice(LINES_MAX), look));
  return lines;
}

function progressLine(transfer: Transfer, look: ProgressLook): string {
  const { name, size, bytes } = transfer;
  const nameCells = Math.min(NAME_CELLS_MAX, Math.floor(look.width / 3));
  const head = pad(sanitiseLine(name), nameCells);
  const tail = ` ${percent(bytes, size)} ${pad(pace(transfer), 9, 'right')} ${pad(rest(transfer), 8, 'right')}`;
  const room = look.width - nameCells - tail.length - 4;
  if (room < BAR_CELLS_MIN) return truncate(`${head}${tail}`, look.width);
  return `${head}  ▕${bar(share(bytes, size), Math.min(room, BAR_CELLS_MAX), look.colour)}▏${tail}`;
}

function sumLine(others: readonly Transfer[], { width }: ProgressLook): string {
  const size = sum(others, (transfer) => transfer.size);
  const bytes = sum(others, (transfer) => transfer.bytes);
  return truncate(`and ${others.length} more: ${percent(bytes, size).trim()} of ${formatSize(size)}`, width);
}

/** `cells` cells. @param part 0-1 */
function bar(part: number, cells: number, colour: boolean): string {
  const { filled, empty } = fill(part, cells, EIGHTHS);
  return colour ? `${COLOUR}${filled}${NO_COLOUR}${empty}` : filled + empty;
}

/** 100 % is what is whole; what is nearly whole stays at 99. */
function percent(bytes: number, size: number): string {
  return `${Math.floor(share(bytes, size) * 100)} %`.padStart(5);
}

function share(bytes: number, size: number): number {
  return size === 0 ? 1 : Math.min(1, Math.max(0, bytes / size));
}

function pace({ state, rate }: Transfer): string {
  return state === 'running' ? formatRate(rate) : '';
}

function rest({ state, size, bytes, rate }: Transfer): string {
  switch (state) {
    case 'running':
      return formatRemaining(((size - bytes) / rate) * 1000);
    case 'verifying':
      return 'checking';
    case 'paused':
      return 'paused';
    default:
      return 'waiting';
  }
}

function sum(transfers: readonly Transfer[], of: (transfer: Transfer) => number): number {
  return transfers.reduce((total, transfer) => total + of(transfer), 0);
}
