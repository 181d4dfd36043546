import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameType } from '../../src/net/constants.js';
import { ITEM_MAX_BYTES, ITEMS_BYTES } from '../../src/net/ring/constants.js';
import { DigestBuckets } from '../../src/net/ring/sync/buckets.js';
import { bucketsThatDiffer } from '../../src/net/ring/sync/parts.js';
import { LOBBY_ID, type Node, WALL, World } from './gossip-world.js';

/** A world whose nodes only have what sync brings: nothing is published. */
function mute(nodes: number, seed: number, loss = 0): World {
  const world = new World({ nodes, seed, loss });
  for (const node of world.nodes) node.isMute = true;
  return world;
}

function two(world: World): [Node, Node] {
  const [a, b] = world.nodes;
  if (a === undefined || b === undefined) throw new Error('there are no two');
  return [a, b];
}

const isAlike = (a: Node, b: Node): boolean => a.store.set(LOBBY_ID).root.equals(b.store.set(LOBBY_ID).root);

test('two peers that meet have what either had: words of both, and both records', async () => {
  const world = mute(2, 1);
  const [a, b] = two(world);
  for (let number = 0; number < 30; number++) a.say(`a${number}`);
  for (let number = 0; number < 20; number++) b.say(`b${number}`);
  world.link(a, b);
  await world.run(3_000);
  expect([a.held, b.held]).toEqual([50, 50]);
  expect(isAlike(a, b)).toBe(true);
  expect([a.records.size, b.records.size]).toEqual([2, 2]);
  expect(a.syncedWith).toContain(b.id);
  // Not a thing twice, although both asked at once.
  expect(a.sync.counters.repeated + b.sync.counters.repeated).toBe(0);
});

test('two peers that have the same say so in two small frames', async () => {
  const world = mute(2, 2);
  const [a, b] = two(world);
  for (let number = 0; number < 30; number++) a.say(`a${number}`);
  world.link(a, b);
  await world.run(30_000);
  const frames: number[] = [];
  world.onSent = ({ bytes }) => frames.push(bytes);
  await world.run(15_000);
  expect(frames.length).toBeGreaterThan(1);
  expect(Math.max(...frames)).toBeLessThan(80);
});

test('a late joiner gets a long history in pieces, once, though three bring it', async () => {
  const world = mute(4, 3);
  const [joiner, ...others] = world.nodes;
  if (joiner === undefined) throw new Error('nobody joins');
  const [first, ...rest] = others;
  for (let number = 0; number < 1_500; number++) first?.say(`${number} ${'words '.repeat(30)}`);
  for (const other of rest) if (first !== undefined) world.link(first, other);
  await world.run(20_000);
  let largest = 0;
  let pieces = 0;
  world.onSent = ({ type, bytes }) => {
    if (type !== FrameType.Items) return;
    largest = Math.max(largest, bytes);
    pieces++;
  };
  for (const other of others) world.link(joiner, other);
  await world.run(20_000);
  expect(joiner.held).toBe(1_500);
  expect(pieces).toBeGreaterThan(5);
  expect(largest).toBeLessThan(ITEMS_BYTES + ITEM_MAX_BYTES + 64);
  expect(joiner.sync.counters.repeated).toBe(0);
});

test('what is in no tree gets to everybody by comparing, within a few rounds', async () => {
  const world = mute(50, 4, 0.1);
  world.weave();
  await world.run(20_000);
  const entry = world.nodes[7]?.say('nobody pushes this');
  if (entry === undefined) throw new Error('nothing was said');
  await world.run(90_000);
  expect(world.holders(entry)).toBe(50);
});

test('a burst above what is spread live comes by sync, soon and whole', async () => {
  const world = new World({ nodes: 12, seed: 5 });
  world.weave();
  await world.run(15_000);
  const [a] = two(world);
  for (let number = 0; number < 60; number++) a.say(`line ${number} of something pasted`);
  await world.run(30_000);
  for (const node of world.nodes) expect(node.held).toBe(60);
});

