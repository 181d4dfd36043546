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
