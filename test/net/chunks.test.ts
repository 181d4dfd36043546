import { describe, expect, test } from 'vitest';
import { Writer } from '../../src/net/bytes.js';
import {
  CHUNK_RECORD_MAX_BYTES,
  FrameType,
  PROBE_AFTER_MS,
  SUPPLIED_BYTES_MAX,
  WANTED_BYTES_MAX,
} from '../../src/net/constants.js';
import { CloseCode, Lane } from '../../src/net/types.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';
import { runTransfers, SimulatedTransfer } from '../sim/transfer.js';

const RECORD = Buffer.alloc(CHUNK_RECORD_MAX_BYTES, 5);
/** Bytes per millisecond. */
const MBIT_100 = 12_500;
const FILE_CHUNKS = Math.ceil(50_000_000 / CHUNK_RECORD_MAX_BYTES);

/** 99th percentile of the delays, one way, of talk that is said every 20 ms. */
function talkBeside(network: SimulatedNetwork, { client, server }: Pair, done: () => boolean): () => number {
  const delays: number[] = [];
  server.onFrame = (_type, body) => delays.push(network.now - body.readDoubleBE(0));
  network.every(20, () => {
    const body = Buffer.alloc(64);
    body.writeDoubleBE(network.now);
    client.connection.send(FrameType.Event, body, Lane.Talk);
    return !done();
  });
  return () => delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}

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

describe('files in both directions', () => {
  test.each([1, 2, 3, 4, 5, 6])('arrive whole on any link, beside talk (seed %i)', (seed) => {
    const dice = new SimulatedNetwork(seed);
    const { network, pair } = setUp(
      {
        delayMs: dice.chance() * 60,
        jitterMs: dice.chance() * 30,
        loss: dice.chance() * 0.3,
        duplicate: dice.chance() * 0.3,
        reorder: dice.chance() * 0.3,
        reorderMs: dice.chance() * 80,
        bytesPerMs: 200 + dice.chance() * 5_000,
        queueBytes: 30_000 + dice.chance() * 300_000,
      },
      seed,
    );
    const up = new SimulatedTransfer(pair.client, pair.server, 1, 20);
    const down = new SimulatedTransfer(pair.server, pair.client, 2, 20, 20_000);
    runTransfers(network, [up, down]);
    let said = 0;
    let heard = 0;
    pair.server.onFrame = () => {
      heard++;
    };
    network.every(10, () => {
      if (pair.client.connection.send(FrameType.Event, Buffer.alloc(50)) !== 0) said++;
      return !(up.done && down.done);
    });
    expect(network.runUntil(() => up.done && down.done, 300_000)).toBe(true);
    network.run(PROBE_AFTER_MS - 2_000);
    expect(heard).toBeGreaterThanOrEqual(said);
    for (const transfer of [up, down]) {
      expect(transfer.wrong).toBe(0);
      expect([...transfer.arrived.values()]).toEqual(Array(20).fill(1));
      expect([...transfer.supplied.values()]).toEqual(Array(20).fill(1));
    }
    for (const { connection } of [pair.client, pair.server]) {
      expect([connection.owing, connection.recovery.congestion.inFlight]).toEqual([false, 0]);
      expect(connection.closed).toBeUndefined();
    }
  });
});

describe('a file of 50 MB over 100 Mbit/s and a round trip of 40 ms', () => {
  test.each([
    [0, 0.88, 60],
    [0.02, 0.84, 130],
    [0.05, 0.8, 130],
  ])(
    'with a share of %f lost at random fills a share of %f, and talk is there within %i ms',
    (loss, least, ms) => {
      const link = { delayMs: 20, bytesPerMs: MBIT_100, queueBytes: 250_000, loss };
      const { network, pair } = setUp(link, 9);
      const file = new SimulatedTransfer(pair.client, pair.server, 1, FILE_CHUNKS);
      const talkP99Ms = talkBeside(network, pair, () => file.done);
      const begun = network.now;
      runTransfers(network, [file]);
      expect(network.runUntil(() => file.done, 60_000)).toBe(true);
      expect(file.bytes / (network.now - begun) / MBIT_100).toBeGreaterThan(least);
      expect(talkP99Ms()).toBeLessThan(ms);
    },
  );
});

