import { expect, test } from 'vitest';
import { Speed } from '../../src/actors/client/files/speed.js';

test('is that of the time there was: a slow start does not count for longer than it lasted', () => {
  const speed = new Speed();
  speed.add(0, 0);
  speed.add(0, 100);
  for (let now = 200; now <= 500; now += 100) speed.add(1_000, now);
  expect(speed.perS).toBeGreaterThan(7_500);
  expect(speed.perS).toBeLessThan(10_000);
});

test('follows what changes within seconds, and falls to nothing while nothing comes', () => {
  const speed = new Speed();
  for (let now = 0; now <= 60_000; now += 100) speed.add(1_000, now);
  expect(speed.perS).toBeCloseTo(10_000, -2);
  for (let now = 60_100; now <= 63_000; now += 100) speed.add(100, now);
  expect(speed.perS).toBeLessThan(5_000);
  speed.add(0, 120_000);
  expect(speed.perS).toBe(0);
});

test('is nothing before anything was measured, and after it begins anew', () => {
  const speed = new Speed();
  expect(speed.perS).toBe(0);
  speed.add(5_000, 0);
  speed.add(5_000, 500);
  speed.reset();
  expect(speed.perS).toBe(0);
});
