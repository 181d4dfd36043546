import { expect, test } from 'vitest';
import { helpRows } from '../../src/ui/terminal/help.js';
import { themeFor } from '../../src/ui/terminal/theme.js';

test('every key has its whole meaning on a terminal of 80 columns', () => {
  const lines = helpRows(80, 24, themeFor({})).map((row) => row.map(({ text }) => text).join(''));
  expect(lines.some((line) => line.includes('F6'))).toBe(true);
  expect(lines.filter((line) => line.includes('…'))).toEqual([]);
});
