/**
 * Text into the screen's cells. neo-blessed keeps a row as [look, characters] per column and writes out the
 * cells that differ from what it wrote before. It knows nothing of clusters wider than a cell, so:
 *
 *   column   4            5    6
 *   cell     ESC[5G␠␠     ''   next
 *            ESC[5G<cluster>
 *            ESC[7G
 *
 * A wide cluster clears its cells, writes itself and then moves to the column where the next cell is,
 * whatever the terminal made of it. A terminal that thinks it wider has the surplus overwritten by the next
 * cells; for that they must be written too, so a row that holds such a cell is always written whole.
 */

import { type Look, PLAIN } from './theme.js';
import { clusterWidth, graphemes, isRightToLeft } from './width.js';

/** [look, what is written for this column]. */
export type Cell = [Look, string];
/** One row of neo-blessed's `screen.lines` and `screen.olines`. */
export type Line = Cell[] & { dirty?: boolean };

export interface Span {
  readonly text: string;
  readonly look: Look;
  /** Colours that no look can name, as SGR parameters, for a text of blocks; `look` is then not looked at. */
  readonly colours?: string;
}

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** No cell ever holds this, so a cell of `olines` set to it counts as changed. */
const STALE = '\0';
/** Ends a right-to-left run, lest a terminal that reorders rows takes the border after it along (UAX #9). */
const LEFT_TO_RIGHT_MARK = '\u200e';
/** Ends the colours of one cell; neo-blessed takes the terminal to be as the cell's look says, which is plain. */
const RESET = '\x1b[m';
const SIMPLE = /^[\x20-\x7e\u00a0-\u02ff\u2010-\u2027\u2500-\u257f]$/;

/** True for what must be followed by a column move of its own. */
function isRisky(cell: string): boolean {
  return cell.length !== 1 && !cell.endsWith(RESET);
}

export class Surface {
  readonly lines: Line[];
  readonly written: Line[];

  /**
   * @param lines the rows to fill
   * @param written the rows as the terminal has them
   */
  constructor(lines: Line[], written: Line[]) {
    this.lines = lines;
    this.written = written;
  }

  get width(): number {
    return this.lines[0]?.length ?? 0;
  }

  get height(): number {
    return this.lines.length;
  }

  clear(look: Look): void {
    for (const line of this.lines) {
      for (const cell of line) {
        cell[0] = look;
        cell[1] = ' ';
      }
    }
  }

  /** Fills an area with spaces. */
  fill(area: Area, look: Look): void {
    for (let y = area.y; y < area.y + area.height; y++) {
      for (let x = area.x; x < area.x + area.width; x++) this.#set(x, y, look, ' ');
    }
  }

  /**
   * Writes a text from column `x`, cut at column `end` (exclusive); returns the column after it. Control
   * characters are dropped here once more: nothing remote may ever reach the terminal as a command.
   */
  text(x: number, y: number, text: string, look: Look, end = this.width): number {
    let column = x;
    let rightToLeft = -1;
    for (const cluster of graphemes(text)) {
      const first = cluster.charCodeAt(0);
      if (first < 0x20 || (first >= 0x7f && first < 0xa0)) continue;
      const width = clusterWidth(cluster);
      if (column + width > end) break;
      if (isRightToLeft(cluster)) rightToLeft = column;
      this.#cluster(column, y, look, cluster, width);
      column += width;
    }
    if (rightToLeft >= 0) this.#endRightToLeft(rightToLeft, y);
    return column;
  }

  /** Spans one after the other; returns the column after them. */
  spans(x: number, y: number, spans: readonly Span[], end = this.width): number {
    let column = x;
    for (const span of spans) {
      column =
        span.colours === undefined
          ? this.text(column, y, span.text, span.look, end)
          : this.#blocks(column, y, span.text, span.colours, end);
    }
    return column;
  }

  /** Rows from the top of an area, each cut at its right edge. */
  rows(area: Area, rows: readonly (readonly Span[])[]): void {
    for (const [index, row] of rows.slice(0, area.height).entries())
      this.spans(area.x, area.y + index, row, area.x + area.width);
  }

  /** A vertical rule of `character`. */
  rule(x: number, y: number, height: number, character: string, look: Look): void {
    for (let row = y; row < y + height; row++) this.#set(x, row, look, character);
  }

  /**
   * Marks what differs from the terminal's state; rows with risky cells, before or now, are written whole.
   * @returns whether anything differs
   */
  commit(): boolean {
    let isChanged = false;
    for (let y = 0; y < this.lines.length; y++) {
      const line = this.lines[y];
      const before = this.written[y];
      if (line === undefined || before === undefined) continue;
      let differs = false;
      let risky = false;
      for (let x = 0; x < line.length; x++) {
        const cell = line[x];
        const old = before[x];
        if (cell === undefined || old === undefined) continue;
        if (cell[0] !== old[0] || cell[1] !== old[1]) differs = true;
        if (isRisky(cell[1]) || isRisky(old[1])) risky = true;
      }
      line.dirty = differs;
      isChanged ||= differs;
      if (differs && risky) for (const old of before) old[1] = STALE;
    }
    return isChanged;
  }

  #blocks(x: number, y: number, text: string, colours: string, end: number): number {
    let column = x;
    for (const block of text) {
      if (column >= end) break;
      this.#set(column++, y, PLAIN, `\x1b[${colours}m${block}${RESET}`);
    }
    return column;
  }

  #set(x: number, y: number, look: Look, characters: string): void {
    const cell = this.lines[y]?.[x];
    if (cell === undefined) return;
    cell[0] = look;
    cell[1] = characters;
  }

  #cluster(x: number, y: number, look: Look, cluster: string, width: number): void {
    if (width === 1 && SIMPLE.test(cluster)) {
      this.#set(x, y, look, cluster);
      return;
    }
    const home = `\x1b[${x + 1}G`;
    const clear = width > 1 ? home + ' '.repeat(width) + home : '';
    this.#set(x, y, look, `${clear}${cluster}\x1b[${x + width + 1}G`);
    for (let column = x + 1; column < x + width; column++) this.#set(column, y, look, '');
  }

  #endRightToLeft(x: number, y: number): void {
    const cell = this.lines[y]?.[x];
    if (cell !== undefined) cell[1] = cell[1].replace(/(\x1b\[\d+G)?$/, `${LEFT_TO_RIGHT_MARK}$1`);
  }
}
