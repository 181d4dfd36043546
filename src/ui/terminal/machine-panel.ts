/**
 * The view of the machines: actors by thread at the left, the state tree of the chosen one at its right.
 *
 *    MACHINES  9 actors on 3 threads                                  find: sess
 *    core-0  2 actors                    session/17
 *    > session/17   open.talking         machine session, mailbox 0, restarts 0
 *      session/18   opening              [*] session
 *                                          [ ] opening
 *                                          [*] open
 *                                            [*] talking
 *
 * Enter gives the chosen one the whole screen: its tree, and what it does. It holds who is chosen and what is looked for.
 */

import { sanitiseLine } from '../../chat/text.js';
import { briefRows, entryRows, eventRows, mishapText, type Sight, sightRows } from './machine-drawing.js';
import { keyOf, MachineList } from './machine-list.js';
import type { Row } from './pane.js';
import type { Theme } from './theme.js';
import { pad, textWidth } from './width.js';

/** Below this there is the list alone, or the tree and its events one after the other. */
const BESIDE_FROM = 72;
/** Of the width that the list gets beside the tree. */
const LIST_CELLS = 38;

export class MachinePanel {
  readonly list = new MachineList();
  readonly #page: string | undefined;
  #isShown = false;
  #isDetail = false;
  #chosen: string | undefined;
  /** Rows of the tree above the window. */
  #scrolled = 0;

