import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPLAY_WINDOW_PACKETS } from '../../src/net/constants.js';
import { ReplayWindow } from '../../src/net/replay.js';

describe('the replay window', () => {
  it('accepts each number once, in any order', () => {
    const window = new ReplayWindow();
    for (const n of [0, 1, 5, 3, 4, 2, 31, 32, 64, 63]) {
      expect(window.accept(n)).toBe(true);
      expect(window.accept(n)).toBe(false);
    }
    expect(window.highest).toBe(64);
  });

  it('reaches back REPLAY_WINDOW_PACKETS and not one further', () => {
    const top = 1_000_003;
    const window = new ReplayWindow();
    expect(window.accept(top)).toBe(true);
    expect(window.accept(top - REPLAY_WINDOW_PACKETS)).toBe(false);
    expect(window.accept(top - REPLAY_WINDOW_PACKETS + 1)).toBe(true);
  });

  it('forgets everything when it leaps ahead', () => {
    const window = new ReplayWindow();
    for (let n = 0; n < 10_000; n++) window.accept(n);
    expect(window.accept(2 ** 50)).toBe(true);
    expect(window.accept(2 ** 50 - 8000)).toBe(true);
    expect(window.accept(2 ** 50)).toBe(false);
    expect(window.accept(9_999)).toBe(false);
  });

  it('behaves as a set of all numbers would, whatever comes', () => {
    const step = fc.oneof(
      fc.integer({ min: -9000, max: 40 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 7000, max: 20_000 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let top = -1;
        for (const step of steps) {
          const n = Math.max(0, top + step);
          const expected = n > top - REPLAY_WINDOW_PACKETS && !seen.has(n);
          expect(window.accept(n)).toBe(expected);
          seen.add(n);
          top = Math.max(top, n);
        }
      }),
      { seed: 42, numRuns: 300 },
    );
  });
});
