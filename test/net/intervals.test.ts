import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Intervals } from '../../src/net/intervals.js';

const step = fc.record({
  kind: fc.constantFrom('add', 'subtract', 'advance', 'dropFirst'),
  from: fc.nat(40),
  length: fc.nat(12),
});

describe('a set of intervals', () => {
  test('holds what a set of numbers would, in disjoint ascending intervals that never touch', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(40), fc.nat(12), (steps, from, length) => {
        const intervals = new Intervals();
        const model = new Set<number>();
        for (const { kind, from: low, length: count } of steps) {
          if (kind === 'add') {
            intervals.add(low, low + count);
            for (let i = low; i < low + count; i++) model.add(i);
          } else if (kind === 'subtract') {
            intervals.subtract(low, low + count);
            for (let i = low; i < low + count; i++) model.delete(i);
          } else if (intervals.count > 0) {
            const first = intervals.from(0);
            const taken =
              kind === 'advance' ? Math.min(count, intervals.to(0) - first) : intervals.to(0) - first;
            if (kind === 'advance') intervals.advance(taken);
            else intervals.dropFirst();
            for (let i = first; i < first + taken; i++) model.delete(i);
          }
        }
        const held: number[] = [];
        for (let i = 0; i < intervals.count; i++) {
          expect(intervals.from(i)).toBeLessThan(intervals.to(i));
          if (i > 0) expect(intervals.from(i)).toBeGreaterThan(intervals.to(i - 1));
          for (let n = intervals.from(i); n < intervals.to(i); n++) held.push(n);
        }
        expect(held).toEqual([...model].sort((a, b) => a - b));
        const asked = Array.from({ length }, (_, i) => from + i);
        expect(intervals.covers(from, from + length)).toBe(asked.every((n) => model.has(n)));
        expect(intervals.overlap(from, from + length)).toBe(asked.filter((n) => model.has(n)).length);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
