import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clockAt, clockMs, clockText, HybridClock, isAhead } from '../../src/net/ring/clock.js';
import { CLOCK_AHEAD_MAX_MS, CLOCK_FOLLOWED_MAX_MS } from '../../src/net/ring/constants.js';

const WALL = 1_750_000_000_000;
const HOUR_MS = CLOCK_AHEAD_MAX_MS;

/** What happens to a clock: it is read, or hears another; the wall clock may jump meanwhile. */
const happening = fc.record({
  wall: fc.integer({ min: WALL - 10 * HOUR_MS, max: WALL + 10 * HOUR_MS }),
  heard: fc.option(fc.integer({ min: WALL - 20 * HOUR_MS, max: WALL + 20 * HOUR_MS })),
  count: fc.integer({ min: 0, max: 0xffff }),
});

const withCount = (ms: number, count: number): Buffer => {
  const clock = clockAt(ms);
  clock.writeUInt16BE(count, 6);
  return clock;
};

test('a clock only moves forward, and is later than all that it follows, whatever the wall clock does', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const clock = new HybridClock();
      let last = clockAt(0);
      for (const { wall, heard, count } of happenings) {
        if (heard !== null) {
          const other = withCount(heard, count);
          if (clock.hear(other, wall) && other.compare(last) > 0) last = other;
        }
        const now = clock.tick(wall);
        expect(now.compare(last)).toBe(1);
        expect(clockMs(now)).toBeGreaterThanOrEqual(wall);
        last = now;
      }
    }),
  );
});

test('nobody pulls a clock further ahead of the wall than half an hour', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const clock = new HybridClock();
      let furthest = 0;
      for (const { wall, heard, count } of happenings) {
        furthest = Math.max(furthest, wall);
        if (heard !== null) clock.hear(withCount(heard, count), wall);
        // One more for a counter that was full.
        expect(clockMs(clock.tick(wall))).toBeLessThanOrEqual(
          furthest + CLOCK_FOLLOWED_MAX_MS + happenings.length,
        );
      }
    }),
  );
});

test('a clock from the future is refused, and one that is much ahead is not followed', () => {
  const clock = new HybridClock();
  const before = clock.tick(WALL);
  expect(isAhead(clockAt(WALL + HOUR_MS + 1), WALL)).toBe(true);
  expect(isAhead(clockAt(WALL + HOUR_MS), WALL)).toBe(false);
  expect(clock.hear(clockAt(WALL + CLOCK_FOLLOWED_MAX_MS + 1), WALL)).toBe(false);
  expect(clockMs(clock.tick(WALL))).toBe(WALL);
  expect(clock.hear(clockAt(WALL + CLOCK_FOLLOWED_MAX_MS), WALL)).toBe(true);
  expect(before.compare(clock.tick(WALL))).toBe(-1);
});

test('within one millisecond the counter counts, and what is above it is the next millisecond', () => {
  const clock = new HybridClock();
  clock.hear(withCount(WALL, 0xfffe), WALL);
  expect(clockText(clock.tick(WALL))).toBe(withCount(WALL, 0xffff).toString('hex'));
  expect(clockText(clock.tick(WALL))).toBe(withCount(WALL + 1, 0).toString('hex'));
  expect(clockText(clock.tick(WALL))).toBe(withCount(WALL + 1, 1).toString('hex'));
});

test('clocks sort as text as they sort as bytes', () => {
  const stamp = fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(stamp, stamp, ([a, m], [b, n]) => {
      const [one, two] = [withCount(a, m), withCount(b, n)];
      const texts = clockText(one) < clockText(two) ? -1 : clockText(one) > clockText(two) ? 1 : 0;
      expect(Math.sign(one.compare(two))).toBe(texts);
      expect(Math.sign(a - b || m - n)).toBe(texts);
    }),
  );
});
