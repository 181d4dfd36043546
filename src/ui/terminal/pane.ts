/**
 * A scrolling pane over items of any height that lays out only what is seen. Its position is one item and
 * one row of it (the last row shown), or nothing while it follows the end:
 *
 *   items   … 57  58 ┌ 59 ┐ 60  61      anchor = { item: 60, row: 0 }
 *                    │    │             laid out: from 60 upwards until the height is full
 *
 * So its cost depends on the height of the window, not on how much was ever said, and items added before or
 * after do not move what is being read.
 */
import type { Span } from './cells.js';

/** One row of the screen, from its left edge. */
export type Row = readonly Span[];

export interface PaneSource<Item> {
  readonly items: readonly Item[];
  /** The rows of one item, at least one. @param width cells */
  rows(index: number, width: number): readonly Row[];
}

export interface View {
  /** Exactly as many rows as there is height, blank ones first where there is not enough. */
  readonly rows: readonly Row[];
  /** Items of which something is below the window. */
  readonly below: number;
  /** Is the very first row of the first item shown? */
  readonly isAtTop: boolean;
}

export class Pane<Item> {
  #anchor: { item: Item; row: number } | undefined;

  get isAtEnd(): boolean {
    return this.#anchor === undefined;
  }

  toEnd(): void {
    this.#anchor = undefined;
  }

  /** Shows `item` with its first row as the top row of the window where there is enough below it. */
  toItem(source: PaneSource<Item>, item: Item, width: number, height: number): void {
    const from = source.items.lastIndexOf(item);
    if (from === -1) return;
    let left = height;
    for (let index = from; index < source.items.length; index++) {
      const rows = source.rows(index, width).length;
      const shown = source.items[index];
      if (rows >= left && shown !== undefined) {
        this.#anchor = { item: shown, row: left - 1 };
        return;
      }
      left -= rows;
    }
    this.toEnd();
  }

  /**
   * Moves the window by rows, up with a negative number; it stops with the first row on top and follows the
   * end again once the last row is shown.
   */
  scroll(source: PaneSource<Item>, by: number, width: number, height: number): void {
    let { index, row } = this.#position(source, width);
    if (index < 0) return;
    let left = Math.abs(by);
    while (left > 0) {
      if (by < 0) {
        const step = Math.min(left, row);
        row -= step;
        left -= step;
        if (left === 0) break;
        if (index === 0) break;
        index--;
        row = source.rows(index, width).length - 1;
        left--;
      } else {
        const last = source.rows(index, width).length - 1;
        const step = Math.min(left, last - row);
        row += step;
        left -= step;
        if (left === 0) break;
        if (index === source.items.length - 1) break;
        index++;
        row = 0;
        left--;
      }
    }
    this.#settle(source, index, row, width, height);
  }

  view(source: PaneSource<Item>, width: number, height: number): View {
    const { index, row } = this.#position(source, width);
    const rows: Row[] = [];
    let at = index;
    for (; at >= 0 && rows.length < height; at--) {
      const all = source.rows(at, width);
      const shown = at === index ? all.slice(0, row + 1) : all;
      for (let line = shown.length - 1; line >= 0 && rows.length < height; line--) {
        const one = shown[line];
        if (one !== undefined) rows.push(one);
      }
    }
    const isAtTop = at < 0 && rows.length <= height;
    while (rows.length < height) rows.push([]);
    return {
      rows: rows.reverse(),
      below: this.isAtEnd ? 0 : source.items.length - 1 - index,
      isAtTop,
    };
  }

  /** The last row shown, as it is now: an item that is gone or got shorter does not lose the place. */
  #position(source: PaneSource<Item>, width: number): { index: number; row: number } {
    const last = source.items.length - 1;
    if (this.#anchor === undefined)
      return { index: last, row: last < 0 ? 0 : source.rows(last, width).length - 1 };
    const index = source.items.lastIndexOf(this.#anchor.item);
    if (index === -1) {
      this.#anchor = undefined;
      return this.#position(source, width);
    }
    return { index, row: Math.min(this.#anchor.row, source.rows(index, width).length - 1) };
  }

  #settle(source: PaneSource<Item>, index: number, row: number, width: number, height: number): void {
    // Not above the first full window.
    let above = row + 1;
    for (let at = index - 1; at >= 0 && above < height; at--) above += source.rows(at, width).length;
    let [toIndex, toRow] = [index, row];
    for (let missing = height - above; missing > 0; ) {
      const last = source.rows(toIndex, width).length - 1;
      const step = Math.min(missing, last - toRow);
      toRow += step;
      missing -= step;
      if (missing === 0 || toIndex === source.items.length - 1) break;
      toIndex++;
      toRow = 0;
      missing--;
    }
    const item = source.items[toIndex];
    const isEnd = toIndex === source.items.length - 1 && toRow === source.rows(toIndex, width).length - 1;
    this.#anchor = isEnd || item === undefined ? undefined : { item, row: toRow };
  }
}
