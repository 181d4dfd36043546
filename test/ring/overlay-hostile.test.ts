import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Malformed, Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { LINKS_MAX, SUCCESSORS_MAX } from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { FindFrame, LinksFrame, NeighboursFrame, ProbeForFrame } from '../../src/net/ring/overlay/frames.js';
import { ahead } from '../../src/net/ring/place.js';
import type { Contact } from '../../src/net/ring/types.js';
import { COMMUNITY, isRight, type Node, World, wrong } from './overlay-world.js';

const writer = new Writer(4096);

function grown(seed: number, count: number): World {
  const world = new World(seed);
  const first = world.add();
  for (let index = 1; index < count; index++) world.add(first);
  world.run(20_000);
  expect(wrong(world)).toBeUndefined();
  return world;
}

/** Somebody who is nowhere, right behind a place. */
function nobody(world: World, behind: number, way: number): Contact {
  const key = Buffer.alloc(32);
  world.fill(key);
  const contact = contactOf(COMMUNITY, key, [{ address: '10.9.9.9', port: 9 }]);
  return { ...contact, place: ahead(behind, way) };
}

/** It answers every question for its neighbours with a list of its own making. */
function lieAboutNeighbours(liar: Node, lie: () => readonly Contact[]): void {
  liar.bend = (_to, type, body) => {
    if (type !== FrameType.Neighbours) return body;
    const number = new Reader(Buffer.from(body)).varint();
    const version = 2 ** 31 + liar.framesSent;
    const view = { version, predecessor: undefined, successors: lie() };
    return Buffer.from(NeighboursFrame.encode(writer, number, view, false));
  };
}

it('dials only within a budget whom a liar makes up, and adopts none of them as its successor', () => {
  const world = grown(31, 40);
  const [victim, liar] = world.ring();
  if (victim === undefined || liar === undefined) throw new Error('nobody');
  const before = victim.dials;
  lieAboutNeighbours(liar, () =>
    Array.from({ length: SUCCESSORS_MAX }, (_, index) => nobody(world, victim.contact.place, 1000 + index)),
  );
  world.run(120_000);
  expect(victim.overlay.neighbourhood.successors[0]?.id).toBe(liar.id);
  expect(victim.dials - before).toBeLessThan(120 * 4 + 64);
  expect(victim.died).toEqual([]);
});

it('goes on with two other successors when the first one hides everybody behind it', () => {
  const world = grown(32, 40);
  const ring = world.ring();
  const liar = ring[7] as Node;
  lieAboutNeighbours(liar, () => []);
  world.run(60_000);
  for (const [index, node] of ring.entries()) {
    if (node === liar) continue;
    const heads = node.overlay.neighbourhood.successors.slice(0, 3).map(({ id }) => id);
    expect(heads).toEqual([1, 2, 3].map((way) => ring[(index + way) % ring.length]?.id));
  }
});

it('leaves out whoever answers nothing', () => {
  const world = grown(33, 30);
  const [, mute] = world.ring();
  if (mute === undefined) throw new Error('nobody');
  mute.bend = () => undefined;
  world.run(30_000);
  mute.up = false;
  expect(
    world.runUntil(() => isRight(world), 20_000),
    wrong(world),
  ).toBeDefined();
});

it('is told by nobody that a living neighbour is dead', () => {
  const world = grown(34, 30);
  const [first, second] = world.ring();
  if (first === undefined || second === undefined) throw new Error('nobody');
  for (const node of world.live) node.overlay.reported(second.id, world.now);
  world.run(45_000);
  expect(wrong(world)).toBeUndefined();
  expect(first.died).toEqual([]);
});

it('remembers only so many of whom others want probed', () => {
  const world = grown(35, 20);
  const [victim, liar] = world.ring();
  if (victim === undefined || liar === undefined) throw new Error('nobody');
  const before = victim.dials;
  for (let round = 0; round < 200; round++) {
    const contact = nobody(world, victim.contact.place, 5_000 + round);
    const body = Buffer.from(ProbeForFrame.encode(writer, round + 1, contact));
    victim.overlay.frame(liar.id, FrameType.ProbeFor, new Reader(body), world.now);
  }
  world.run(10_000);
  expect(victim.dials - before).toBeLessThan(40);
  expect(wrong(world)).toBeUndefined();
});

it('does not let one neighbour take every look-up there is', () => {
  const world = grown(36, 60);
  const [victim, liar] = world.ring();
  if (victim === undefined || liar === undefined) throw new Error('nobody');
  const far = ahead(victim.contact.place, 2 ** 51);
  for (let number = 1; number < 1_000; number++) {
    const body = Buffer.from(FindFrame.encode(writer, { number, place: far, hops: 32 }));
    victim.overlay.frame(liar.id, FrameType.Find, new Reader(body), world.now);
  }
  let isAnswered = false;
  victim.overlay.find(
    far,
    (around) => {
      isAnswered = around !== undefined;
    },
    world.now,
  );
  world.run(3_000);
  expect(isAnswered).toBe(true);
});

it('counts answers that nobody asked for', () => {
  const world = grown(37, 5);
  const [victim, liar] = world.ring();
  if (victim === undefined || liar === undefined) throw new Error('nobody');
  const body = Buffer.from([1, 0, 0]);
  victim.overlay.frame(liar.id, FrameType.Found, new Reader(body), world.now);
  victim.overlay.frame(liar.id, FrameType.ProbedFor, new Reader(body), world.now);
  expect(victim.overlay.counters.unasked).toBe(2);
});

it('refuses lists above their limits before it reads them', () => {
  const long = Buffer.alloc(8 + 60 * 40);
  long.writeUInt8(SUCCESSORS_MAX + 1, 6);
  expect(() => NeighboursFrame.decode(new Reader(long), COMMUNITY)).toThrow(Malformed);
  expect(() => LinksFrame.decode(new Reader(Buffer.from([LINKS_MAX + 1])))).toThrow(Malformed);
  const beyond = Buffer.from([1, 0, 0x10, 0, 0, 0, 0, 0, 0, 32]);
  expect(() => FindFrame.decode(new Reader(beyond))).toThrow(Malformed);
});

it('throws nothing but Malformed, whatever comes', () => {
  const world = grown(38, 6);
  const [victim, liar] = world.ring();
  if (victim === undefined || liar === undefined) throw new Error('nobody');
  const types = fc.integer({ min: FrameType.Stabilise, max: FrameType.Links });
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
      try {
        victim.overlay.frame(liar.id, type, new Reader(Buffer.from(bytes)), world.now);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
