/**
 * The ring view: the drawing at the left, everybody in a list at its right.
 *
 *    RING   6 peers, stable since 12:01 (7 min)
 *              . - @ - .            @ mia     you
 *       gus  *'         'o eli      < dee     before     live 9.1 ms
 *
 * It holds what was told last and how far the list is scrolled.
 */
import type { DrawnPeer } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import type { Row } from './pane.js';
import { drawRing, markLook, markOf, type RingLooks } from './ring-drawing.js';
import { linkText, rankedPeers, ringText, roleText } from './ring-words.js';
import type { RingNow } from './surroundings.js';
import type { Theme } from './theme.js';
import { pad, textWidth } from './width.js';

/** Below this there is the list alone. */
const DRAWING_FROM_CELLS = 64;
const DRAWING_FROM_ROWS = 9;
/** Of the width that the list gets beside the drawing. */
const LIST_CELLS = 36;
const LIST_CELLS_MAX = 60;
const ROLE_CELLS = 10;
const LINK_CELLS = 12;
const LEGEND = '@ you  > next  < before  * long link  o linked  + known  ? silent';

export class RingPanel {
  #isShown = false;
  #peers: readonly DrawnPeer[] = [];
  #scrolled = 0;

  get isShown(): boolean {
    return this.#isShown;
  }

  open(): void {
    this.#isShown = true;
    this.#scrolled = 0;
  }

  close(): void {
    this.#isShown = false;
  }

  /** Takes in who is where. */
  show(peers: readonly DrawnPeer[]): void {
    this.#peers = rankedPeers(
      peers.map((peer) => ({ ...peer, user: sanitiseLine(peer.user), author: sanitiseLine(peer.author) })),
    );
  }

  scroll(rows: number): void {
    this.#scrolled = Math.max(0, this.#scrolled + rows);
  }

  /** Exactly `height` rows of `width` cells. */
  rows(width: number, height: number, ring: RingNow | undefined, looks: RingLooks): Row[] {
    const { theme } = looks;
    const body = Math.max(0, height - 2);
    const hasDrawing = width >= DRAWING_FROM_CELLS && body >= DRAWING_FROM_ROWS;
    const listCells = hasDrawing
      ? Math.min(LIST_CELLS_MAX, Math.max(LIST_CELLS, Math.floor(width / 3)))
      : width;
    const list = this.#listRows(listCells, body, theme);
    const drawing = hasDrawing ? drawRing(this.#peers, width - listCells, body, looks) : [];
    const rows = Array.from({ length: body }, (_, y): Row => [...(drawing[y] ?? []), ...(list[y] ?? [])]);
    return [titleRow(ring, width, theme), ...rows, keysRow(width, theme)].slice(0, height);
  }

  #listRows(width: number, height: number, theme: Theme): Row[] {
    if (this.#peers.length === 0) return [[{ text: ' looking..', look: theme.dim }]];
    this.#scrolled = Math.min(this.#scrolled, Math.max(0, this.#peers.length - height));
    const shown = this.#peers.slice(this.#scrolled, this.#scrolled + height);
    const rest = this.#peers.length - this.#scrolled - shown.length;
    const rows = shown.map((peer) => peerRow(peer, width, theme));
    if (rest > 0)
      rows[rows.length - 1] = [{ text: pad(`   ${rest + 1} more: Down`, width), look: theme.dim }];
    return rows;
  }
}

function peerRow(peer: DrawnPeer, width: number, theme: Theme): Row {
  const look = markLook(peer, theme);
  const nameCells = Math.max(4, width - 3 - ROLE_CELLS - LINK_CELLS - 1);
  return [
    { text: ` ${markOf(peer)} `, look },
    { text: `${pad(peer.user, nameCells)} `, look: peer.role === 'self' ? theme.mine : theme.plain },
    { text: pad(roleText(peer), ROLE_CELLS), look: theme.dim },
    { text: pad(linkText(peer), LINK_CELLS), look },
  ];
}

function titleRow(ring: RingNow | undefined, width: number, theme: Theme): Row {
  const text = ring === undefined ? 'joining..' : ringText(ring, ring.since).replace(/^ring: /, '');
  return [{ text: pad(` RING  ${text}`, width), look: theme.barStrong }];
}

function keysRow(width: number, theme: Theme): Row {
  const keys = 'Esc close ';
  const room = Math.max(0, width - textWidth(keys));
  return [{ text: pad(` ${LEGEND}`, room) + pad(keys, width - room), look: theme.dim }];
}
