import { describe, expect, test } from 'vitest';
import { DATAGRAM_LOOPBACK_BYTES, FrameType } from '../../src/net/constants.js';
import { isLoopback, Path } from '../../src/net/path.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';

function setUp(conditions: Partial<Conditions> = {}, seed = 3): { network: SimulatedNetwork; pair: Pair } {
  const network = new SimulatedNetwork(seed, { ...PERFECT, delayMs: 10, ...conditions });
  const pair = new Pair(network);
  network.run(200);
  return { network, pair };
}

/** The client talks all the time; numbers that the server has not seen are counted. */
function talk(network: SimulatedNetwork, pair: Pair, everyMs: number) {
  const state = { sent: 0, seen: new Set<number>(), on: true };
  pair.server.onFrame = (_type, body) => state.seen.add(body.readUInt32BE(0));
  network.every(everyMs, () => {
    const body = Buffer.alloc(40);
    body.writeUInt32BE(state.sent);
    if (pair.client.connection.send(FrameType.Post, body) !== 0) state.sent++;
    return state.on;
  });
  return state;
}

const client = (port: number) => ({ address: '10.0.0.2', port });

describe('a new address of the peer', () => {
  test('is adopted after a challenge, and the owner is told', () => {
    const { network, pair } = setUp();
    const before = pair.clientPort.address;
    pair.clientPort.move({ address: '192.168.7.7', port: 1234 });
    pair.client.connection.send(FrameType.Request, Buffer.from('from elsewhere'));
    network.run(500);
    expect(pair.server.connection.path).toEqual({ address: '192.168.7.7', port: 1234 });
    expect(pair.server.movedFrom).toEqual([before]);
    expect(pair.server.counters.pathsMoved).toBe(1);
    pair.server.connection.send(FrameType.Reply, Buffer.from('found you'));
    network.run(100);
    expect(pair.client.received.at(-1)?.body.toString()).toBe('found you');
  });

  test('every 5 s, under loss, loses nothing and keeps the connection', () => {
    const { network, pair } = setUp({ loss: 0.1, duplicate: 0.05, reorder: 0.1 });
    const state = talk(network, pair, 20);
    let moves = 0;
    network.every(5_000, () => {
      pair.clientPort.move({ address: `10.1.0.${++moves}`, port: 2_000 + moves });
      return moves < 10;
    });
    network.run(60_000);
    state.on = false;
    network.run(5_000);
    expect(state.seen.size).toBe(state.sent);
    expect(pair.server.counters.pathsMoved).toBeGreaterThanOrEqual(10);
    expect(pair.server.closed ?? pair.client.closed).toBeUndefined();
  });

  test('is not adopted for somebody who replays packets from there', () => {
    const { network, pair } = setUp({ duplicate: 0.2, reorder: 0.3 });
    const attacker = network.port('66.6.6.6', 666);
    let caught = 0;
    attacker.attach({
      receive: () => caught++,
      flush: () => undefined,
      deadline: () => Number.POSITIVE_INFINITY,
    });
    const kept: Buffer[] = [];
    network.tap = (datagram, from, to) => {
      if (from !== pair.clientPort.address) return;
      kept.push(Buffer.from(datagram));
      network.inject(datagram, attacker.address, to, 11);
      const old = kept[Math.floor(network.chance() * kept.length)];
      if (old !== undefined) network.inject(old, attacker.address, to, 1);
    };
    const state = talk(network, pair, 10);
    network.run(10_000);
    network.tap = undefined;
    state.on = false;
    network.run(5_000);
    expect(state.seen.size).toBe(state.sent);
    expect(pair.server.connection.path).toEqual(pair.clientPort.address);
    expect(pair.server.counters.pathsMoved).toBe(0);
    expect(pair.server.counters.replayed).toBeGreaterThan(500);
  });

  test('is not adopted for somebody who overtakes the packets, and gets no more bytes than it sent', () => {
    const { network, pair } = setUp();
    const attacker = network.port('66.6.6.6', 666);
    let [bytesIn, bytesOut] = [0, 0];
    attacker.attach({
      receive: (datagram) => {
        bytesIn += datagram.length;
      },
      flush: () => undefined,
      deadline: () => Number.POSITIVE_INFINITY,
    });
    network.tap = (datagram, from, to) => {
      if (from !== pair.clientPort.address) return;
      bytesOut += datagram.length;
      network.inject(datagram, attacker.address, to, 1);
    };
    const state = talk(network, pair, 10);
    network.run(10_000);
    expect(pair.server.connection.path).toEqual(pair.clientPort.address);
    expect(pair.server.counters.pathsMoved).toBe(0);
    expect(bytesIn).toBeLessThanOrEqual(bytesOut);
    network.tap = undefined;
    state.on = false;
    network.run(3_000);
    expect(state.seen.size).toBe(state.sent);
  });

  test('is adopted only for the right answer from the challenged address, paid for in bytes', () => {
    const [home, away] = [client(1), client(2)];
    const path = new Path(home, (target) => target.fill(9));
    path.elsewhere(away, 41, true, 0);
    expect(path.challenge(0)).toBeUndefined();
    path.elsewhere(away, 41, false, 10);
    expect(path.challenge(200)?.address).toEqual(away);
    path.elsewhere(client(3), 100, false, 210);
    expect(path.respond(Buffer.alloc(8, 8), away, 240)).toBe(-1);
    expect(path.respond(Buffer.alloc(8, 9), client(3), 240)).toBe(-1);
    expect(path.current).toEqual(home);
    expect(path.respond(Buffer.alloc(8, 9), away, 240)).toBe(40);
    expect(path.current).toEqual(away);
    expect(path.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('that never answers is forgotten', () => {
    const path = new Path(client(1), (target) => target.fill(9));
    path.elsewhere(client(2), 10_000, true, 0);
    let challenges = 0;
    while (path.deadline < Number.POSITIVE_INFINITY) {
      if (path.challenge(path.deadline) !== undefined) challenges++;
    }
    expect(challenges).toBe(5);
    expect(path.respond(Buffer.alloc(8, 9), client(2), 60_000)).toBe(-1);
  });

  test('with the same host keeps what was learnt about the path, another host does not', () => {
    const { network, pair } = setUp();
    talk(network, pair, 10);
    network.run(2_000);
    const { congestion } = pair.server.connection.recovery;
    pair.clientPort.move(client(50_001));
    network.run(1_000);
    expect(pair.server.connection.path.port).toBe(50_001);
    expect(pair.server.connection.recovery.congestion).toBe(congestion);
    pair.clientPort.move({ address: '10.0.0.99', port: 50_001 });
    network.run(1_000);
    expect(pair.server.connection.recovery.congestion).not.toBe(congestion);
    expect(pair.server.connection.rttMs).toBeLessThan(30);
  });
});

describe('a path that comes and goes', () => {
  test.each([
    [5_000, 2_000],
    [2_000, 5_000],
  ])('dead for %i ms and alive for %i ms in turn, loses nothing', (deadMs, aliveMs) => {
    const { network, pair } = setUp();
    const state = talk(network, pair, 100);
    const set = (loss: number) => {
      pair.clientPort.conditions.loss = loss;
      pair.serverPort.conditions.loss = loss;
    };
    for (let i = 0; i < 8; i++) {
      set(1);
      network.run(deadMs);
      set(0);
      const atOnce = network.runUntil(
        () => state.seen.size > 0 && state.sent - state.seen.size <= 1,
        aliveMs,
      );
      expect(atOnce).toBe(true);
      network.run(aliveMs);
    }
    state.on = false;
    network.run(2_000);
    expect(state.seen.size).toBe(state.sent);
    expect(pair.server.closed ?? pair.client.closed).toBeUndefined();
  });

  test('a single frame sent in the dark arrives within 1.2 s of the light', () => {
    const { network, pair } = setUp();
    pair.clientPort.conditions.loss = 1;
    pair.client.connection.send(FrameType.Post, Buffer.from('are you there'));
    network.run(7_000);
    pair.clientPort.conditions.loss = 0;
    expect(network.runUntil(() => pair.server.received.length > 0, 1_200)).toBe(true);
  });

  test('a machine that slept does not take its own silence for the peers', () => {
    const { network, pair } = setUp();
    network.now += 3_600_000;
    network.run(5_000);
    expect(pair.client.closed).toBeUndefined();
    expect(pair.server.closed).toBeUndefined();
  });

  test('packets are probed for a larger size, and shrink when the path stops carrying it', () => {
    const { network, pair } = setUp();
    let largest = 0;
    network.tap = (datagram) => {
      largest = Math.max(largest, datagram.length);
    };
    const sendBulk = () => pair.client.connection.send(FrameType.Entries, Buffer.alloc(20_000));
    for (let i = 0; i < 10; i++) sendBulk();
    network.run(2_000);
    expect(largest).toBe(1452);
    pair.clientPort.conditions.datagramBytesMax = 1300;
    for (let i = 0; i < 10; i++) sendBulk();
    expect(network.runUntil(() => pair.server.received.length === 20, 10_000)).toBe(true);
    // All but three probes, which ask whether the larger size is carried all the same.
    let large = 0;
    network.tap = (datagram) => {
      if (datagram.length > 1300) large++;
    };
    for (let i = 0; i < 10; i++) sendBulk();
    network.run(5_000);
    expect(pair.server.received).toHaveLength(30);
    expect(large).toBeLessThanOrEqual(3);
  });

  test('a path that never carries the larger size is asked three times, and again after ten minutes', () => {
    const { network, pair } = setUp({ datagramBytesMax: 1300 });
    let probes = 0;
    network.tap = (datagram) => {
      if (datagram.length > 1300) probes++;
    };
    const bulk = () => {
      for (let i = 0; i < 40; i++) {
        pair.client.connection.send(FrameType.Entries, Buffer.alloc(20_000));
        network.run(200);
      }
    };
    bulk();
    expect(probes).toBe(3);
    bulk();
    expect(probes).toBe(3);
    network.run(600_000);
    bulk();
    expect(probes).toBe(6);
  });
});

describe('a path within one machine', () => {
  function largest(host: string, sizeMax = 65_507) {
    const network = new SimulatedNetwork(3, { ...PERFECT, delayMs: 0.1, datagramBytesMax: sizeMax });
    const pair = new Pair(network, undefined, host);
    const state = { network, pair, bytes: 0, tooLarge: 0 };
    network.tap = (datagram) => {
      state.bytes = Math.max(state.bytes, datagram.length);
      if (datagram.length > sizeMax) state.tooLarge++;
    };
    const bulk = () => {
      for (let i = 0; i < 10; i++) pair.client.connection.send(FrameType.Entries, Buffer.alloc(40_000));
      network.run(1_000);
    };
    return { ...state, state, bulk };
  }

  test('carries datagrams of 32 KB, and no other path is asked for them', () => {
    const here = largest('127.0.0');
    here.bulk();
    expect(here.state.bytes).toBe(DATAGRAM_LOOPBACK_BYTES);
    const there = largest('192.168.0');
    there.bulk();
    there.bulk();
    expect(there.state.bytes).toBe(1452);
  });

  test('is known by its address', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
      expect(isLoopback(address)).toBe(true);
    }
    for (const address of ['12.7.0.1', '1.127.0.1', '::', '::127', 'fe80::1', '::ffff:10.0.0.1', '0.0.0.0']) {
      expect(isLoopback(address)).toBe(false);
    }
  });

  test('that takes only smaller ones is asked three times, again after ten seconds, and used as it is', () => {
    const { state, bulk, network, pair } = largest('127.0.0', 9_000);
    bulk();
    bulk();
    expect(state.tooLarge).toBe(3);
    network.run(10_000);
    bulk();
    bulk();
    expect(state.tooLarge).toBe(6);
    expect(pair.server.received).toHaveLength(40);
  });

  test('that stops carrying large ones is used with smaller ones; after bursts that were dropped it is not', () => {
    const { state, bulk, network, pair } = largest('127.0.0');
    bulk();
    pair.clientPort.conditions.queueBytes = 50_000;
    pair.clientPort.conditions.bytesPerMs = 20_000;
    for (let i = 0; i < 5; i++) bulk();
    expect(pair.client.counters.packetsLost).toBeGreaterThan(20);
    network.run(10_000);
    bulk();
    state.bytes = 0;
    bulk();
    expect(state.bytes).toBe(DATAGRAM_LOOPBACK_BYTES);
    Object.assign(pair.clientPort.conditions, { queueBytes: 10_000_000, datagramBytesMax: 1452 });
    for (let i = 0; i < 5; i++) bulk();
    state.bytes = 0;
    bulk();
    expect([1451, 1452]).toContain(state.bytes);
    expect(pair.server.received).toHaveLength(140);
  });
});
