/**
 * Where everything stands:
 *
 *   title
 *   rooms │ conversation │ members        members from 100 columns, rooms from 60
 *         │ typing
 *   bars, 0 to 2 rows                     from 12 rows: an offer, progress
 *   status
 *   input, 1 to 6 rows
 *   hints                                 from 12 rows
 */
import type { Area } from './cells.js';

const ROOMS_FROM = 60;
const MEMBERS_FROM = 100;
/** From here on both columns are wider. */
const WIDE_FROM = 120;
const HINTS_FROM = 12;
/** Rows of the input line at most; never more than a third of the screen. */
const INPUT_ROWS_MAX = 6;

export interface Layout {
  readonly title: Area;
  readonly rooms: Area | undefined;
  readonly chat: Area;
  readonly members: Area | undefined;
  readonly typing: Area;
  readonly bars: Area;
  readonly status: Area;
  readonly input: Area;
  readonly hints: Area | undefined;
}

export interface Panels {
  readonly rooms: boolean;
  readonly members: boolean;
}

export function inputRowsMax(height: number): number {
  return Math.max(1, Math.min(INPUT_ROWS_MAX, Math.floor(height / 3)));
}

/**
 * @param inputRows rows the input line wants, at most `inputRowsMax`
 * @param barRows rows above the status bar
 */
export function layOut(
  width: number,
  height: number,
  panels: Panels,
  inputRows: number,
  barRows: number,
): Layout {
  const hintRows = height >= HINTS_FROM ? 1 : 0;
  const bars = height >= HINTS_FROM ? barRows : 0;
  const bodyHeight = Math.max(1, height - 2 - inputRows - hintRows - bars);
  const roomCells = panels.rooms && width >= ROOMS_FROM ? (width >= WIDE_FROM ? 24 : 17) : 0;
  const memberCells = panels.members && width >= MEMBERS_FROM ? (width >= WIDE_FROM ? 24 : 18) : 0;
  const chatX = roomCells === 0 ? 0 : roomCells + 1;
  const chatWidth = width - chatX - (memberCells === 0 ? 0 : memberCells + 1);
  const typingRows = bodyHeight > 3 ? 1 : 0;
  const statusY = 1 + bodyHeight + bars;
  return {
    title: { x: 0, y: 0, width, height: 1 },
    rooms: roomCells === 0 ? undefined : { x: 0, y: 1, width: roomCells, height: bodyHeight },
    chat: { x: chatX, y: 1, width: chatWidth, height: bodyHeight - typingRows },
    members:
      memberCells === 0
        ? undefined
        : { x: width - memberCells, y: 1, width: memberCells, height: bodyHeight },
    typing: { x: chatX, y: 1 + bodyHeight - typingRows, width: chatWidth, height: typingRows },
    bars: { x: 0, y: 1 + bodyHeight, width, height: bars },
    status: { x: 0, y: statusY, width, height: 1 },
    input: { x: 0, y: statusY + 1, width, height: inputRows },
    hints: hintRows === 0 ? undefined : { x: 0, y: height - 1, width, height: 1 },
  };
}
