import type { ChartEdge, ChartState } from './chart.js';
import type { Box, DrawnText } from './drawing.js';
import { ascent, TEXT, TITLE, type Type, widest, widthOf } from './measure.js';
import { innerLines, type Line, stateLines } from './wording.js';

/** From a box's border to the text in it. */
const INSET_X = 12;
const INSET_Y = 8;
/** Between the name and what the state does. */
const UNDER_TITLE = 7;
const MIN_WIDTH = 84;
const MIN_HEIGHT = 38;
/** Diameter. */
const HISTORY = 26;
export const DOT = 12;
/** Around a label's text, so that its line is interrupted a little before it. */
const LABEL_X = 5;
const LABEL_Y = 2;
/** Between two edges' labels on one line. */
const LABEL_GAP = 4;

/** What stands in a state's box, from the top: the name, its own actions, answers that leave no state. */
export interface Content {
  readonly title: Line;
  readonly lines: readonly Line[];
  readonly inner: readonly { readonly edge: ChartEdge; readonly lines: readonly Line[] }[];
}

export function contentOf(state: ChartState, inner: readonly ChartEdge[]): Content {
  return {
    title: [{ kind: 'plain', text: state.name }],
    lines: stateLines(state),
    inner: inner.map((edge) => ({ edge, lines: innerLines(edge) })),
  };
}

/** The least a state's box may be, without what lies within it. */
export function stateSize(state: ChartState, content: Content): Pick<Box, 'width' | 'height'> {
  if (state.kind === 'history') return { width: HISTORY, height: HISTORY };
  const lines = rowsOf(content);
  const text = Math.max(widthOf(content.title, TITLE), widest(lines, TEXT));
  return {
    width: Math.max(MIN_WIDTH, text + 2 * INSET_X),
    height: Math.max(MIN_HEIGHT, headHeight(lines.length)),
  };
}

/** The texts of a state in its box; an inner edge's lines by the edge's id. */
export function placeContent(state: ChartState, content: Content, box: Box) {
  if (state.kind === 'history') return { title: undefined, texts: [], inner: new Map<string, DrawnText[]>() };
  const rows = rowsOf(content).length;
  const isLeaf = state.states.length === 0;
  // A state with nothing but a name has it in its middle.
  const top = isLeaf && rows === 0 ? box.y + (box.height - TITLE.leading) / 2 : box.y + INSET_Y;
  const titleX = isLeaf ? box.x + (box.width - widthOf(content.title, TITLE)) / 2 : box.x + INSET_X;
  let y = top + TITLE.leading + UNDER_TITLE;
  const next = (line: Line): DrawnText => {
    const text = textAt(line, box.x + INSET_X, y, TEXT);
    y += TEXT.leading;
    return text;
  };
  return {
    title: textAt(content.title, Math.round(titleX), Math.round(top), TITLE),
    texts: content.lines.map(next),
    inner: new Map(content.inner.map(({ edge, lines }) => [edge.id, lines.map(next)])),
  };
}

/** One box for the labels of all edges that share a line. */
export function labelSize(labels: readonly (readonly Line[])[]): Pick<Box, 'width' | 'height'> {
  const lines = labels.flat();
  return {
    width: widest(lines, TEXT) + 2 * LABEL_X,
    height: labels.reduce((sum, each) => sum + labelHeight(each), 0) + (labels.length - 1) * LABEL_GAP,
  };
}

/** Each edge's own part of that box, with its lines centred in it. */
export function placeLabels(
  labels: readonly (readonly Line[])[],
  box: Box,
): { box: Box; texts: DrawnText[] }[] {
  let top = box.y;
  return labels.map((lines) => {
    const width = widest(lines, TEXT) + 2 * LABEL_X;
    const own = {
      x: Math.round(box.x + (box.width - width) / 2),
      y: top,
      width,
      height: labelHeight(lines),
    };
    top += own.height + LABEL_GAP;
    const texts = lines.map((line, index) =>
      textAt(
        line,
        Math.round(own.x + (width - widthOf(line, TEXT)) / 2),
        own.y + LABEL_Y + index * TEXT.leading,
        TEXT,
      ),
    );
    return { box: own, texts };
  });
}

export function textAt(line: Line, x: number, y: number, type: Type): DrawnText {
  const box = { x, y, width: widthOf(line, type), height: type.leading };
  return { x, baseline: y + ascent(type), line, box };
}

function rowsOf({ lines, inner }: Content): Line[] {
  return [...lines, ...inner.flatMap((each) => each.lines)];
}

function headHeight(rows: number): number {
  return INSET_Y * 2 + TITLE.leading + (rows === 0 ? 0 : UNDER_TITLE + rows * TEXT.leading);
}

function labelHeight(lines: readonly Line[]): number {
  return lines.length * TEXT.leading + 2 * LABEL_Y;
}
