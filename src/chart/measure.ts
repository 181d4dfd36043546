import { type Line, lengthOf } from './wording.js';

/**
 * How large texts are. Nobody knows which font a reader has, so all of it is in fonts of one width: none of the usual
 * ones (Menlo, SF Mono, Consolas, DejaVu, Liberation, Courier) is wider than this. Names of code look well in them.
 */
const EM_WIDTH = 0.61;

/** In units of the SVG. */
export interface Type {
  readonly size: number;
  /** From one base line to the next. */
  readonly leading: number;
}

export const TITLE: Type = { size: 13, leading: 18 };
export const TEXT: Type = { size: 11, leading: 15 };

/** How far a line's base lies below its top. */
export function ascent({ size, leading }: Type): number {
  return Math.round((leading + size * 0.7) / 2);
}

export function widthOf(line: Line, { size }: Type): number {
  return Math.ceil(lengthOf(line) * size * EM_WIDTH);
}

export function widest(lines: readonly Line[], type: Type): number {
  return Math.max(0, ...lines.map((line) => widthOf(line, type)));
}
