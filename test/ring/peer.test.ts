import { describe, expect, it } from 'vitest';
import { RingWorld } from './ring-world.js';

/** A community of so many that have found each other. */
async function community(count: number): Promise<RingWorld> {
  const world = new RingWorld();
  for (let n = 0; n < count; n++) world.add();
  world.run(10_000);
  return world;
}

describe('a ring of peers', () => {
  it('forms when everybody knows one address, and what one says reaches all once', async () => {
    const world = await community(7);
    for (const { peer, present } of world.people) {
      expect(peer.state).toBe('stable');
      expect(present).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
    }
    world.people[3]?.say('hello');
    world.run(2_000);
    for (const { heard } of world.people) expect(heard).toEqual(['hello']);
  });

  it('brings a late joiner the history and everybody who is there', async () => {
    const world = await community(5);
    for (let n = 0; n < 30; n++) world.people[n % 5]?.say(`word ${n}`);
    world.run(5_000);
    const late = world.add();
    world.run(10_000);
    expect(late.heard.sort()).toEqual(Array.from({ length: 30 }, (_, n) => `word ${n}`).sort());
    expect(late.present).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);
  });

  it('goes on when two neighbours die at once, and says once that they are gone', async () => {
    const world = await community(7);
    const [first] = world.people;
    const [next, afterNext] = first?.peer.neighbourhood.successors ?? [];
    const dead = world.people.filter(({ peer }) => peer.self === next?.id || peer.self === afterNext?.id);
    const alive = world.people.filter((person) => !dead.includes(person));
    for (const { host } of dead) host.kill();
    first?.say('still here');
    world.run(20_000);
    for (const { peer, heard, presence } of alive) {
      expect(heard).toEqual(['still here']);
      expect(peer.state).toBe('stable');
      const gone = presence.filter((line) => line.endsWith('offline'));
      expect(gone.sort()).toEqual(dead.map((person) => `${person.peer.people.own.name} offline`).sort());
    }
  });

  it('hears of who leaves at once', async () => {
    const world = await community(4);
    const leaver = world.people[2];
    leaver?.host.turn(() => leaver.peer.leave(() => undefined));
    world.run(1_000);
    for (const { present } of world.people.filter((person) => person !== leaver))
      expect(present).toEqual(['p0', 'p1', 'p3']);
  });

  it('delivers what somebody said while alone, also over a restart', async () => {
    const world = await community(3);
    const lonely = world.add({ bootstrap: [] });
    lonely.say('is anybody here?');
    world.run(1_000);
    lonely.host.kill();
    const again = world.add({ store: lonely.store, key: 3 });
    again.say('I am back');
    world.run(10_000);
    for (const { heard } of world.people.slice(0, 3))
      expect([...heard].sort()).toEqual(['I am back', 'is anybody here?']);
  });
});
