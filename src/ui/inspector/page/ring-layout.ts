import type { RingDot, RingSight } from '../../../actors/inspect/frames.js';
import { plain } from './text.js';

/** A name goes farther out than the circle, and farther yet where the nearest place is taken. */
const LABEL_OUT = [18, 27, 36, 45, 54];
/** Of a label, generously: what letters are as wide as in the page's fonts. */
const LETTER_WIDTH = 7.5;
const LINE_HEIGHT = 16;
/** Longer names are cut. */
const NAME_MAX = 14;
/** Beside the circle there is room for a name, above and below it for the lines of several. */
const MARGIN_X = 18 + NAME_MAX * LETTER_WIDTH;
const MARGIN_Y = 54 + LINE_HEIGHT;
/** A smaller circle has no room for anybody. */
const RADIUS_MIN = 60;

type Anchor = 'start' | 'middle' | 'end';

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: Anchor;
  readonly text: string;
}

export interface PlacedDot {
  readonly dot: RingDot;
  readonly x: number;
  readonly y: number;
  /** Where its name stands; undefined when there is no room for it. */
  readonly label: Label | undefined;
  /** From oneself, bent towards the middle; undefined without a link. */
  readonly path: string | undefined;
}

/** The circle on which everybody stands; all in CSS pixels, so that names are as large as any other text. */
export interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The largest circle beside which there is room for names. */
export function circleIn(width: number, height: number): Circle {
  const radius = Math.max(RADIUS_MIN, Math.min(width / 2 - MARGIN_X, height / 2 - MARGIN_Y));
  return { x: round(width / 2), y: round(height / 2), radius: round(radius) };
}

/** Puts everybody on the circle: oneself at the top, the others clockwise by their place. Those with a link are named first. */
export function placeDots({ self, dots }: RingSight, circle: Circle): readonly PlacedDot[] {
  const others = dots.filter(({ key }) => key !== self.key);
  const all = [self, ...others];
  const labels = labelsOf(all, self, circle);
  const start = pointAt(0, circle);
  return all.map((dot) => {
    const turn = turnOf(dot, self);
    const point = pointAt(turn, circle);
    const hasLink = dot.key !== self.key && dot.link !== 'none';
    return {
      dot,
      ...point,
      label: labels.get(dot.key),
      path: hasLink ? pathBetween(start, point, circle) : undefined,
    };
  });
}

/** 0 to 1, clockwise from oneself. */
export function turnOf(dot: RingDot, self: RingDot): number {
  return (((dot.place - self.place) % 1) + 1) % 1;
}

/** A name, or for want of one the key. */
export function nameOf({ name, key }: RingDot, max = NAME_MAX): string {
  const letters = [...(plain(name) || key)];
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : letters.join('');
}

/** As many labels as there is room for, each as near to its dot as the others allow. */
function labelsOf(all: readonly RingDot[], self: RingDot, circle: Circle): ReadonlyMap<string, Label> {
  const weight = ({ role, link }: RingDot) => (role === 'self' ? 0 : link === 'none' ? 2 : 1);
  const taken: Box[] = [];
  const labels = new Map<string, Label>();
  for (const dot of [...all].sort((a, b) => weight(a) - weight(b))) {
    const around = LABEL_OUT.map((out) => labelAt(turnOf(dot, self), circle, out, nameOf(dot)));
    const label = around.find((each) => !taken.some((other) => overlap(boxOf(each), other)));
    if (label === undefined) continue;
    taken.push(boxOf(label));
    labels.set(dot.key, label);
  }
  return labels;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

function boxOf({ x, y, anchor, text }: Label): Box {
  const width = [...text].length * LETTER_WIDTH;
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - LINE_HEIGHT };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && Math.abs(a.top - b.top) < LINE_HEIGHT;
}

function labelAt(turn: number, circle: Circle, out: number, text: string): Label {
  const { x, y } = pointAt(turn, circle, out);
  const side = Math.sin(turn * 2 * Math.PI);
  return { x, y: y + 4, anchor: Math.abs(side) < 0.2 ? 'middle' : side > 0 ? 'start' : 'end', text };
}

/** @param out so far outside of the circle */
function pointAt(turn: number, { x, y, radius }: Circle, out = 0): Point {
  const angle = turn * 2 * Math.PI;
  const far = radius + out;
  return { x: round(x + far * Math.sin(angle)), y: round(y - far * Math.cos(angle)) };
}

function pathBetween(from: Point, to: Point, middle: Point): string {
  // Half way to the middle: links of neighbours hug the circle, long ones cross it.
  const bend = { x: ((from.x + to.x) / 2 + middle.x) / 2, y: ((from.y + to.y) / 2 + middle.y) / 2 };
  return `M${from.x} ${from.y}Q${round(bend.x)} ${round(bend.y)} ${to.x} ${to.y}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
