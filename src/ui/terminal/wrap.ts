/** Lines of a text at a width in cells: broken between words where possible, else between clusters. */
import { clusterWidth, graphemes, textWidth } from './width.js';

const PIECES = /[^ ]+| +/g;

/**
 * @param text may hold line breaks, each starts a new row
 * @param width cells; below 2 counts as 2, so that a wide cluster always fits
 * @returns at least one row, none wider than `width`
 */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(2, width);
  return text.split('\n').flatMap((line) => wrapLine(line, limit));
}

/** What is named, the gap behind it, and what is said of it: a line of a list in two columns. */
const COLUMNS = /^(\S.*?)( {2,})(\S.*)$/;
/** The second column stays one while it has as many cells; below that it would be a strip of single words. */
const COLUMN_LEAST = 24;
/** Where the second column has no room, what follows its name is set in by as much. */
const HANGING = 2;

/**
 * As `wrap`, for lists in two columns: what is said of a name goes on below where it began, or, where that leaves
 * too little room, right behind the name and indented below it.
 */
export function wrapColumns(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', gap = '', said = ''] = COLUMNS.exec(line) ?? [];
    if (name === '' || width < COLUMN_LEAST || textWidth(line) <= width) return wrap(line, width);
    const begin = textWidth(name + gap);
    if (width - begin >= COLUMN_LEAST) {
      return wrap(said, width - begin).map(
        (row, index) => (index === 0 ? name + gap : ' '.repeat(begin)) + row,
      );
    }
    const whole = `${name}  ${said}`;
    const [first = ''] = wrap(whole, width);
    // The rows below are narrower than the first, so they are broken for themselves.
    const rest = whole.slice(first.length).trimStart();
    return rest === ''
      ? [first]
      : [first, ...wrap(rest, width - HANGING).map((row) => ' '.repeat(HANGING) + row)];
  });
}

function wrapLine(line: string, width: number): string[] {
  if (textWidth(line) <= width) return [line];
  const rows: string[] = [];
  let row = '';
  let used = 0;
  const flush = () => {
    rows.push(row.trimEnd());
    row = '';
    used = 0;
  };
  for (const piece of line.match(PIECES) ?? []) {
    const cells = textWidth(piece);
    if (used + cells <= width) {
      row += piece;
      used += cells;
      continue;
    }
    if (piece.startsWith(' ')) {
      // Spaces at a break are swallowed by it.
      flush();
      continue;
    }
    if (cells <= width) {
      flush();
      row = piece;
      used = cells;
      continue;
    }
    for (const cluster of graphemes(piece)) {
      const clusterCells = clusterWidth(cluster);
      if (used + clusterCells > width) flush();
      row += cluster;
      used += clusterCells;
    }
  }
  if (row !== '' || rows.length === 0) flush();
  return rows;
}
