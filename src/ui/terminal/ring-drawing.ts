/**
 * The ring as a drawing: every peer at its place, oneself at the top, clockwise.
 *
 *                 . - @ - . eli
 *         gus  *' .  .     'o
 *             o    .  .      >  bo
 *         dee  <.   .  .   .*  fay
 *                 ' - o - '
 */
import type { DrawnPeer } from '../../chat/events.js';
import type { Span } from './cells.js';
import type { Row } from './pane.js';
import { rankedPeers } from './ring-words.js';
import { type Look, PLAIN, type Theme } from './theme.js';
import { clusterWidth, graphemes, textWidth, truncate } from './width.js';

const MARKS: Readonly<Record<DrawnPeer['role'], string>> = {
  self: '@',
  successor: '>',
  predecessor: '<',
  long: '*',
  extra: 'o',
  other: '+',
};
const SILENT_MARK = '?';
const GONE_MARK = 'x';
/** A terminal's cell is about twice as high as it is wide. */
const CELL_ASPECT = 2;
/** Where there is little room across it may stand up a little, as long as it is still seen as round. */
const FLATTEST = 1.4;
/** Rows from one dot of a line to the next. */
const DOT_CELLS = 1.2;
const LABEL_CELLS = 8;
/** Names of those who are merely linked are written while they are so few. */
const NAMED_MAX = 18;
/** Twelve o'clock is a quarter of a turn before where angles begin. */
const TOP = -0.25;

/** How it looks where it is shown. */
export interface RingLooks {
  readonly theme: Theme;
  /** What lines are drawn of. */
  readonly dot: string;
}

/** The sign of a peer: its role, or what is wrong with its link. */
export function markOf({ role, link }: DrawnPeer): string {
  if (link === 'suspect') return SILENT_MARK;
  if (link === 'gone') return GONE_MARK;
  return MARKS[role];
}

export function markLook(peer: DrawnPeer, theme: Theme): Look {
  const { role, link } = peer;
  if (role === 'self') return theme.mine;
  if (link === 'suspect' || link === 'gone') return theme.failed;
  if (role === 'other') return theme.dim;
  return link === 'live' ? theme.good : theme.warning;
}

/** Exactly `height` rows of `width` cells. */
export function drawRing(
  peers: readonly DrawnPeer[],
  width: number,
  height: number,
  { theme, dot }: RingLooks,
): Row[] {
  const canvas = new Canvas(width, height);
  const ellipse = ellipseIn(width, height);
  const ranked = rankedPeers(peers);
  const self = ranked.find(({ role }) => role === 'self');
  const pointOf = (peer: DrawnPeer) => ellipse.at(peer.place - (self?.place ?? 0));
  drawCircle(canvas, ellipse, { text: dot, look: theme.border });
  for (const peer of ranked)
    if (peer.role === 'long' && self !== undefined)
      drawChord(canvas, pointOf(self), pointOf(peer), { text: dot, look: theme.border });
  // Who matters more is drawn later, over the others.
  for (const peer of [...ranked].reverse()) {
    const { x, y } = pointOf(peer);
    canvas.put(Math.round(x), Math.round(y), markOf(peer), markLook(peer, theme));
  }
  const taken = new Set(ranked.map((peer) => keyOf(pointOf(peer))));
  for (const peer of ranked.slice(0, NAMED_MAX + 1))
    if (peer.role !== 'other') drawName(canvas, peer, pointOf(peer), width, taken, theme);
  return canvas.rows();
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Ellipse {
  /** A share of a turn to a point. */
  at(turn: number): Point;
  /** Dots of its line. */
  readonly steps: number;
}

/** Shares of a turn to points: as round and as large as there is room, with names beside it. */
function ellipseIn(width: number, height: number): Ellipse {
  const middle = { x: (width - 1) / 2, y: (height - 1) / 2 };
  const across = Math.max(1, middle.x - LABEL_CELLS - 2);
  const ry = Math.max(1, Math.min(middle.y, across / FLATTEST));
  const rx = Math.min(ry * CELL_ASPECT, across);
  const steps = Math.round((Math.PI * (rx / CELL_ASPECT + ry)) / DOT_CELLS);
  const at = (turn: number) => {
    const angle = (turn + TOP) * 2 * Math.PI;
    return { x: middle.x + rx * Math.cos(angle), y: middle.y + ry * Math.sin(angle) };
  };
  return { at, steps };
}

function drawCircle(canvas: Canvas, { at, steps }: Ellipse, dot: Span): void {
  for (let step = 0; step < steps; step++) {
    const { x, y } = at(step / steps);
    canvas.put(Math.round(x), Math.round(y), dot.text, dot.look);
  }
}

function drawChord(canvas: Canvas, from: Point, to: Point, dot: Span): void {
  const steps = Math.ceil(Math.max(Math.abs(to.x - from.x) / CELL_ASPECT, Math.abs(to.y - from.y)));
  for (let step = 1; step < steps; step++) {
    const share = step / steps;
    const x = from.x + (to.x - from.x) * share;
    const y = from.y + (to.y - from.y) * share;
    canvas.put(Math.round(x), Math.round(y), dot.text, dot.look);
  }
}

/** Outside of the circle, or else inside, where nobody stands and no other name does; else there is only the list. */
function drawName(
  canvas: Canvas,
  { user, role }: DrawnPeer,
  { x, y }: Point,
  width: number,
  taken: Set<string>,
  theme: Theme,
): void {
  const text = truncate(user, LABEL_CELLS);
  const cells = textWidth(text);
  const sides = [Math.round(x) + 2, Math.round(x) - 1 - cells];
  if (x < (width - 1) / 2) sides.reverse();
  const row = Math.round(y);
  for (const start of sides) {
    const wanted = Array.from({ length: cells }, (_, index) => keyOf({ x: start + index, y: row }));
    if (start < 0 || start + cells > width || wanted.some((cell) => taken.has(cell))) continue;
    for (const cell of wanted) taken.add(cell);
    canvas.put(start, row, text, role === 'self' ? theme.mine : theme.plain);
    return;
  }
}

function keyOf({ x, y }: Point): string {
  return `${Math.round(x)} ${Math.round(y)}`;
}

/** Cells that are written in any order, and read as rows. */
class Canvas {
  readonly #cells: (Span | undefined)[][];
  readonly #width: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#cells = Array.from({ length: height }, () => []);
  }

  put(x: number, y: number, text: string, look: Look): void {
    let column = x;
    for (const cluster of graphemes(text)) {
      const row = this.#cells[y];
      if (row === undefined || column < 0 || column >= this.#width) return;
      row[column] = { text: cluster, look };
      const next = column + clusterWidth(cluster);
      // What a wide cluster covers is no cell of its own.
      for (let covered = column + 1; covered < next; covered++) row[covered] = { text: '', look };
      column = next;
    }
  }

  rows(): Row[] {
    return this.#cells.map((row) =>
      Array.from({ length: this.#width }, (_, x) => row[x] ?? { text: ' ', look: PLAIN }),
    );
  }
}
