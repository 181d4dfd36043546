import { describe, expect, it } from 'vitest';
import { LONG_LINKS_MIN } from '../../src/net/ring/constants.js';
import { distance } from '../../src/net/ring/place.js';
import { isRight, type Node, World, wrong } from './overlay-world.js';

function grown(seed: number, count: number, prepare: (world: World) => void = () => {}): World {
  const world = new World(seed);
  prepare(world);
  const nodes = [world.add()];
  while (nodes.length < count)
    nodes.push(world.add(nodes[Math.floor(world.random() * nodes.length)] as Node));
  expect(
    world.runUntil(() => isRight(world), 60_000),
    wrong(world),
  ).toBeDefined();
  world.run(20_000);
  return world;
}

function falseDeaths(world: World): number {
  let count = 0;
  for (const node of world.nodes.values())
    for (const { id } of node.died) if (world.nodes.get(id)?.up && node.up) count++;
  return count;
}

describe('joining', () => {
  it('makes a ring of two who are introduced to each other', () => {
    const world = new World(1);
    const a = world.add();
    expect(a.overlay.neighbourhood.state).toBe('alone');
    const b = world.add(a);
    a.overlay.introduce(b.contact, world.now);
    world.run(3_000);
    expect(wrong(world)).toBeUndefined();
    expect(a.overlay.neighbourhood.state).toBe('stable');
    expect(a.overlay.neighbourhood.predecessor?.id).toBe(b.id);
  });

  it.each([3, 7, 17, 20, 40, 60, 150])('makes one ring of %i who all come at once', (count) => {
    const world = new World(count);
    const first = world.add();
    for (let index = 1; index < count; index++) world.add(first);
    expect(
      world.runUntil(() => isRight(world), 10_000),
      wrong(world),
    ).toBeDefined();
  });

  it('links everybody with everybody while they are few', () => {
    const world = grown(5, 17);
    for (const node of world.live) expect(node.lines.size).toBe(16);
  });

  it('drops the extra links when there are many', () => {
    const world = grown(6, 80);
    world.run(20_000);
    const links = world.live.map(({ lines }) => lines.size).sort((a, b) => a - b);
    expect(links[40]).toBeLessThan(25);
    const hasLong = () =>
      world.live.every(({ overlay }) => overlay.neighbourhood.long.length >= LONG_LINKS_MIN);
    expect(world.runUntil(hasLong, 20_000)).toBeDefined();
  });

  it('finds the others again by those of last time alone', () => {
    const world = grown(7, 12);
    const [gone] = world.live;
    if (gone === undefined) throw new Error('nobody');
    const { passive } = gone.overlay;
    expect(passive.length).toBeGreaterThan(5);
    world.leave(gone);
    world.run(40_000);
    const back = world.again(gone, passive);
    expect(
      world.runUntil(() => isRight(world), 10_000),
      wrong(world),
    ).toBeDefined();
    expect(back.overlay.neighbourhood.state).toBe('stable');
  });
});

describe('faults', () => {
  it.each([30, 60])('heals a ring of %i when eight consecutive ids die at once', (count) => {
    const world = grown(8, count);
    for (const node of world.ring().slice(3, 11)) world.kill(node);
    expect(
      world.runUntil(() => isRight(world), 15_000),
      wrong(world),
    ).toBeDefined();
    expect(falseDeaths(world)).toBe(0);
  });

  it.each([1, 2, 3])('heals within 15 s when three of ten die at once (seed %i)', (seed) => {
    const world = grown(seed, 150);
    for (const node of world.live) if (world.random() < 0.3) world.kill(node);
    expect(
      world.runUntil(() => isRight(world), 15_000),
      wrong(world),
    ).toBeDefined();
    expect(falseDeaths(world)).toBe(0);
  });

  it('heals when half of all die at once, without a broadcast to tell of it', () => {
    const world = grown(9, 150, (fresh) => {
      fresh.notices = false;
    });
    for (const node of world.live) if (world.random() < 0.5) world.kill(node);
    expect(
      world.runUntil(() => isRight(world), 25_000),
      wrong(world),
    ).toBeDefined();
    expect(falseDeaths(world)).toBe(0);
  });

  it('notices within ten seconds that the successor is dead', () => {
    const world = grown(10, 30);
    const [first, second] = world.ring();
    if (first === undefined || second === undefined) throw new Error('nobody');
    world.kill(second);
    const ms = world.runUntil(() => first.died.length > 0, 10_000);
    expect(ms).toBeDefined();
    expect(first.died[0]?.id).toBe(second.id);
  });

  it('calls nobody dead while a tenth of all packets is lost', () => {
    const world = grown(11, 60, (fresh) => {
      fresh.loss = 0.1;
    });
    world.run(120_000);
    expect(falseDeaths(world)).toBe(0);
    expect(wrong(world)).toBeUndefined();
  });

  it('forgives somebody who stood still for three seconds', () => {
    const world = grown(12, 40);
    const [stalled] = world.ring();
    if (stalled === undefined) throw new Error('nobody');
    stalled.stalledUntil = world.now + 3_000;
    world.run(20_000);
    expect(falseDeaths(world)).toBe(0);
    expect(stalled.died).toEqual([]);
  });

  it('takes somebody back who stood still for a minute, and who blames nobody else for it', () => {
    const world = grown(13, 40);
    const [stalled] = world.ring();
    if (stalled === undefined) throw new Error('nobody');
    stalled.stalledUntil = world.now + 60_000;
    world.run(60_000);
    expect(
      world.runUntil(() => isRight(world), 20_000),
      wrong(world),
    ).toBeDefined();
    expect(stalled.died).toEqual([]);
  });

  it.each([
    [4, 4, 6],
    [14, 0, 1],
    [11, 11, 14],
  ])('never calls dead whom others reach, and keeps every list whole (seed %i)', (seed, one, other) => {
    const world = grown(seed, 40);
    const ring = world.ring();
    const pair = new Set([ring[one], ring[other]]);
    world.reaches = (from, to) => !(pair.has(from) && pair.has(to));
    let wrongS = 0;
    for (let second = 0; second < 180; second++) {
      world.run(1_000);
      if (!isRight(world)) wrongS++;
    }
    expect(wrongS).toBeLessThan(5);
    expect(falseDeaths(world)).toBe(0);
    world.reaches = () => true;
    expect(
      world.runUntil(() => isRight(world), 130_000),
      wrong(world),
    ).toBeDefined();
    world.run(70_000);
    for (const node of pair) expect(node?.overlay.neighbourhood.state).toBe('stable');
  });

  it('closes ranks within three seconds around somebody who leaves', () => {
    const world = grown(15, 40);
    const ring = world.ring();
    world.leave(ring[5] as Node);
    expect(
      world.runUntil(() => isRight(world), 3_000),
      wrong(world),
    ).toBeDefined();
    world.run(60_000);
    expect(wrong(world)).toBeUndefined();
    for (const node of world.live) expect(node.died).toEqual([]);
  });
});

