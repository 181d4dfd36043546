import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Line, Surface } from '../../src/ui/terminal/cells.js';
import {
  CLUSTER_CELLS_MAX,
  clusterWidth,
  graphemes,
  pad,
  textWidth,
  truncate,
} from '../../src/ui/terminal/width.js';
import { wrap, wrapColumns } from '../../src/ui/terminal/wrap.js';

describe('width', () => {
  test.each([
    ['a', 1],
    ['é', 1],
    ['e\u0301', 1],
    ['\u0301', 1],
    ['家', 2],
    ['한', 2],
    ['ｱ', 1],
    ['Ａ', 2],
    ['👍', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['🇫🇷', 2],
    ['☺', 1],
    ['☺️', 2],
    ['│', 1],
  ])('of %s is %i', (cluster, cells) => {
    expect(graphemes(cluster).length).toBe(1);
    expect(clusterWidth(cluster)).toBe(cells);
  });

  test('cut and padded texts have the width asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, cells) => {
        expect(textWidth(truncate(text, cells))).toBeLessThanOrEqual(cells);
        expect(textWidth(pad(text, cells))).toBe(cells);
      }),
    );
  });
});

describe('wrapping', () => {
  test('breaks between words, and inside one that is longer than a row', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('a\n\nb', 4)).toEqual(['a', '', 'b']);
    expect(wrap('家族家族', 5)).toEqual(['家族', '家族']);
  });

  test('never makes a row too wide and loses nothing but spaces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: CLUSTER_CELLS_MAX, max: 30 }),
        (text, width) => {
          const rows = wrap(text, width);
          for (const row of rows) expect(textWidth(row)).toBeLessThanOrEqual(width);
          expect(rows.join('').replaceAll(/[ \n]/g, '')).toBe(text.replaceAll(/[ \n]/g, ''));
        },
      ),
      { examples: [['𝅘𝅥𝅮', CLUSTER_CELLS_MAX]] },
    );
  });
});

describe('wrapping lists in two columns', () => {
  const line = '/join ROOM      Goes to a room and makes it if it is not there.';

  test('what is said of a name goes on below where it began', () => {
    expect(wrapColumns(line, 44)).toEqual([
      '/join ROOM      Goes to a room and makes it',
      '                if it is not there.',
    ]);
  });

  test('it follows its name where a column of its own would be a strip', () => {
    expect(wrapColumns(line, 36)).toEqual([
      '/join ROOM  Goes to a room and makes',
      '  it if it is not there.',
    ]);
    expect(wrapColumns('A sentence that is no list at all is wrapped.', 24)).toEqual(
      wrap('A sentence that is no list at all is wrapped.', 24),
    );
  });

  test('no row is too wide and nothing is lost but spaces', () => {
    const words = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(words, words, fc.integer({ min: CLUSTER_CELLS_MAX, max: 60 }), (name, said, width) => {
        const text = `${name}   ${said}`;
        const rows = wrapColumns(text, width);
        for (const row of rows) expect(textWidth(row)).toBeLessThanOrEqual(width);
        expect(rows.join('').replaceAll(/[ \n]/g, '')).toBe(text.replaceAll(/[ \n]/g, ''));
      }),
    );
  });
});

describe('cells', () => {
  const lines = (width: number): Line[] => [Array.from({ length: width }, () => [0, ' '])];

  test('a wide cluster is followed by a move to the column after it', () => {
    const surface = new Surface(lines(6), lines(6));
    expect(surface.text(1, 0, '家x', 7)).toBe(4);
    expect(surface.lines[0]?.map(([, characters]) => characters)).toEqual([
      ' ',
      '\x1b[2G  \x1b[2G家\x1b[4G',
      '',
      'x',
      ' ',
      ' ',
    ]);
  });

  test('a row that holds one is written whole when anything in it changes', () => {
    const surface = new Surface(lines(6), lines(6));
    surface.text(0, 0, '家', 7);
    expect(surface.commit()).toBe(true);
    expect(surface.written[0]?.every(([, characters]) => characters === '\0')).toBe(true);
  });

  test('control characters are dropped, whoever let them through', () => {
    const surface = new Surface(lines(6), lines(6));
    surface.text(0, 0, '\x1b[2Ja\x9bb', 7);
    expect(surface.lines[0]?.map(([, characters]) => characters).join('')).toBe('[2Jab ');
  });

  test('a right-to-left run ends with a mark that keeps what follows where it is', () => {
    const surface = new Surface(lines(6), lines(6));
    surface.text(0, 0, 'שם', 7);
    expect(surface.lines[0]?.[1]?.[1]).toContain('\u200e');
  });
});
