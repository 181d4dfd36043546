import { expect, test } from 'vitest';
import { KEY_BYTES } from '../../src/net/constants.js';
import { RING_PLACES } from '../../src/net/ring/constants.js';
import { Acquaintance, type Health } from '../../src/net/ring/overlay/known.js';
import { Routes } from '../../src/net/ring/overlay/routes.js';
import { Successors } from '../../src/net/ring/overlay/successors.js';
import type { Contact } from '../../src/net/ring/types.js';

/** Somebody at that hundredth of the ring. */
function at(hundredth: number): Contact {
  const key = Buffer.alloc(KEY_BYTES, hundredth);
  return { id: key.toString('hex'), key, place: Math.floor((RING_PLACES * hundredth) / 100), addresses: [] };
}

/** A peer at place 0, and those it is linked with, by what it believes of each. */
function among(believed: Readonly<Record<number, Health>>) {
  const acquaintance = new Acquaintance(at(0));
  for (const [hundredth, health] of Object.entries(believed)) {
    const known = acquaintance.meet(at(Number(hundredth)));
    if (known === undefined) throw new Error('nobody but oneself is at 0');
    known.begin(known.contact);
    known.health = health;
  }
  const routes = new Routes(at(0), () => [], acquaintance, new Successors(at(0), acquaintance));
  return (hundredth: number, onIt = true) => routes.next(at(hundredth).place, onIt);
}

test('the way to somebody silent leads over whoever is nearer, as long as there is anybody', () => {
  expect(among({ 10: 'good', 20: 'suspect' })(20)).toBe(at(10).id);
});

test('somebody silent to whom nobody else leads is tried all the same: a few packets may have been lost', () => {
  const next = among({ 20: 'suspect', 90: 'good' });
  expect(next(20)).toBe(at(20).id);
  expect(next(20, false)).toBeUndefined();
  expect(next(21)).toBeUndefined();
});

test('nobody is led to the dead', () => {
  expect(among({ 20: 'dead', 90: 'good' })(20)).toBeUndefined();
});
