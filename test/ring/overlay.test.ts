import { expect, it } from 'vitest';
import { isRight, World, wrong } from './overlay-world.js';

it('joins two who are introduced to each other', () => {
  const world = new World(1);
  const a = world.add();
  const b = world.add(a);
  a.overlay.introduce(b.contact, world.now);
  world.run(3_000);
  expect(wrong(world)).toBeUndefined();
  expect(a.overlay.neighbourhood.state).toBe('stable');
});

it.each([3, 7, 17, 20, 40, 60])('makes one ring of %i who all come at once', (count) => {
  const world = new World(count);
  const first = world.add();
  for (let index = 1; index < count; index++) world.add(first);
  const ms = world.runUntil(() => isRight(world), 30_000);
  expect(ms).toBeDefined();
});