test('a file fills a path that holds 2.5 MB, five times what other frames may have on their way', () => {
  const bytesPerMs = 2 * MBIT_100;
  const { network, pair } = setUp({ delayMs: 50, bytesPerMs, queueBytes: 1_000_000, loss: 0.001 });
  const file = new SimulatedTransfer(pair.client, pair.server, 1, 3_000);
  runTransfers(network, [file]);
  network.run(2_000);
  const before = file.bytes;
  network.run(3_000);
  expect((file.bytes - before) / 3_000 / bytesPerMs).toBeGreaterThan(0.8);
});

describe('two transfers', () => {
  test('share the link evenly, also when one began earlier', () => {
    const { network, pair } = setUp({ delayMs: 20, bytesPerMs: MBIT_100, queueBytes: 250_000, loss: 0.01 });
    const first = new SimulatedTransfer(pair.client, pair.server, 1, 1_000);
    const second = new SimulatedTransfer(pair.client, pair.server, 2, 1_000);
    first.share = WANTED_BYTES_MAX / 2;
    second.share = WANTED_BYTES_MAX / 2;
    runTransfers(network, [first, second], 500);
    network.run(1_500);
    const before = [first.bytes, second.bytes] as const;
    network.run(2_000);
    const ratio = (first.bytes - before[0]) / (second.bytes - before[1]);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });
});

describe('what is held', () => {
  test('is bounded: beyond it nothing is taken, and no bound of other frames is touched', () => {
    const { network, pair } = setUp();
    const { connection } = pair.client;
    let supplied = 0;
    while (connection.supply(1, supplied, RECORD)) supplied++;
    expect(supplied).toBe(Math.floor(SUPPLIED_BYTES_MAX / RECORD.length));
    expect(connection.supply(1, 0, RECORD)).toBe(true);
    expect([connection.outgoingBytes, connection.outgoingMessages]).toEqual([0, 0]);
    let wanted = 0;
    while (pair.server.connection.want(1, wanted, RECORD.length)) wanted++;
    expect(wanted).toBe(Math.floor(WANTED_BYTES_MAX / RECORD.length));
    let arrived = 0;
    pair.server.onChunk = () => {
      arrived++;
    };
    network.run(2_000);
    expect(arrived).toBe(wanted);
    expect(connection.supply(1, 1_000, RECORD)).toBe(true);
  });

  test('of a transfer that is not supplied any more is not sent, nor sent again, and late acks do no harm', () => {
    const { network, pair } = setUp({ bytesPerMs: 1_000, loss: 0.2 });
    const ended: number[] = [];
    pair.client.onSupplied = (transfer) => ended.push(transfer);
    const file = new SimulatedTransfer(pair.client, pair.server, 2, 10);
    runTransfers(network, [file]);
    for (let chunk = 0; chunk < 20; chunk++) {
      pair.server.connection.want(1, chunk, RECORD.length);
      pair.client.connection.supply(1, chunk, RECORD);
    }
    network.run(40);
    pair.client.connection.unsupply(1);
    pair.server.connection.unwant(1);
    expect(network.runUntil(() => file.done, 30_000)).toBe(true);
    network.run(5_000);
    expect(ended).toEqual([]);
    expect(pair.server.counters.unwanted).toBeGreaterThan(0);
    expect(pair.client.connection.owing).toBe(false);
    expect(pair.server.connection.want(1, 0, RECORD.length)).toBe(true);
  });

  test('is forgotten with the connection, and nothing is taken afterwards', () => {
    const { network, pair } = setUp();
    const { connection } = pair.client;
    let told = 0;
    pair.client.onSupplied = () => {
      told++;
    };
    pair.server.connection.want(1, 0, RECORD.length);
    connection.supply(1, 0, RECORD);
    network.flush();
    connection.close(CloseCode.Done, '');
    network.run(3_000);
    expect(told).toBe(0);
    expect(connection.supply(1, 1, RECORD)).toBe(false);
    expect(pair.server.connection.want(1, 1, RECORD.length)).toBe(false);
  });
});

