import type { RingDot, RingSight } from '../../../actors/inspect/frames.js';

export const SIZE = 640;
const MIDDLE = SIZE / 2;
const RADIUS = 210;
const LABEL_RADIUS = RADIUS + 18;
/** Labels nearer to each other than this, in turns of the ring, would touch. */
const LABEL_GAP = 0.021;

export interface PlacedDot {
  readonly dot: RingDot;
  readonly x: number;
  readonly y: number;
  /** Where its name stands; undefined when there is no room for it. */
  readonly label:
    | { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end' }
    | undefined;
  /** From oneself, bent towards the middle; undefined without a link. */
  readonly path: string | undefined;
}

/** Puts everybody on the circle: oneself at the top, the others clockwise by their place. Those with a link are named first. */
export function placeDots({ self, dots }: RingSight): readonly PlacedDot[] {
  const others = dots.filter(({ key }) => key !== self.key);
  const all = [self, ...others];
  const named = namedOnes(all, self);
  const start = pointAt(0, RADIUS);
  return all.map((dot) => {
    const turn = turnOf(dot, self);
    const point = pointAt(turn, RADIUS);
    const hasLink = dot.key !== self.key && dot.link !== 'none';
    return {
      dot,
      ...point,
      label: named.has(dot.key) ? labelAt(turn) : undefined,
      path: hasLink ? pathBetween(start, point) : undefined,
    };
  });
}

/** 0 to 1, clockwise from oneself. */
function turnOf(dot: RingDot, self: RingDot): number {
  return (((dot.place - self.place) % 1) + 1) % 1;
}

function namedOnes(all: readonly RingDot[], self: RingDot): ReadonlySet<string> {
  const weight = ({ role, link }: RingDot) => (role === 'self' ? 0 : link === 'none' ? 2 : 1);
  const taken: number[] = [];
  const named = new Set<string>();
  for (const dot of [...all].sort((a, b) => weight(a) - weight(b))) {
    const turn = turnOf(dot, self);
    const isFree = taken.every(
      (other) => Math.min(Math.abs(other - turn), 1 - Math.abs(other - turn)) >= LABEL_GAP,
    );
    if (!isFree) continue;
    taken.push(turn);
    named.add(dot.key);
  }
  return named;
}

function pointAt(turn: number, radius: number): { x: number; y: number } {
  const angle = turn * 2 * Math.PI;
  return { x: round(MIDDLE + radius * Math.sin(angle)), y: round(MIDDLE - radius * Math.cos(angle)) };
}

function labelAt(turn: number): NonNullable<PlacedDot['label']> {
  const { x, y } = pointAt(turn, LABEL_RADIUS);
  const side = Math.sin(turn * 2 * Math.PI);
  return { x, y: y + 4, anchor: Math.abs(side) < 0.2 ? 'middle' : side > 0 ? 'start' : 'end' };
}

function pathBetween(from: { x: number; y: number }, to: { x: number; y: number }): string {
  // Half way to the middle: links of neighbours hug the circle, long ones cross it.
  const bend = { x: ((from.x + to.x) / 2 + MIDDLE) / 2, y: ((from.y + to.y) / 2 + MIDDLE) / 2 };
  return `M${from.x} ${from.y}Q${round(bend.x)} ${round(bend.y)} ${to.x} ${to.y}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
