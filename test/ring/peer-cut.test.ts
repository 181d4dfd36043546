import { describe, expect, it } from 'vitest';
import { RingWorld } from './ring-world.js';

/** Hosts of a world by their machines' numbers. */
async function community(count: number): Promise<RingWorld> {
  const world = new RingWorld();
  for (let n = 0; n < count; n++) world.add();
  await world.run(12_000);
  return world;
}

describe('a ring that is cut in two', () => {
  it('talks on in both halves, and has every word of both on every screen once when it is whole again', async () => {
    const world = await community(8);
    const half = new Set([0, 2, 4, 6]);
    world.weather.cut(half);
    await world.run(30_000);
    for (const [number, person] of world.people.entries()) {
      const side = world.people.filter((_, other) => half.has(other) === half.has(number));
      expect(person.present).toEqual(side.map(({ peer }) => peer.people.own.name).sort());
    }
    for (const [number, person] of world.people.entries()) person.say(`from ${number}`);
    await world.run(5_000);
    for (const { heard } of world.people) expect(heard).toHaveLength(4);
    world.weather.cut(new Set());
    await world.run(60_000);
    const all = world.people.map((_, number) => `from ${number}`);
    for (const person of world.people) {
      expect([...person.heard].sort()).toEqual(all);
      expect(person.present).toHaveLength(8);
      expect(person.peer.state).toBe('stable');
    }
  });
});

describe('somebody who is declared dead', () => {
  it('and is not, is shown as gone to nobody for long: they hear of it and refute it', async () => {
    const world = await community(6);
    const sleeper = world.people[3];
    sleeper?.host.stall();
    await world.run(20_000);
    for (const person of world.people) if (person !== sleeper) expect(person.present).not.toContain('p3');
    sleeper?.host.resume();
    await world.run(20_000);
    for (const person of world.people) {
      expect(person.present).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);
      expect(person.peer.state).toBe('stable');
    }
  });

  it('is not shown as gone and back for a moment of silence', async () => {
    const world = await community(6);
    const slow = world.people[3];
    slow?.host.stall();
    await world.run(2_500);
    slow?.host.resume();
    await world.run(10_000);
    for (const { presence } of world.people)
      expect(presence.filter((line) => line === 'p3 offline')).toEqual([]);
  });
});
