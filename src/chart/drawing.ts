import type { ChartEdge, ChartState } from './chart.js';
import type { Line } from './wording.js';

/**
 * A chart with a place for everything, in units of the SVG; x grows to the right, y downwards. It is plain data, and
 * crosses threads.
 */
export interface Drawing {
  /** Of the machine. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Outer ones before those within them; the first is the machine itself. */
  readonly states: readonly DrawnState[];
  /** Every edge of the chart once, in its order. */
  readonly edges: readonly DrawnEdge[];
  readonly starts: readonly DrawnStart[];
  readonly everywheres: readonly DrawnEverywhere[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface DrawnState extends Box {
  readonly id: string;
  readonly name: string;
  readonly kind: ChartState['kind'];
  /** It is a region of a parallel state. */
  readonly isRegion: boolean;
  /** The name's line; absent for a history, which is a circle. */
  readonly title: DrawnText | undefined;
  /** What it does by itself: entry, exit, invoked. */
  readonly texts: readonly DrawnText[];
}

/** One line of text: the left end of its base line, and the box that it fills whatever the font. */
export interface DrawnText {
  readonly x: number;
  readonly baseline: number;
  readonly line: Line;
  readonly box: Box;
}

export interface DrawnEdge {
  readonly edge: ChartEdge;
  /** Each from the source to one target; none for an answer that leaves no state, which is a text within its state. */
  readonly paths: readonly (readonly Point[])[];
  /** It shares its lines with an edge before it, with the same ends. */
  readonly isShared: boolean;
  readonly label: Box;
  readonly texts: readonly DrawnText[];
}

/** Where a state begins: a dot and an arrow. */
export interface DrawnStart {
  /** Of the state that begins there. */
  readonly state: string;
  readonly dot: Box;
  readonly path: readonly Point[];
}

/** Stands for whichever state within `state` is active: source of the edges that lead from everywhere. */
export interface DrawnEverywhere extends Box {
  readonly state: string;
  readonly text: DrawnText;
}
