import { PassThrough } from 'node:stream';
import headless from '@xterm/headless';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CELL_BYTES, type PicturePreview } from '../../src/chat/preview.js';
import { nearestColour } from '../../src/ui/terminal/palette.js';
import type { Row } from '../../src/ui/terminal/pane.js';
import { colourDepth, previewRows } from '../../src/ui/terminal/picture.js';
import { Screen } from '../../src/ui/terminal/screen.js';
import { themeFor } from '../../src/ui/terminal/theme.js';

const theme = themeFor({});

/** Cells as [upper, lower] colours. */
function pictureOf(columns: number, ...cells: [upper: number[], lower: number[]][]): PicturePreview {
  const bytes = Uint8Array.from(cells.flat(2));
  const rows = bytes.length / CELL_BYTES / columns;
  return { kind: 'picture', columns, rows, cells: bytes, width: columns, height: rows * 2 };
}

interface Drawn {
  readonly buffer: headless.IBuffer;
  again(rows: readonly Row[]): Promise<void>;
}

/** Draws rows at column 2 of row 1 of a terminal, as the client would; the last row counts the frames. */
async function draw(rows: readonly Row[]): Promise<Drawn> {
  const [columns, height] = [20, 5];
  const terminal = new headless.Terminal({ cols: columns, rows: height, allowProposedApi: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns, rows: height });
  let shown = rows;
  let frame = 1;
  let check = (): void => undefined;
  output.on('data', (data: Buffer) => terminal.write(data, () => check()));
  const screen = new Screen(output, (surface) => {
    surface.rows({ x: 2, y: 1, width: 12, height: 3 }, shown);
    surface.text(2, 4, `frame ${frame}`, theme.plain);
    return undefined;
  });
  onTestFinished(() => screen.close());
  const drawn = (): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (terminal.buffer.active.getLine(4)?.translateToString(true) === `  frame ${frame}`) resolve();
      };
      check();
    });
  screen.redraw();
  await drawn();
  return {
    buffer: terminal.buffer.active,
    again: (next) => {
      shown = next;
      frame++;
      screen.invalidate();
      return drawn();
    },
  };
}

function cellAt(buffer: headless.IBuffer, x: number, y: number): headless.IBufferCell {
  const cell = buffer.getLine(y)?.getCell(x);
  if (cell === undefined) throw new Error(`no cell at ${x}, ${y}`);
  return cell;
}

const RED = [255, 0, 0];
const BLUE = [0, 0, 255];
const TEAL = [17, 130, 121];

