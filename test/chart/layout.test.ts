import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { machines } from '../../src/actors/machines/catalogue.js';
import { chartOf } from '../../src/chart/chart-of.js';
import type { Box, Drawing, DrawnState, DrawnText, Point } from '../../src/chart/drawing.js';
import { layoutChart } from '../../src/chart/layout.js';
import { carousel, odd, player, washer } from './machines.js';

const drawn: readonly (readonly [string, AnyStateMachine])[] = [
  ...machines.map(({ name, machine }) => [name, machine] as const),
  ...[player, washer, carousel, odd].map((machine) => [machine.id, machine] as const),
];

/** A box and what it is, for a failure that can be read. */
interface Named extends Box {
  readonly what: string;
}

const NOWHERE: Box = { x: -99, y: -99, width: 0, height: 0 };

const right = ({ x, width }: Box) => x + width;
const bottom = ({ y, height }: Box) => y + height;

function overlap(one: Box, other: Box): boolean {
  return one.x < right(other) && other.x < right(one) && one.y < bottom(other) && other.y < bottom(one);
}

function isInside(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x && inner.y >= outer.y && right(inner) <= right(outer) && bottom(inner) <= bottom(outer)
  );
}

/** Every two that lie on each other, in words. */
function clashes(some: readonly Named[], others: readonly Named[]): string[] {
  return some.flatMap((one) =>
    others
      .filter((other) => other !== one && overlap(one, other))
      .map((other) => `${one.what} on ${other.what}`),
  );
}

const isHolder = ({ kind }: DrawnState) => kind === 'compound' || kind === 'parallel';
const words = (text: DrawnText) => text.line.map((span) => span.text).join(' ');
const named = (what: string, { x, y, width, height }: Box): Named => ({ what, x, y, width, height });

function textsOf({ title, texts }: DrawnState): DrawnText[] {
  return title === undefined ? [...texts] : [title, ...texts];
}

/** What may be covered by nothing: states that hold none, texts of those that do, dots, "from any state". */
function solids({ states, starts, everywheres, edges }: Drawing): Named[] {
  return [
    ...states.filter((state) => !isHolder(state)).map((state) => named(state.id, state)),
    ...states
      .filter(isHolder)
      .flatMap((state) => textsOf(state).map((text) => named(`${state.id}: ${words(text)}`, text.box))),
    // Answers that leave no state, of a state that holds others.
    ...edges
      .filter(
        ({ edge, paths }) =>
          paths.length === 0 && states.some((state) => isHolder(state) && state.id === edge.source),
      )
      .map(({ edge, label }) => named(edge.id, label)),
    ...starts.map(({ state, dot }) => named(`start of ${state}`, dot)),
    ...everywheres.map((each) => named(`everywhere in ${each.state}`, each)),
  ];
}

function labels({ edges }: Drawing): Named[] {
  return edges
    .filter(({ paths }) => paths.length > 0)
    .map(({ edge, label }) => named(`label ${edge.id}`, label));
}

/** The pieces of a line, each as a box of no width. */
function pieces(path: readonly Point[]): Box[] {
  return path.slice(1).map((point, index) => {
    const before = path[index] ?? point;
    return {
      x: Math.min(before.x, point.x),
      y: Math.min(before.y, point.y),
      width: Math.abs(before.x - point.x),
      height: Math.abs(before.y - point.y),
    };
  });
}