  /** @param page link of a page that shows the same */
  constructor(page: string | undefined) {
    this.#page = page;
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  get isDetail(): boolean {
    return this.#isDetail;
  }

  /** The one whose tree is shown; it stays chosen when it is gone, so that it is seen to be. */
  get chosen(): string | undefined {
    if (this.#isDetail) return this.#chosen;
    const { found } = this.list;
    const first = found[0];
    const isThere = found.some((row) => keyOf(row) === this.#chosen);
    return isThere || first === undefined ? this.#chosen : keyOf(first);
  }

  /** @param filter what is looked for at first */
  open(filter: string): void {
    this.#isShown = true;
    this.#isDetail = false;
    this.#chosen = undefined;
    this.list.filter = filter;
  }

  /** From one actor back to all, from what is looked for back to everything, then away. */
  back(): void {
    if (this.#isDetail) this.#isDetail = false;
    else if (this.list.filter !== '') this.list.filter = '';
    else this.#isShown = false;
  }

  close(): void {
    this.#isShown = false;
  }

  details(): void {
    this.#chosen = this.chosen;
    this.#isDetail = this.#chosen !== undefined;
    this.#scrolled = 0;
  }

  find(filter: string): void {
    if (!this.#isDetail) this.list.filter = filter;
  }

  /** Through the list, or through a tree that is longer than the window. */
  move(by: number): void {
    if (this.#isDetail) {
      this.#scrolled = Math.max(0, this.#scrolled + by);
      return;
    }
    const { found } = this.list;
    const at = found.findIndex((row) => keyOf(row) === this.chosen);
    const next = found[Math.min(found.length - 1, Math.max(0, at + by))];
    if (next !== undefined) this.#chosen = keyOf(next);
  }

  /** Exactly `height` rows. @param sight of the chosen one */
  rows(width: number, height: number, sight: Sight | undefined, theme: Theme): Row[] {
    const { mishap } = this.list;
    // At the edge and with nothing beside it, so that whatever a terminal selects is the link alone.
    const links: Row[] =
      this.#page === undefined
        ? []
        : [[{ text: ' The same on a page:', look: theme.dim }], [{ text: this.#page, look: theme.plain }]];
    const troubles: Row[] =
      mishap === undefined ? [] : [[{ text: pad(` ${mishapText(mishap)}`, width), look: theme.warning }]];
    const body = Math.max(0, height - 2 - troubles.length - links.length);
    const rows = this.#isDetail
      ? this.#detailRows(width, body, sight, theme)
      : this.#listRows(width, body, sight, theme);
    while (rows.length < body) rows.push([]);
    const under = [...troubles, ...links, this.#keysRow(width, theme)];
    return [this.#titleRow(width, theme), ...rows.slice(0, body), ...under].slice(0, height);
  }

  #titleRow(width: number, theme: Theme): Row {
    const { list } = this;
    const threads = list.entries.filter(({ type }) => type === 'thread').length;
    const found = list.filter === '' ? '' : `${list.found.length} of `;
    const right = this.#isDetail || list.filter === '' ? '' : `find: ${list.filter} `;
    const left = this.#isDetail
      ? ` MACHINES  ${sanitiseLine(this.#chosen ?? '')}`
      : list.isTold
        ? ` MACHINES  ${found}${counted(list.count, 'actor')} on ${counted(threads, 'thread')}`
        : ' MACHINES  looking..';
    const room = Math.max(0, width - textWidth(right));
    return [{ text: pad(left, room) + pad(right, width - room), look: theme.barStrong }];
  }

  #keysRow(width: number, theme: Theme): Row {
    const keys = this.#isDetail
      ? 'Up Down scroll  Esc back'
      : `Type to find  Up Down choose  Enter its events  Esc ${this.list.filter === '' ? 'close' : 'all'}`;
    return [{ text: pad(` ${keys}`, width), look: theme.dim }];
  }

  #listRows(width: number, height: number, sight: Sight | undefined, theme: Theme): Row[] {
    const { entries } = this.list;
    const { chosen } = this;
    if (entries.length === 0 && this.list.isTold)
      return [[{ text: ` Nothing has "${this.list.filter}" in its name or state.`, look: theme.dim }]];
    const at = entries.findIndex((entry) => entry.type === 'actor' && keyOf(entry.row) === chosen);
    const from = Math.max(0, Math.min(at - Math.floor(height / 2), entries.length - height));
    const isBeside = width >= BESIDE_FROM;
    const cells = isBeside ? Math.max(LIST_CELLS, Math.floor(width * 0.45)) : width;
    const list = entryRows(entries.slice(from, from + height), chosen, cells, theme);
    if (!isBeside || sight === undefined) return list;
    const brief = withRest(briefRows(sight, width - cells - 1, height, theme), height, 'Enter', theme);
    return beside(list, cells, brief, height, theme);
  }

  #detailRows(width: number, height: number, sight: Sight | undefined, theme: Theme): Row[] {
    if (sight === undefined)
      return [[{ text: ' It is gone; Esc goes back to the others.', look: theme.dim }]];
    const isBeside = width >= BESIDE_FROM;
    const cells = isBeside ? Math.floor(width * 0.55) : width;
    const tree = sightRows(sight, cells - 1, 'all', theme);
    const events = (rows: number) => eventRows(this.list.events, width - cells - 1, rows, theme);
    const all = isBeside ? tree : [...tree, [], ...eventRows(this.list.events, width, height, theme)];
    this.#scrolled = Math.min(this.#scrolled, Math.max(0, all.length - height));
    const shown = withRest(all.slice(this.#scrolled), height, 'Down', theme);
    return isBeside ? beside(shown, cells, events(height), height, theme) : shown;
  }
}

/** As many as fit; the last of them says how many more there are, and which key shows them. */
function withRest(rows: Row[], height: number, key: string, theme: Theme): Row[] {
  if (rows.length <= height || height < 1) return rows;
  const kept = rows.slice(0, height - 1);
  return [...kept, [{ text: ` ${rows.length - kept.length} more: ${key}`, look: theme.dim }]];
}

/** Two columns with a gap between them. */
function beside(
  left: readonly Row[],
  cells: number,
  right: readonly Row[],
  height: number,
  theme: Theme,
): Row[] {
  return Array.from({ length: height }, (_, y): Row => {
    const row = left[y] ?? [];
    const used = row.reduce((sum, { text }) => sum + textWidth(text), 0);
    return [...row, { text: ' '.repeat(Math.max(0, cells - used)), look: theme.plain }, ...(right[y] ?? [])];
  });
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
