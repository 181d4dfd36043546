import { describe, expect, test } from 'vitest';
import {
  DATAGRAM_BASE_BYTES,
  FrameType,
  IDLE_MS,
  KEEPALIVE_ATTENTIVE_MS,
  KEEPALIVE_MS,
  PROBE_AFTER_MS,
  PROBE_PATIENCE_MS,
} from '../../src/net/constants.js';
import { Liveness } from '../../src/net/liveness.js';
import { CloseCode, Lane } from '../../src/net/types.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';

function setUp(
  conditions: Partial<Conditions> = {},
  seed = 1,
  keepaliveMs?: number,
): { network: SimulatedNetwork; pair: Pair } {
  const network = new SimulatedNetwork(seed, { ...PERFECT, ...conditions });
  return { network, pair: new Pair(network, keepaliveMs) };
}

describe('a connection on a good link', () => {
  test('carries a frame each way', () => {
    const { network, pair } = setUp();
    pair.client.connection.send(FrameType.Request, Buffer.from('ask'));
    pair.server.connection.send(FrameType.Reply, Buffer.from('answer'));
    network.run(100);
    expect(pair.server.received).toEqual([{ type: FrameType.Request, body: Buffer.from('ask') }]);
    expect(pair.client.received).toEqual([{ type: FrameType.Reply, body: Buffer.from('answer') }]);
    expect(pair.client.connection.owing).toBe(false);
    expect(pair.client.connection.rttMs).toBeLessThan(5);
  });

  test('coalesces everything of one turn into one datagram', () => {
    const { network, pair } = setUp();
    network.run(1000);
    const before = pair.clientPort.datagramsOut;
    for (let i = 0; i < 10; i++) pair.client.connection.send(FrameType.Event, Buffer.from(`event ${i}`));
    network.flush();
    expect(pair.clientPort.datagramsOut).toBe(before + 1);
    network.run(100);
    expect(pair.server.received.map((frame) => frame.body.toString())).toEqual(
      Array.from({ length: 10 }, (_, i) => `event ${i}`),
    );
  });

  test('sends a frame larger than a datagram in segments and delivers it whole', () => {
    const { network, pair } = setUp();
    const body = Buffer.alloc(60_000, 'natter');
    pair.client.connection.send(FrameType.Entries, body);
    network.run(1000);
    expect(pair.server.received).toEqual([{ type: FrameType.Entries, body }]);
    expect(pair.client.connection.outgoingBytes).toBe(0);
    expect(pair.client.connection.outgoingMessages).toBe(0);
  });

  test('is silent when idle, but for a PING of the responder, which asks before the keepalive would', () => {
    const { network, pair } = setUp();
    pair.client.connection.send(FrameType.Request, Buffer.from('ask'), Lane.Control);
    network.run(2_000);
    const client = pair.clientPort.datagramsOut;
    const server = pair.serverPort.datagramsOut;
    network.run(10 * PROBE_AFTER_MS + 500);
    expect(pair.clientPort.datagramsOut - client).toBeLessThanOrEqual(10);
    expect(pair.serverPort.datagramsOut - server).toBeLessThanOrEqual(10);
    expect(pair.client.closed).toBeUndefined();
    expect(pair.server.closed).toBeUndefined();
  });

  test('hands the client a token', () => {
    const { network, pair } = setUp();
    network.run(500);
    expect(pair.client.tokens.map(String)).toEqual(['token for 40000']);
  });

  test('closes with a reason on both sides', () => {
    const { network, pair } = setUp();
    network.run(100);
    pair.server.connection.close(CloseCode.ShuttingDown, 'the server stops');
    network.run(2_000);
    expect(pair.server.closed).toEqual({
      code: CloseCode.ShuttingDown,
      text: 'the server stops',
      local: true,
    });
    expect(pair.client.closed).toEqual({
      code: CloseCode.ShuttingDown,
      text: 'the server stops',
      local: false,
    });
    expect(pair.client.gone && pair.server.gone).toBe(true);
  });

  test('ends by itself when nothing is heard', () => {
    const { network, pair } = setUp();
    network.run(100);
    pair.clientPort.conditions.loss = 1;
    pair.serverPort.conditions.loss = 1;
    network.run(PROBE_AFTER_MS + PROBE_PATIENCE_MS + 1_000);
    expect(pair.client.closed).toBeUndefined();
    network.run(IDLE_MS);
    expect(pair.client.closed?.code).toBe(CloseCode.Silent);
    expect(pair.server.closed?.code).toBe(CloseCode.Silent);
    expect(pair.client.gone && pair.server.gone).toBe(true);
  });

  test('keeps as warm as its user wants it, and tells him whenever an answer is owed', () => {
    const { network, pair } = setUp({}, 1, KEEPALIVE_ATTENTIVE_MS);
    network.run(1_000);
    const client = pair.clientPort.datagramsOut;
    const server = pair.serverPort.datagramsOut;
    const { asked } = pair.client;
    network.run(10 * KEEPALIVE_ATTENTIVE_MS);
    expect(pair.client.asked - asked).toBe(10);
    expect(pair.clientPort.datagramsOut - client).toBe(10);
    expect(pair.serverPort.datagramsOut - server).toBe(10);
    // Whoever is heard all the time is never asked.
    expect(pair.server.asked).toBe(0);
  });

  test.each([KEEPALIVE_ATTENTIVE_MS, KEEPALIVE_MS])(
    'a client that died is gone for the server within 20 s (keepalive %i ms)',
    (keepaliveMs) => {
      const { network, pair } = setUp({}, 1, keepaliveMs);
      network.run(30_000);
      pair.clientPort.conditions.loss = 1;
      const diedAt = network.now;
      expect(network.runUntil(() => pair.server.closed !== undefined, 60_000)).toBe(true);
      expect(pair.server.closed?.code).toBe(CloseCode.Silent);
      expect(network.now - diedAt).toBeGreaterThan(PROBE_PATIENCE_MS);
      expect(network.now - diedAt).toBeLessThanOrEqual(PROBE_AFTER_MS + PROBE_PATIENCE_MS);
    },
  );

  test('a client that was cut off for 7 s while it is asked stays', () => {
    const { network, pair } = setUp();
    expect(network.runUntil(() => pair.server.asked === 1, 60_000)).toBe(true);
    for (const port of [pair.clientPort, pair.serverPort]) port.conditions.loss = 1;
    network.run(7_000);
    for (const port of [pair.clientPort, pair.serverPort]) port.conditions.loss = 0;
    network.run(10_000);
    expect(pair.server.closed).toBeUndefined();
  });

  test('a responder whose machine slept asks again before it gives anybody up', () => {
    const alive = new Liveness({ initiator: false, now: 0 });
    expect(alive.check(0, false, PROBE_AFTER_MS)).toBe('ask');
    expect(alive.check(0, true, 3_600_000)).toBe('ask');
    expect(alive.check(0, true, 3_600_000 + PROBE_PATIENCE_MS)).toBe('dead');
  });

  test('never exceeds the datagram size it was given', () => {
    const { network, pair } = setUp({ datagramBytesMax: DATAGRAM_BASE_BYTES });
    for (let i = 0; i < 20; i++)
      pair.client.connection.send(FrameType.Entries, Buffer.alloc(10_000, i), Lane.Bulk);
    network.run(5_000);
    expect(pair.server.received).toHaveLength(20);
  });
});

describe('a connection on a bad link', () => {
  const BAD = { delayMs: 20, jitterMs: 20, loss: 0.3, duplicate: 0.1, reorder: 0.2, reorderMs: 30 };

  test.each([1, 2, 3])(
    'delivers everything under 30 % loss, duplication and reordering (seed %i)',
    (seed) => {
      const { network, pair } = setUp(BAD, seed);
      const seen = new Set<string>();
      pair.server.keep = false;
      pair.server.onFrame = (_type, body) => seen.add(body.toString('latin1', 0, 8));
      let sent = 0;
      network.every(5, () => {
        while (sent < 2000) {
          const large = sent % 50 === 0;
          const body = Buffer.alloc(large ? 9_000 : 80);
          body.write(String(sent).padStart(8, '0'));
          if (pair.client.connection.send(FrameType.Post, body) === 0) break;
          sent++;
        }
        return sent < 2000;
      });
      expect(network.runUntil(() => seen.size === 2000, 120_000)).toBe(true);
      network.run(5_000);
      expect(pair.client.connection.owing).toBe(false);
      const packets = pair.clientPort.datagramsOut;
      network.run(PROBE_AFTER_MS - 6_000);
      expect(pair.clientPort.datagramsOut).toBe(packets);
    },
  );
});