describe('a picture on the screen', () => {
  it('has two pixels in a cell, in any colour where the terminal takes any', async () => {
    const rows = previewRows(
      pictureOf(2, [RED, TEAL], [TEAL, BLUE], [BLUE, BLUE], [RED, RED]),
      'true',
      theme,
    );
    const { buffer } = await draw(rows);
    const shown = [
      [2, 1],
      [3, 1],
      [2, 2],
      [3, 2],
    ].map(([x = 0, y = 0]) => {
      const cell = cellAt(buffer, x, y);
      return [cell.getChars(), cell.isFgRGB(), cell.getFgColor(), cell.isBgRGB(), cell.getBgColor()];
    });
    const hex = ([red = 0, green = 0, blue = 0]: number[]): number => (red << 16) | (green << 8) | blue;
    expect(shown).toEqual([
      ['▀', true, hex(RED), true, hex(TEAL)],
      ['▀', true, hex(TEAL), true, hex(BLUE)],
      ['▀', true, hex(BLUE), true, hex(BLUE)],
      ['▀', true, hex(RED), true, hex(RED)],
    ]);
    for (const [x, y] of [
      [1, 1],
      [4, 1],
      [4, 2],
      [2, 4],
    ] as const)
      expect([cellAt(buffer, x, y).isFgDefault(), cellAt(buffer, x, y).isBgDefault()]).toEqual([true, true]);
  });

  it('leaves nothing behind when something else is shown in its place', async () => {
    const { buffer, again } = await draw(previewRows(pictureOf(2, [RED, TEAL], [TEAL, BLUE]), 'true', theme));
    await again([[{ text: 'x', look: theme.plain }]]);
    expect(buffer.getLine(1)?.translateToString(true).trimEnd()).toBe('  x');
    expect(cellAt(buffer, 3, 1).isBgDefault()).toBe(true);
  });

  it('is cut at the edge of its place', async () => {
    const wide = pictureOf(14, ...Array.from({ length: 14 }, (): [number[], number[]] => [RED, BLUE]));
    const { buffer } = await draw(previewRows(wide, 'true', theme));
    expect(buffer.getLine(1)?.translateToString(true)).toBe(`  ${'▀'.repeat(12)}`);
  });

  it('takes the nearest of 256 colours where there are no more', async () => {
    const { buffer } = await draw(previewRows(pictureOf(1, [RED, TEAL]), 'palette', theme));
    const cell = cellAt(buffer, 2, 1);
    expect([cell.isFgPalette(), cell.getFgColor()]).toEqual([true, 196]);
    expect([cell.isBgPalette(), cell.getBgColor()]).toEqual([true, nearestColour(17, 130, 121)]);
  });

  it('is ink on the terminal’s own ground where there are no colours', async () => {
    const ramp = [0, 64, 128, 192, 255].map((grey): [number[], number[]] => [
      [grey, grey, grey],
      [grey, grey, grey],
    ]);
    const { buffer } = await draw(previewRows(pictureOf(5, ...ramp), 'none', theme));
    expect(buffer.getLine(1)?.translateToString(true)).toMatch(/^ {3}[ -~]{3}@$/);
    expect(cellAt(buffer, 6, 1).isFgDefault()).toBe(true);
    const even = previewRows(pictureOf(2, [RED, RED], [RED, RED]), 'none', theme);
    expect(even).toEqual([[{ text: '  ', look: theme.plain }]]);
  });
});

it('a text is shown line by line, and nothing as no rows', () => {
  expect(previewRows({ kind: 'text', lines: ['a', 'b'] }, 'true', theme)).toEqual([
    [{ text: 'a', look: theme.plain }],
    [{ text: 'b', look: theme.plain }],
  ]);
  expect(previewRows({ kind: 'none', reason: 'No.' }, 'true', theme)).toEqual([]);
});

it.each([
  [{ COLORTERM: 'truecolor' }, 'true'],
  [{ COLORTERM: '24bit', TERM: 'xterm-256color' }, 'true'],
  [{ TERM: 'xterm-direct' }, 'true'],
  [{ TERM: 'xterm-256color' }, 'palette'],
  [{ NO_COLOR: '1', COLORTERM: 'truecolor' }, 'none'],
  [{ NO_COLOR: '', COLORTERM: 'truecolor' }, 'true'],
  [{ TERM: 'dumb' }, 'none'],
] as const)('the environment says how many colours there are: %o', (environment, depth) => {
  expect(colourDepth(environment)).toBe(depth);
});

it('the nearest colour of the palette is the nearest of all', () => {
  const levels = [0, 95, 135, 175, 215, 255];
  const palette = [
    ...levels.flatMap((red) => levels.flatMap((green) => levels.map((blue) => [red, green, blue]))),
    ...Array.from({ length: 24 }, (_, index) => Array<number>(3).fill(8 + index * 10)),
  ];
  const distance = (one: readonly number[], other: readonly number[]): number =>
    one.reduce((sum, value, part) => sum + (value - (other[part] ?? 0)) ** 2, 0);
  for (let colour = 0; colour < 1 << 24; colour += 65_423) {
    const wanted = [colour >> 16, (colour >> 8) & 255, colour & 255] as const;
    const best = Math.min(...palette.map((one) => distance(one, wanted)));
    expect(distance(palette[nearestColour(...wanted) - 16] ?? [], wanted)).toBe(best);
  }
});
