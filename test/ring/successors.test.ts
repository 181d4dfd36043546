import { expect, test } from 'vitest';
import { KEY_BYTES } from '../../src/net/constants.js';
import { RING_PLACES } from '../../src/net/ring/constants.js';
import { Acquaintance, type Known } from '../../src/net/ring/overlay/known.js';
import { Successors } from '../../src/net/ring/overlay/successors.js';
import type { Contact } from '../../src/net/ring/types.js';

const NOW = 100_000;

/** Somebody at that hundredth of the ring. */
function at(hundredth: number): Contact {
  const key = Buffer.alloc(KEY_BYTES, hundredth);
  return { id: key.toString('hex'), key, place: Math.floor((RING_PLACES * hundredth) / 100), addresses: [] };
}

/** A peer at place 0, and those it is linked with, by what each tells. */
function around(tells: Readonly<Record<number, readonly number[]>>) {
  const acquaintance = new Acquaintance(at(0));
  const linked = new Map<number, Known>();
  for (const [hundredth, told] of Object.entries(tells)) {
    const known = acquaintance.meet(at(Number(hundredth)));
    if (known === undefined) throw new Error('nobody but oneself is at 0');
    known.begin(known.contact);
    known.view = { version: 1, predecessor: undefined, successors: told.map(at) };
    known.toldAt = NOW;
    linked.set(Number(hundredth), known);
  }
  const successors = new Successors(at(0), acquaintance);
  const list = () => {
    successors.remake(NOW);
    return successors.list.map(({ key }) => key[0]);
  };
  return { linked, acquaintance, list };
}

test('a list is whoever is linked, and behind them whom these tell of', () => {
  const { list } = around({ 1: [2, 3, 4], 2: [3, 4, 5], 3: [4, 5, 6] });
  expect(list()).toEqual([1, 2, 3, 4, 5, 6]);
});

test('somebody who has not joined is in the list, and what they tell is not: it passes over others', () => {
  const { linked, list } = around({ 1: [2, 3, 4], 2: [70, 80, 90], 3: [4, 5, 6] });
  const newcomer = linked.get(2);
  if (newcomer?.view === undefined) throw new Error('nobody at 2');
  newcomer.view = { ...newcomer.view, isJoining: true };
  expect(list()).toEqual([1, 2, 3, 4, 5, 6]);
  newcomer.view = { ...newcomer.view, isJoining: false };
  expect(list()).toContain(70);
});

test('when the first of a list falls silent, whom it told of last stays in the list', () => {
  const { linked, list } = around({ 1: [2, 3, 4], 40: [50, 60] });
  const first = linked.get(1);
  if (first === undefined) throw new Error('nobody at 1');
  first.health = 'suspect';
  first.watch = { number: 1, stage: 'suspect', askedAt: NOW, until: NOW + 1, againAt: NOW + 1 };
  expect(list()).toEqual([1, 2, 3, 4]);
});

test('when everybody who told us has died, those they told of stay until they turn out to be gone as well', () => {
  const { linked, acquaintance, list } = around({ 1: [2, 3, 4], 90: [99] });
  expect(list()).toEqual([1, 2, 3, 4]);
  linked.get(1)?.bury(NOW + 60_000);
  expect(list()).toEqual([2, 3, 4]);
  const second = acquaintance.meet(at(2));
  if (second === undefined) throw new Error('nobody at 2');
  second.restsUntil = NOW + 2_000;
  expect(list()).toEqual([3, 4]);
});

test('whoever stood in the list behind somebody silent is heard once it tells itself, though nobody else told of both', () => {
  const { linked, acquaintance, list } = around({ 1: [2, 3, 4], 90: [99] });
  expect(list()).toEqual([1, 2, 3, 4]);
  linked.get(1)?.bury(NOW + 60_000);
  const third = acquaintance.meet(at(3));
  if (third === undefined) throw new Error('nobody at 3');
  third.begin(third.contact);
  third.view = { version: 1, predecessor: undefined, successors: [at(4), at(5), at(6)] };
  third.toldAt = NOW;
  expect(list()).toEqual([2, 3, 4, 5, 6]);
});

test('a newcomer that loses its neighbour leads nobody astray: whoever stands behind it still tells', () => {
  const { linked, list } = around({ 2: [30, 31], 30: [31, 32], 31: [32, 33] });
  const newcomer = linked.get(2);
  if (newcomer?.view === undefined) throw new Error('nobody at 2');
  newcomer.view = { ...newcomer.view, isJoining: true };
  expect(list()).toEqual([2, 30, 31, 32, 33]);
  expect(list()).toEqual([2, 30, 31, 32, 33]);
});
