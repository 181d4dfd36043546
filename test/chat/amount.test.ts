import { expect, test } from 'vitest';
import { formatRate, formatRemaining, formatSize } from '../../src/chat/amount.js';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [1_549_000, '1.5 MB'],
  [9_960_000, '10 MB'],
  [12_300_000, '12 MB'],
  [999_600, '1.0 MB'],
  [5e9, '5.0 GB'],
  [Number.MAX_SAFE_INTEGER, '9.0 PB'],
  [-5, '0 B'],
  [Number.NaN, '0 B'],
])('%d bytes are written as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('a rate is a size a second', () => {
  expect(formatRate(1_200_000)).toBe('1.2 MB/s');
});

test.each([
  [0, '0:00'],
  [3_200, '0:04'],
  [185_000, '3:05'],
  [7_385_000, '2:03:05'],
  [1e12, '>99 h'],
  [Number.POSITIVE_INFINITY, '-:--'],
])('%d ms remaining are written as %s', (ms, text) => {
  expect(formatRemaining(ms)).toBe(text);
});