describe('two rings', () => {
  it.each([
    [7, 60],
    [60, 60],
    [20, 900],
  ])('become one again: %i peers, cut in two for %i s', (count, cutS) => {
    const world = grown(16, count);
    const inA = new Set(world.live.filter(() => world.random() < 0.5));
    world.reaches = (from, to) => inA.has(from) === inA.has(to);
    const halves = [true, false].map((side) => ({
      ring: () => world.ring().filter((node) => inA.has(node) === side),
    }));
    expect(world.runUntil(() => halves.every(isRight), 20_000)).toBeDefined();
    world.run(cutS * 1_000);
    expect(halves.map(wrong)).toEqual([undefined, undefined]);
    world.reaches = () => true;
    expect(
      world.runUntil(() => isRight(world), 30_000),
      wrong(world),
    ).toBeDefined();
  });

  it('become one when a single peer of one is told of a single peer of the other', () => {
    const world = new World(17);
    const rings = [0, 1].map(() => {
      const nodes = [world.add()];
      while (nodes.length < 25) nodes.push(world.add(nodes[0] as Node));
      return nodes;
    });
    world.run(20_000);
    const [a, b] = rings.map(([first]) => first);
    a?.overlay.introduce((b as Node).contact, world.now);
    expect(
      world.runUntil(() => isRight(world), 30_000),
      wrong(world),
    ).toBeDefined();
  });
});

describe('routing', () => {
  it('reaches everybody, in few hops, each of them nearer', () => {
    const world = grown(18, 150);
    const live = world.live;
    let hops = 0;
    let routes = 0;
    for (const from of live.slice(0, 40))
      for (const to of live.slice(40)) {
        routes++;
        for (let at = from; at !== to; hops++) {
          const next = world.nodes.get(at.overlay.next(to.contact.place) ?? '');
          if (next === undefined) throw new Error('a route that ends before its place');
          expect(distance(next.contact.place, to.contact.place)).toBeLessThan(
            distance(at.contact.place, to.contact.place),
          );
          at = next;
        }
      }
    expect(hops / routes).toBeLessThan(3);
  });

  it('leaves out whom it was told to', () => {
    const world = grown(19, 30);
    const [from, , , to] = world.ring();
    if (from === undefined || to === undefined) throw new Error('nobody');
    const first = from.overlay.next(to.contact.place) ?? '';
    expect(from.overlay.next(to.contact.place, new Set([first]))).not.toBe(first);
  });

  it('finds who holds a place, from anywhere, and where they are to be dialled', () => {
    const world = grown(20, 80);
    const ring = world.ring();
    const [asker] = world.live;
    for (const place of [0, 2 ** 51, 12_345_678_901_234]) {
      let found: readonly string[] = [];
      let unreachable = 0;
      asker?.overlay.find(
        place,
        (around) => {
          found = around?.successors.map(({ id }) => id) ?? [];
          unreachable = around?.successors.filter(({ addresses }) => addresses.length === 0).length ?? 0;
        },
        world.now,
      );
      world.run(3_000);
      const behind = ring.findIndex((node) => node.contact.place >= place);
      const first = ring[Math.max(behind, 0)];
      expect(found[0]).toBe(first?.id);
      expect(unreachable).toBe(0);
      expect(first?.overlay.holders(place, 4).map(({ id }) => id)).toEqual(found.slice(0, 4));
    }
  });
});

it('runs the same way twice from one seed', () => {
  const story = () => {
    const world = grown(21, 40);
    for (const node of world.live) if (world.random() < 0.2) world.kill(node);
    world.run(10_000);
    return [world.events, ...world.live.map(({ bytesSent }) => bytesSent)];
  };
  expect(story()).toEqual(story());
});
