import { describe, expect, test } from 'vitest';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';
import { runTransfers, SimulatedTransfer } from '../sim/transfer.js';

function setUp(conditions: Partial<Conditions> = {}, seed = 1) {
  const network = new SimulatedNetwork(seed, { ...PERFECT, delayMs: 5, ...conditions });
  const pair = new Pair(network);
  pair.client.keep = false;
  pair.server.keep = false;
  network.run(100);
  return { network, pair };
}

describe('records that are wanted', () => {
  test.each([
    ['a clean link', {}],
    ['one that loses a third', { loss: 0.3 }],
    ['one that doubles and reorders', { duplicate: 0.3, reorder: 0.3, jitterMs: 4 }],
    ['one that does all of it', { loss: 0.15, duplicate: 0.2, reorder: 0.2, reorderMs: 40 }],
  ])('arrive once and unharmed over %s, and nothing is held afterwards', (_name, conditions) => {
    const { network, pair } = setUp(conditions, 4);
    const up = new SimulatedTransfer(pair.client, pair.server, 7, 40);
    const small = new SimulatedTransfer(pair.client, pair.server, 2 ** 40, 300, 99);
    runTransfers(network, [up, small]);
    expect(network.runUntil(() => up.done && small.done, 120_000)).toBe(true);
    network.run(5_000);
    for (const transfer of [up, small]) {
      expect(transfer.wrong).toBe(0);
      expect([...transfer.arrived.values()]).toEqual(Array(transfer.chunks).fill(1));
      expect([...transfer.supplied.values()]).toEqual(Array(transfer.chunks).fill(1));
    }
    expect([pair.client.connection.owing, pair.server.connection.owing]).toEqual([false, false]);
  });
});