/** From its border inwards, where a line may end. */
function inwards({ what, x, y, width, height }: Named, by: number): Named {
  return { what, x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}

function isOnBorder({ x, y }: Point, box: Box): boolean {
  const isWithin = (value: number, from: number, to: number) => value >= from - 1 && value <= to + 1;
  const isNear = (value: number, line: number) => Math.abs(value - line) <= 1;
  const onSide = isWithin(y, box.y, bottom(box)) && (isNear(x, box.x) || isNear(x, right(box)));
  return onSide || (isWithin(x, box.x, right(box)) && (isNear(y, box.y) || isNear(y, bottom(box))));
}

describe.each(drawn)('the drawing of %s', (_, machine) => {
  let drawing: Drawing;
  beforeAll(async () => {
    drawing = await layoutChart(chartOf(machine));
  });

  test('has every state and every edge once', () => {
    const chart = chartOf(machine);
    expect(drawing.edges.map(({ edge }) => edge)).toEqual(chart.edges);
    expect(drawing.states.map(({ id }) => id)).toEqual([...new Set(drawing.states.map(({ id }) => id))]);
    for (const { edge, paths, texts } of drawing.edges) {
      expect(paths, edge.id).toHaveLength(edge.targets.length);
      expect(texts.map(words).join(' '), edge.id).toContain(edge.label);
    }
  });

  test('lies within its frame, and each state within the one around it', () => {
    const frame = { x: 0, y: 0, width: drawing.width, height: drawing.height };
    const all = [...solids(drawing), ...labels(drawing), ...drawing.states];
    expect(all.filter((each) => !isInside(each, frame))).toEqual([]);
    const points = drawing.edges.flatMap(({ paths }) => paths.flat());
    expect(points.filter((point) => !isInside({ ...point, width: 0, height: 0 }, frame))).toEqual([]);
    for (const holder of drawing.states.filter(isHolder)) {
      const within = drawing.states.filter(({ id }) => id.startsWith(`${holder.id}.`));
      expect(within.filter((each) => !isInside(each, holder))).toEqual([]);
    }
  });

  test('has no label over another, nor over a state, a text or a dot', () => {
    const all = [...labels(drawing), ...solids(drawing)];
    expect(clashes(all, all)).toEqual([]);
  });

  test('has no line through a text or a state, but for its own label', () => {
    const lines = [
      ...drawing.edges.map(({ edge, paths }) => ({ what: edge.id, paths })),
      ...drawing.starts.map(({ state, path }) => ({ what: `into ${state}`, paths: [path] })),
    ];
    const crossed = lines.flatMap(({ what, paths }) => {
      const ends = drawing.edges.find(({ edge }) => edge.id === what)?.edge;
      const isBundled = (other: string): boolean => {
        const known = drawing.edges.find(({ edge }) => `label ${edge.id}` === other)?.edge;
        return known !== undefined && known.source === ends?.source && known.targets[0] === ends.targets[0];
      };
      const others = [...labels(drawing).filter((label) => !isBundled(label.what)), ...solids(drawing)];
      return paths
        .flatMap(pieces)
        .flatMap((piece) =>
          others
            .filter((other) => overlap(inwards(other, 2), piece))
            .map((other) => `${what} through ${other.what}`),
        );
    });
    expect(crossed).toEqual([]);
  });

  test('has lines from border to border', () => {
    const boxes = new Map<string, Box>(drawing.states.map((state) => [state.id, state]));
    const everywheres = new Map<string, Box>(drawing.everywheres.map((each) => [each.state, each]));
    for (const { edge, paths } of drawing.edges) {
      for (const [index, path] of paths.entries()) {
        const to = edge.targets[index] ?? '';
        const from = to.startsWith(`${edge.source}.`) ? everywheres : boxes;
        const [first = { x: -9, y: -9 }, last = first] = [path[0], path.at(-1)];
        expect(isOnBorder(first, from.get(edge.source) ?? NOWHERE), edge.id).toBe(true);
        expect(isOnBorder(last, boxes.get(to) ?? NOWHERE), edge.id).toBe(true);
      }
    }
  });

  test('has room for each text in its box', () => {
    for (const state of drawing.states)
      for (const text of textsOf(state)) expect(isInside(text.box, state), words(text)).toBe(true);
    for (const { label, texts } of drawing.edges)
      for (const text of texts) expect(isInside(text.box, label), words(text)).toBe(true);
  });

  test('is the same each time', async () => {
    expect(await layoutChart(chartOf(machine))).toEqual(drawing);
  });
});

test('no letter is wider than it is taken to be, even in a wide font and all bold', async () => {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const font = { loadSystemFonts: false, fontFiles: [join(fonts, 'DejaVuSansMono-Bold.ttf')] };
  const drawings = await Promise.all(machines.map(({ machine }) => layoutChart(chartOf(machine))));
  const labelled = drawings.flatMap(({ edges }) => edges.flatMap(({ texts }) => texts));
  expect(labelled.length).toBeGreaterThan(50);
  for (const text of labelled) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="40"><text y="20" font-family="DejaVu Sans Mono" font-weight="bold" font-size="11">${words(text)}</text></svg>`;
    expect(new Resvg(svg, { font }).getBBox()?.width, words(text)).toBeLessThanOrEqual(text.box.width);
  }
});
