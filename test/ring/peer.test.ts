import { describe, expect, it } from 'vitest';
import { RingWorld } from './ring-world.js';

describe('a ring of peers', () => {
  it('forms when everybody knows one address, and what one says reaches all once', async () => {
    const world = new RingWorld();
    for (let n = 0; n < 7; n++) world.add();
    await world.run(10_000);
    for (const { peer, present } of world.people) {
      expect(peer.state).toBe('stable');
      expect(present).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
    }
    world.people[3]?.say('hello');
    await world.run(2_000);
    for (const { heard } of world.people) expect(heard).toEqual(['hello']);
  });
});