describe('a WANT', () => {
  test('that comes again while its records wait or are in flight has nothing sent twice', () => {
    const { network, pair } = setUp({ bytesPerMs: 1_000 });
    const supplied: number[] = [];
    const heard: number[] = [];
    pair.client.onWanted = (transfer, first, count) => {
      heard.push(first);
      for (let chunk = first; chunk < first + count; chunk++)
        pair.client.connection.supply(transfer, chunk, RECORD);
    };
    pair.client.onSupplied = (_transfer, chunk) => supplied.push(chunk);
    for (let chunk = 0; chunk < 4; chunk++) pair.server.connection.want(1, chunk, RECORD.length);
    const again = new Writer(8).varint(1).varint(0).varint(4).view();
    // The first has 65 ms to go, then 15 ms; the others wait.
    for (const ms of [0, 50])
      network.after(ms, () => {
        pair.server.connection.send(FrameType.Want, again, Lane.Control);
      });
    network.run(2_000);
    expect(heard).toEqual([0, 0, 0]);
    expect(supplied).toEqual([0, 1, 2, 3]);
    expect(pair.server.counters.unwanted).toBe(0);
  });

  test('that was lost names, when it is sent again, only what is wanted still', () => {
    const { network, pair } = setUp();
    const heard: (readonly number[])[] = [];
    pair.client.onWanted = (...run) => heard.push(run);
    pair.serverPort.conditions.loss = 1;
    for (let chunk = 0; chunk < 6; chunk++) pair.server.connection.want(1, chunk, 100);
    pair.server.connection.want(2, 0, 100);
    network.run(1);
    // One comes unasked, one transfer is not wanted any more.
    pair.client.connection.supply(1, 2, Buffer.alloc(100));
    pair.server.connection.unwant(2);
    network.run(10);
    pair.serverPort.conditions.loss = 0;
    network.run(2_000);
    expect(heard).toEqual([
      [1, 0, 2],
      [1, 3, 3],
    ]);
  });
});

describe('what nobody wants', () => {
  test('is dropped and counted: another transfer, another chunk, another length, a second copy', () => {
    const { network, pair } = setUp();
    const arrived: number[] = [];
    pair.server.onChunk = (_transfer, chunk) => arrived.push(chunk);
    const { connection } = pair.client;
    pair.server.connection.want(1, 5, 100);
    pair.server.connection.want(1, 6, 100);
    connection.supply(2, 5, Buffer.alloc(100));
    connection.supply(1, 4, Buffer.alloc(100));
    connection.supply(1, 6, Buffer.alloc(101));
    connection.supply(1, 5, Buffer.alloc(100));
    network.run(500);
    expect(arrived).toEqual([5]);
    connection.supply(1, 5, Buffer.alloc(100));
    network.run(500);
    expect(arrived).toEqual([5]);
    expect(pair.server.counters.unwanted).toBe(4);
    expect(pair.server.closed).toBeUndefined();
  });

  test('may be wanted again by who found it wrong, from within the call that brought it', () => {
    const { network, pair } = setUp({ loss: 0.2 });
    let came = 0;
    pair.client.onWanted = (transfer, first) => pair.client.connection.supply(transfer, first, RECORD);
    pair.server.onChunk = (transfer, chunk, record) => {
      if (++came < 3) pair.server.connection.want(transfer, chunk, record.length);
    };
    pair.server.connection.want(1, 0, RECORD.length);
    network.run(5_000);
    expect(came).toBe(3);
  });
});
