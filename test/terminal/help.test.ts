import { expect, test } from 'vitest';
import { helpRows } from '../../src/ui/terminal/help.js';
import { themeFor } from '../../src/ui/terminal/theme.js';

test('every key has its whole meaning on a terminal of 80 columns', () => {
  const lines = helpRows(80, 24, themeFor({})).map((row) => row.map(({ text }) => text).join(''));
  expect(lines.some((line) => line.includes('F6'))).toBe(true);
  // A title above, status, input and hints below: there is room for all of it, the last row too.
  const shown = helpRows(80, 20, themeFor({})).at(-1);
  expect(shown?.map(({ text }) => text).join('')).toContain('Esc or F1 closes this');
  expect(lines.filter((line) => line.includes('…'))).toEqual([]);
});
