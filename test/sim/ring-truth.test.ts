import { describe, expect, it } from 'vitest';
import type { Contact, Neighbourhood } from '../../src/net/ring/types.js';
import { deliveriesOf, type Stay } from '../../src/sim/figures.js';
import { Ledger } from '../../src/sim/ledger.js';
import { type Placed, Truth } from '../../src/sim/truth.js';

const SPACE = 1_000;

function contact(number: number): Contact {
  return { id: `peer ${number}`, key: Buffer.alloc(32), place: number * SPACE, addresses: [] };
}

/** A member on place `number` with pointers to those numbers. */
function member(number: number, predecessor: number | undefined, successors: readonly number[]): Placed {
  const neighbourhood: Neighbourhood = {
    self: contact(number),
    predecessor: predecessor === undefined ? undefined : contact(predecessor),
    successors: successors.map(contact),
    long: [],
    extra: [],
    size: 1,
    state: 'stable',
  };
  return { number, id: `peer ${number}`, place: number * SPACE, neighbourhood, isLiar: false };
}

/** A ring of so many with every pointer right. */
function ring(count: number, length: number): Placed[] {
  return Array.from({ length: count }, (_, number) => {
    const successors = Array.from(
      { length: Math.min(length, count - 1) },
      (_, step) => (number + 1 + step) % count,
    );
    return member(number, (number - 1 + count) % count, successors);
  });
}

describe('the truth about a ring', () => {
  it('is satisfied by a ring with every pointer right, of any size', () => {
    for (const count of [1, 2, 5, 9, 40]) {
      const truth = new Truth(ring(count, 9).map((each) => (count === 1 ? member(0, undefined, []) : each)));
      expect(truth.differences()).toEqual([]);
      expect(truth.stranded()).toEqual([]);
      expect(truth.unskipped()).toBe(count);
    }
  });

  it('knows a dead successor, a skipped member and a wrong predecessor', () => {
    const members = ring(12, 9);
    const dead = new Truth(members.filter(({ number }) => number !== 5));
    expect(dead.isWhole).toBe(false);
    expect(dead.differences()).toContain('4: its successor 0 is not 6');
    expect(dead.differences()).toContain('6: its predecessor is not 4');
    const skipping = new Truth([...members.slice(1), member(0, 11, [2, 3, 4, 5, 6, 7, 8, 9, 10])]);
    expect(skipping.unskipped()).toBe(11);
  });

  it('gives liars their place, and asks nothing of them', () => {
    const lying = { ...member(4, 9, [7, 11]), isLiar: true };
    const truth = new Truth([...ring(12, 9).filter(({ number }) => number !== 4), lying]);
    expect(truth.isWhole).toBe(true);
    expect(truth.unskipped()).toBe(12);
  });

  it('knows who is stranded', () => {
    const members = ring(30, 8);
    const truth = new Truth(members.filter(({ number }) => number < 4 || number > 11));
    expect(truth.stranded().map(({ number }) => number)).toEqual([3]);
  });

  it('knows lists that could not be right in any ring', () => {
    expect(Truth.listFault(member(3, 2, [4, 5, 1]))).toBeUndefined();
    expect(Truth.listFault(member(3, 2, [5, 4]))).toBe('its list is out of order');
    expect(Truth.listFault(member(3, 2, [4, 4]))).toBe('its list is out of order');
    expect(Truth.listFault(member(3, 2, [4, 3]))).toBe('its list contains itself');
  });
});

describe('the ledger', () => {
  const stays: Stay[] = [0, 1, 2].map((number) => ({
    number,
    from: 0,
    until: Number.POSITIVE_INFINITY,
    isSurvivor: number < 2,
  }));

  it('counts pairs of entries and survivors, and the copies beyond the first', () => {
    const ledger = new Ledger(3);
    ledger.say('a', 0, 100);
    ledger.came('a', 1, 'broadcast', 2);
    ledger.came('a', 1, 'repair', 0);
    ledger.shown('a', 1, 150);
    ledger.came('a', 2, 'broadcast', 3);
    const deliveries = deliveriesOf(ledger, stays);
    expect(deliveries).toMatchObject({
      delivered: 1,
      deliveredBeforeRepair: 1,
      rmr: 0.5,
      lastHop: 3,
      p50Ms: 50,
    });
    expect(deliveries.missed).toEqual([]);
  });

  it('names what somebody missed, unless nobody who is left ever had it', () => {
    const ledger = new Ledger(3);
    ledger.say('kept', 0, 100);
    ledger.say('taken along', 2, 100);
    const deliveries = deliveriesOf(ledger, stays);
    expect(deliveries.missed).toEqual([{ id: 'kept', member: 1 }]);
    expect(deliveries.delivered).toBe(0);
  });

  it('tells what came by repair from what came before it, and what was shown twice', () => {
    const ledger = new Ledger(3);
    ledger.say('a', 0, 100);
    ledger.came('a', 1, 'repair', 0);
    ledger.shown('a', 1, 9_000);
    ledger.shown('a', 1, 9_500);
    expect(deliveriesOf(ledger, stays)).toMatchObject({ delivered: 1, deliveredBeforeRepair: 0, doubled: 1 });
  });
});