test('two halves that were cut apart have all words of both when they meet again', async () => {
  const world = new World({ nodes: 16, seed: 6 });
  const left = world.nodes.slice(0, 8);
  const right = world.nodes.slice(8);
  const isLeft = (node: Node): boolean => left.includes(node);
  world.weave();
  await world.run(10_000);
  world.carries = (from, to) => isLeft(from) === isLeft(to);
  for (let number = 0; number < 40; number++) {
    world.chance.pick(number % 2 === 0 ? left : right)?.say(`while apart ${number}`);
    await world.run(1_000);
  }
  world.carries = () => true;
  await world.run(60_000);
  for (const node of world.nodes) expect(node.held).toBe(40);
  for (const node of right) expect(node.sync.counters.unasked).toBe(0);
});

test('a newer record takes the place of an older one wherever it is known, and is never set back', async () => {
  const world = mute(12, 7);
  world.weave();
  await world.run(30_000);
  const [a] = two(world);
  a.record(WALL + 5);
  await world.run(60_000);
  for (const node of world.nodes) expect(node.records.get(a.id)?.record.version).toBe(WALL + 5);
});

test('what everybody has lost is asked for a few times and then no more', async () => {
  const world = mute(6, 8);
  const [author, ...others] = world.nodes;
  if (author === undefined) throw new Error('nobody speaks');
  const said = Array.from({ length: 10 }, (_, number) => author.say(`${number}`));
  // The beginning is held by nobody who is left.
  for (const other of others) other.store.append(said.slice(4), WALL);
  const full = others[0];
  full?.store.append(said.slice(0, 4), WALL);
  const [, ...late] = others;
  for (const [index, a] of late.entries()) for (const b of late.slice(index + 1)) world.link(a, b);
  await world.run(60_000);
  let asked = 0;
  world.onSent = ({ type }) => {
    if (type === FrameType.Lack) asked++;
  };
  await world.run(60_000);
  expect(asked).toBe(0);
  // Whoever still has it is heard nevertheless.
  for (const node of late) if (full !== undefined) world.link(full, node);
  await world.run(60_000);
  for (const node of late) expect(isAlike(node, full ?? node)).toBe(true);
});

// ---- Digests --------------------------------------------------------------------------------------------

const change = fc.record({
  id: fc.integer({ min: 0, max: 2_000 }),
  /** 0: gone. */
  version: fc.integer({ min: 0, max: 5 }),
});

class Versions {
  readonly #of = new Map<string, number>();
  readonly buckets = new DigestBuckets((id) => Buffer.from(`${id}:${this.#of.get(id)}`));

  set({ id, version }: { readonly id: number; readonly version: number }): void {
    const [key, bucket] = [`${id}`, id % 256];
    if (version === 0) {
      this.#of.delete(key);
      this.buckets.delete(bucket, key);
    } else {
      this.#of.set(key, version);
      this.buckets.put(bucket, key);
    }
  }

  get rows(): Map<string, number> {
    return this.#of;
  }
}

test('two sets have one root exactly when they hold the same, and differ in the buckets that differ', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), fc.array(change, { maxLength: 80 }), (ones, others) => {
      const [a, b] = [new Versions(), new Versions()];
      for (const one of ones) a.set(one);
      for (const one of others) b.set(one);
      const ids = new Set([...a.rows.keys(), ...b.rows.keys()]);
      const differing = new Set<number>();
      for (const id of ids) if (a.rows.get(id) !== b.rows.get(id)) differing.add(Number(id) % 256);
      expect(a.buckets.root.equals(b.buckets.root)).toBe(differing.size === 0);
      expect(bucketsThatDiffer(a.buckets.digest, b.buckets.digest)).toEqual(
        [...differing].sort((x, y) => x - y),
      );
    }),
  );
});

test('a digest is the same whatever way the set became what it is', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), fc.array(change, { maxLength: 30 }), (ones, detour) => {
      const [straight, winding] = [new Versions(), new Versions()];
      const last = new Map(ones.map((one) => [one.id, one]));
      for (const one of last.values()) straight.set(one);
      for (const one of detour) winding.set(one);
      for (const { id } of detour) if (!last.has(id)) winding.set({ id, version: 0 });
      void winding.buckets.root;
      for (const one of ones) winding.set(one);
      expect(winding.buckets.digest).toEqual(straight.buckets.digest);
      expect(winding.buckets.root).toEqual(straight.buckets.root);
    }),
  );
});
