/**
 * A terminal's cells as SVG: one row of text after the other on an exact grid, rules as lines, emoji as
 * pictures. Fonts: DejaVu Sans Mono (dejavu-fonts-ttf), a CJK subset beside this file, emoji from @twemoji/svg.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const EMOJI = dirname(require.resolve('@twemoji/svg/package.json'));

const FONT_SIZE = 15;
/** DejaVu Sans Mono's advance is 1233 of 2048 units. */
const CELL_WIDTH = (FONT_SIZE * 1233) / 2048;
const CELL_HEIGHT = 19;
const BASELINE = 14;
const PADDING = 14;
const GROUND = '#14161a';
const INK = '#d6d8dc';
const BASIC = ['#14161a', '#cc6666', '#8abe6b', '#d7a75f', '#6a9fd8', '#b294bb', '#5fb3b3', '#c8cacf'];
const BRIGHT = ['#6b7078', '#e08080', '#a3d483', '#ecc27b', '#86b7ec', '#c9aed2', '#7fcfcf', '#ffffff'];

/** xterm's 256 colours: 16 of one's own, a 6x6x6 cube, 24 greys. */
function colour(index) {
  if (index < 8) return BASIC[index];
  if (index < 16) return BRIGHT[index - 8];
  const hex = (value) => value.toString(16).padStart(2, '0');
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const cube = index - 16;
  const level = (step) => (step === 0 ? 0 : 55 + step * 40);
  return `#${hex(level(Math.floor(cube / 36)))}${hex(level(Math.floor(cube / 6) % 6))}${hex(level(cube % 6))}`;
}

const trueColour = (value) => `#${value.toString(16).padStart(6, '0')}`;

function styleOf(cell) {
  let [foreground, background] = [INK, GROUND];
  if (cell.isFgPalette()) foreground = colour(cell.getFgColor());
  else if (cell.isFgRGB()) foreground = trueColour(cell.getFgColor());
  if (cell.isBgPalette()) background = colour(cell.getBgColor());
  else if (cell.isBgRGB()) background = trueColour(cell.getBgColor());
  const [fg, bg] = cell.isInverse() ? [background, foreground] : [foreground, background];
  return { fg, bg, isBold: cell.isBold() !== 0, isUnderlined: cell.isUnderline() !== 0 };
}

const escaped = (text) => text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The inside of an emoji's picture, or undefined where there is none. */
function emojiOf(characters) {
  const points = [...characters].map((character) => character.codePointAt(0).toString(16));
  // A file's name has the variation selector only inside a joined sequence.
  const names = [points.join('-'), points.filter((point) => point !== 'fe0f').join('-')];
  const file = names.map((name) => join(EMOJI, `${name}.svg`)).find((path) => existsSync(path));
  return file === undefined ? undefined : readFileSync(file, 'utf8').replace(/<\?xml[^>]*>/, '');
}

function drawCell(characters, style, x, y, width) {
  const middle = x + CELL_WIDTH / 2;
  const line = (x1, y1, x2, y2) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${style.fg}" stroke-width="1"/>`;
  if (characters === '│') return line(middle, y, middle, y + CELL_HEIGHT);
  if (characters === '▀')
    return `<rect x="${x}" y="${y}" width="${CELL_WIDTH + 0.4}" height="${CELL_HEIGHT / 2}" fill="${style.fg}"/>`;
  if (characters === '─') return line(x, y + CELL_HEIGHT / 2, x + CELL_WIDTH, y + CELL_HEIGHT / 2);
  const emoji = width === 2 && /\p{Emoji}/u.test(characters) ? emojiOf(characters) : undefined;
  if (emoji !== undefined) {
    const size = 2 * CELL_WIDTH - 2;
    return emoji.replace(
      '<svg ',
      `<svg x="${x + 1}" y="${y + (CELL_HEIGHT - size) / 2}" width="${size}" height="${size}" `,
    );
  }
  // CJK glyphs are as wide as their font is high, and two cells are wider than the font.
  const size = width === 2 ? ` font-size="${FONT_SIZE + 2}"` : '';
  const weight = style.isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y + BASELINE}" fill="${style.fg}"${weight}${size} xml:space="preserve">${escaped(characters)}</text>`;
}

/**
 * @param terminal an @xterm/headless terminal
 * @param cursor is the cursor to be drawn?
 * @returns SVG text
 */
export function drawTerminal(terminal, cursor = true) {
  const { cols, rows, buffer } = terminal;
  const width = Math.ceil(cols * CELL_WIDTH + 2 * PADDING);
  const height = rows * CELL_HEIGHT + 2 * PADDING;
  const shapes = [];
  const letters = [];
  for (let row = 0; row < rows; row++) {
    const line = buffer.active.getLine(buffer.active.viewportY + row);
    const y = PADDING + row * CELL_HEIGHT;
    for (let column = 0; column < cols; ) {
      const cell = line.getCell(column);
      const cells = Math.max(1, cell.getWidth());
      const style = styleOf(cell);
      const x = PADDING + column * CELL_WIDTH;
      if (style.bg !== GROUND)
        shapes.push(
          `<rect x="${x}" y="${y}" width="${cells * CELL_WIDTH + 0.4}" height="${CELL_HEIGHT}" fill="${style.bg}"/>`,
        );
      if (style.isUnderlined)
        shapes.push(
          `<rect x="${x}" y="${y + CELL_HEIGHT - 2}" width="${cells * CELL_WIDTH}" height="1" fill="${style.fg}"/>`,
        );
      const characters = cell.getChars();
      if (characters.trim() !== '') letters.push(drawCell(characters, style, x, y, cells));
      column += cells;
    }
  }
  if (cursor) {
    const { cursorX, cursorY } = buffer.active;
    const x = PADDING + cursorX * CELL_WIDTH;
    shapes.push(
      `<rect x="${x}" y="${PADDING + cursorY * CELL_HEIGHT}" width="${CELL_WIDTH}" height="${CELL_HEIGHT}" fill="${INK}"/>`,
    );
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="DejaVu Sans Mono, Natter CJK, DejaVu Sans" font-size="${FONT_SIZE}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    ...shapes,
    ...letters,
    '</svg>',
  ].join('\n');
}
