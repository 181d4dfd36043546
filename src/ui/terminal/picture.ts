/**
 * A preview as rows of the screen. A cell shows two pixels, one above the other: the upper half block in the upper
 * one's colour on a ground of the lower one's.
 *
 *   ▀  foreground: upper    any colour, or the nearest of 256; without colours one character whose ink is
 *      background: lower    as dense as the cell is bright
 */
import { CELL_BYTES, type PicturePreview, type Preview } from '../../chat/preview.js';
import type { Span } from './cells.js';
import { nearestColour } from './palette.js';
import type { Row } from './pane.js';
import { look, PLAIN, type Theme } from './theme.js';

export type ColourDepth = 'none' | 'palette' | 'true';

const UPPER_HALF = '▀';
/** Rising density of ink, of characters that every terminal has; on a dark ground ink is light. */
const INK = ' .:-=+*#%@';
/** Rec. 709 luma of red, green and blue. */
const LUMA = [0.2126, 0.7152, 0.0722] as const;

/** NO_COLOR as everywhere; COLORTERM is how a terminal says that it takes any colour (there is no better way). */
export function colourDepth(environment: Readonly<Record<string, string | undefined>>): ColourDepth {
  const { NO_COLOR, COLORTERM = '', TERM = '' } = environment;
  if (NO_COLOR || TERM === 'dumb') return 'none';
  return /^(?:truecolor|24bit)$/i.test(COLORTERM) || TERM.endsWith('-direct') ? 'true' : 'palette';
}

/** The rows of a preview, none where there is nothing to see. */
export function previewRows(preview: Preview, depth: ColourDepth, theme: Theme): readonly Row[] {
  if (preview.kind === 'none') return [];
  if (preview.kind === 'text') return preview.lines.map((text) => [{ text, look: theme.plain }]);
  if (depth === 'none') return inkRows(preview);
  return depth === 'true' ? trueRows(preview) : paletteRows(preview);
}

function trueRows({ cells, columns, rows }: PicturePreview): Row[] {
  return rowsOf(columns, rows, (cell) => {
    const at = cell * CELL_BYTES;
    const upper = cells.subarray(at, at + 3).join(';');
    const lower = cells.subarray(at + 3, at + CELL_BYTES).join(';');
    return { text: UPPER_HALF, look: PLAIN, colours: `38;2;${upper};48;2;${lower}` };
  });
}

function paletteRows({ cells, columns, rows }: PicturePreview): Row[] {
  const colourAt = (at: number): number =>
    nearestColour(cells[at] ?? 0, cells[at + 1] ?? 0, cells[at + 2] ?? 0);
  return rowsOf(columns, rows, (cell) => {
    const at = cell * CELL_BYTES;
    return { text: UPPER_HALF, look: look(colourAt(at), colourAt(at + 3)) };
  });
}

/** The brightness between dark and bright cells, so that a pale picture is not all of one character. */
function inkRows({ cells, columns, rows }: PicturePreview): Row[] {
  const [red, green, blue] = LUMA;
  const lumas = Array.from({ length: columns * rows }, (_, cell) => {
    const at = cell * CELL_BYTES;
    const sum = (offset: number): number => (cells[at + offset] ?? 0) + (cells[at + offset + 3] ?? 0);
    return red * sum(0) + green * sum(1) + blue * sum(2);
  });
  // A few cells of glare or shadow do not count.
  const sorted = lumas.toSorted((a, b) => a - b);
  const quantile = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  const dark = quantile(0.04);
  const range = Math.max(1, quantile(0.96) - dark);
  return rowsOf(columns, rows, (cell) => {
    const part = Math.min(1, Math.max(0, ((lumas[cell] ?? 0) - dark) / range));
    return { text: INK[Math.round(part * (INK.length - 1))] ?? ' ', look: PLAIN };
  });
}

function rowsOf(columns: number, rows: number, spanOf: (cell: number) => Span): Row[] {
  return Array.from({ length: rows }, (_, y) =>
    joined(Array.from({ length: columns }, (_, x) => spanOf(y * columns + x))),
  );
}

/** Neighbours of the same colours as one span: most pictures have even parts. */
function joined(spans: readonly Span[]): Row {
  const row: Span[] = [];
  for (const span of spans) {
    const last = row.at(-1);
    if (last !== undefined && last.look === span.look && last.colours === span.colours)
      row[row.length - 1] = { ...last, text: last.text + span.text };
    else row.push(span);
  }
  return row;
}
