/**
 * How many cells a grapheme cluster takes. Terminals disagree, so this only plans the space (cells.ts keeps
 * the columns straight whatever the terminal does) and prefers the larger guess: a gap is read more easily
 * than an overlap.
 */
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;

/** East Asian Wide and Fullwidth (Unicode 16, EastAsianWidth.txt), without those that are emoji by default. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0xa4c6],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18d08],
  [0x1aff0, 0x1b2fb],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

const EMOJI = /\p{Emoji_Presentation}|\ufe0f|\p{Regional_Indicator}/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]$/u;
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

function isWide(codePoint: number): boolean {
  if (codePoint < 0x1100) return false;
  for (const [from, to] of WIDE) if (codePoint >= from && codePoint <= to) return true;
  return false;
}

/** The grapheme clusters of a text (UAX #29, extended). */
export function graphemes(text: string): string[] {
  if (ASCII.test(text)) return text.split('');
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

/**
 * No cluster of any living script is drawn wider. Others can be made as wide as one likes, by piling up
 * letters that join; those must not be wider than the narrowest pane.
 */
export const CLUSTER_CELLS_MAX = 4;

/** Cells of one grapheme cluster: 1 to CLUSTER_CELLS_MAX; a mark without a base still gets a cell of its own. */
export function clusterWidth(cluster: string): number {
  if (cluster.length === 1 && cluster < '\u0300') return 1;
  if (EMOJI.test(cluster)) return 2;
  let cells = 0;
  for (const character of cluster) {
    if (NO_WIDTH.test(character)) continue;
    cells += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return Math.min(CLUSTER_CELLS_MAX, Math.max(1, cells));
}

/** Cells of a text without line breaks. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const cluster of graphemes(text)) cells += clusterWidth(cluster);
  return cells;
}

/** Does it hold a letter that is written from right to left? */
export function isRightToLeft(text: string): boolean {
  return RTL.test(text);
}

/** Cuts a text to `cells`, its last cell an ellipsis where something was cut off. */
export function truncate(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  if (cells <= 0) return '';
  let room = cells - 1;
  let kept = '';
  for (const cluster of graphemes(text)) {
    const width = clusterWidth(cluster);
    if (width > room) break;
    room -= width;
    kept += cluster;
  }
  return `${kept}…`;
}

/** Truncated, then filled with spaces up to exactly `cells`. */
export function pad(text: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, cells);
  const gap = ' '.repeat(Math.max(0, cells - textWidth(cut)));
  return align === 'left' ? cut + gap : gap + cut;
}
