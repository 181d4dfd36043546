import type { ChartEdge } from './chart.js';
import type { Box, Drawing, DrawnEdge, DrawnState, DrawnText, Point } from './drawing.js';
import { chartStyle, DARK, LIGHT } from './style.js';

/** How far a line's corner is rounded, and how large an arrow's head is. */
const CORNER = 7;
const HEAD_LENGTH = 9;
const HEAD_HALF = 4;
const STATE_ROUNDING = 9;

export interface SvgOptions {
  /** Without colours: whoever shows it brings `chartStyle` himself, as a page must whose policy forbids inline style. */
  readonly bare?: boolean;
}

/**
 * A drawing as SVG text. A state is one `<g class="state" data-state="ID">`; an edge is up to two
 * `<g class="edge" data-edge="ID">`, one with its lines and one with its label, since edges with the same ends share
 * a line and no line may cover a label. Whoever shows it live only sets the classes `active`, `glowing`, `enabled`
 * and `chosen` on these. From back to front: boxes that hold others, lines, states that hold none, labels.
 */
export function chartSvg(drawing: Drawing, { bare = false }: SvgOptions = {}): string {
  const { width, height, states, edges, starts, everywheres } = drawing;
  const holders = states.filter(isHolder);
  const leaves = states.filter((state) => !isHolder(state));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="statechart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`Statechart of ${drawing.id}`)}">`,
    ...(bare ? [] : [`<style>${standaloneStyle()}</style>`]),
    ...(bare ? [] : [`<rect class="paper" width="${width}" height="${height}"/>`]),
    ...holders.map(stateGroup),
    ...starts.map(({ dot, path }) => `<g class="start">${circle('dot', dot)}${line(path)}${head(path)}</g>`),
    ...everywheres.map(
      (each) => `<g class="everywhere">${rect('box', each, each.height / 2)}${text('note', each.text)}</g>`,
    ),
    ...edges.filter(({ paths }) => paths.length > 0).map(edgeLines),
    ...leaves.map(stateGroup),
    ...edges.filter(({ texts }) => texts.length > 0).map(edgeLabel),
    '</svg>',
    '',
  ].join('\n');
}

function isHolder({ kind }: DrawnState): boolean {
  return kind === 'compound' || kind === 'parallel';
}

function stateGroup(state: DrawnState): string {
  const kind = state.isRegion ? `${state.kind} region` : state.kind;
  return [
    `<g class="state ${kind}" data-state="${escaped(state.id)}">`,
    ...(state.kind === 'history' ? historyShapes(state) : boxShapes(state)),
    '</g>',
  ].join('');
}

function historyShapes(state: DrawnState): string[] {
  const x = state.x + state.width / 2;
  const y = state.y + state.height / 2 + 4;
  return [circle('box', state), `<text class="title middle" x="${x}" y="${y}">H</text>`];
}

function boxShapes(state: DrawnState): string[] {
  const inset = 3;
  const inside = {
    x: state.x + inset,
    y: state.y + inset,
    width: state.width - 2 * inset,
    height: state.height - 2 * inset,
  };
  return [
    rect('box', state, STATE_ROUNDING),
    ...(state.kind === 'final' ? [rect('inside', inside, STATE_ROUNDING - inset)] : []),
    ...(state.title === undefined ? [] : [text('title', state.title)]),
    ...state.texts.map((each) => text('does', each)),
  ];
}

function edgeLines({ edge, isShared, paths }: DrawnEdge): string {
  return edgeGroup(
    edge,
    isShared ? `${edge.kind} shared` : edge.kind,
    paths.map((path) => `${line(path)}${head(path)}`),
  );
}

function edgeLabel({ edge, paths, label, texts }: DrawnEdge): string {
  const kind = paths.length === 0 ? `${edge.kind} inner` : edge.kind;
  return edgeGroup(edge, kind, [rect('chip', label, 4), ...texts.map((each) => text('label', each))]);
}

function edgeGroup({ id }: ChartEdge, kind: string, shapes: readonly string[]): string {
  return `<g class="edge ${kind}" data-edge="${escaped(id)}">${shapes.join('')}</g>`;
}

function rect(name: string, { x, y, width, height }: Box, rounding: number): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${rounding}"/>`;
}

function circle(name: string, { x, y, width }: Box): string {
  return `<circle class="${name}" cx="${x + width / 2}" cy="${y + width / 2}" r="${width / 2}"/>`;
}

function text(name: string, { x, baseline, line: spans }: DrawnText): string {
  const inner = spans
    .map(({ kind, text: words }) =>
      kind === 'plain' ? escaped(words) : `<tspan class="${kind}">${escaped(words)}</tspan>`,
    )
    .join(' ');
  return `<text class="${name}" x="${x}" y="${baseline}">${inner}</text>`;
}

/** Straight pieces with rounded corners, ending where the arrow's head begins. */
function line(points: readonly Point[]): string {
  const [first, ...rest] = shortened(points);
  if (first === undefined) return '';
  const pieces = rest.map((point, index) => {
    const after = rest[index + 1];
    if (after === undefined) return `L${at(point)}`;
    const before = index === 0 ? first : (rest[index - 1] ?? first);
    return `L${at(towards(point, before))}Q${at(point)} ${at(towards(point, after))}`;
  });
  return `<path class="line" d="M${at(first)}${pieces.join('')}"/>`;
}

function head(points: readonly Point[]): string {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (tip === undefined || before === undefined) return '';
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const x = (tip.x - before.x) / length;
  const y = (tip.y - before.y) / length;
  const corner = (side: number): Point => ({
    x: tip.x - x * HEAD_LENGTH - y * HEAD_HALF * side,
    y: tip.y - y * HEAD_LENGTH + x * HEAD_HALF * side,
  });
  return `<path class="head" d="M${at(tip)}L${at(corner(1))}L${at(corner(-1))}Z"/>`;
}

function shortened(points: readonly Point[]): Point[] {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (tip === undefined || before === undefined) return [...points];
  return [...points.slice(0, -1), towards(tip, before, HEAD_LENGTH - 2)];
}

/** A point so far from `from` on the way to `to`, at most half of it. */
function towards(from: Point, to: Point, by = CORNER): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(by, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const round = (value: number): number => Math.round(value * 10) / 10;
const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;

function standaloneStyle(): string {
  return `${chartStyle(LIGHT)}@media (prefers-color-scheme:dark){${chartStyle(DARK)}}`;
}

function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
