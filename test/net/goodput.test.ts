import { describe, expect, test } from 'vitest';
import { FrameType } from '../../src/net/constants.js';
import { Lane } from '../../src/net/types.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';

const MESSAGE = Buffer.alloc(16 * 1024);
const WARM_UP_MS = 2_000;
const MEASURED_MS = 8_000;
const TALK_EVERY_MS = 50;
/** Bytes per millisecond. */
const MBIT = 125;

interface Figures {
  /** Application bytes over what the link could have carried. */
  readonly goodput: number;
  /** Of talk sent beside the bulk, one way, 99th percentile. */
  readonly talkP99Ms: number;
  readonly acksPerPacket: number;
}

/** Bulk messages of 16 KB as fast as they are taken, 40 ms of round trip, and a little talk beside. */
function measure(conditions: Partial<Conditions>): Figures {
  const network = new SimulatedNetwork(5, { ...PERFECT, delayMs: 20, queueBytes: 250_000, ...conditions });
  const pair = new Pair(network);
  const { connection } = pair.client;
  const delays: number[] = [];
  let bytes = 0;
  pair.server.keep = false;
  pair.server.onFrame = (type, body) => {
    if (type === FrameType.Event) delays.push(network.now - body.readDoubleBE(0));
    else bytes += body.length;
  };
  network.every(1, () => {
    while (connection.send(FrameType.Entries, MESSAGE, Lane.Bulk) !== 0);
    return true;
  });
  network.run(WARM_UP_MS);
  network.every(TALK_EVERY_MS, () => {
    const talk = Buffer.alloc(64);
    talk.writeDoubleBE(network.now);
    connection.send(FrameType.Event, talk, Lane.Talk);
    return true;
  });
  const before = { bytes, packets: pair.clientPort.datagramsOut, acks: pair.serverPort.datagramsOut };
  network.run(MEASURED_MS);
  delays.sort((a, b) => a - b);
  return {
    goodput: (bytes - before.bytes) / MEASURED_MS / pair.clientPort.conditions.bytesPerMs,
    talkP99Ms: delays[Math.floor(delays.length * 0.99)] ?? Number.POSITIVE_INFINITY,
    acksPerPacket:
      (pair.serverPort.datagramsOut - before.acks) / (pair.clientPort.datagramsOut - before.packets),
  };
}

describe('bulk over a round trip of 40 ms', () => {
  test.each([
    [0, 0.9],
    [0.02, 0.85],
    [0.05, 0.8],
    [0.2, 0.5],
    [0.3, 0.35],
  ])('at 100 Mbit/s with a share of %f lost at random it fills a share of %f', (loss, least) => {
    const figures = measure({ bytesPerMs: 100 * MBIT, loss });
    expect(figures.goodput).toBeGreaterThan(least);
    expect(figures.acksPerPacket).toBeLessThan(0.15);
  });

  test('it keeps its rate where packets are reordered all the time, without an ack for each', () => {
    const figures = measure({ bytesPerMs: 100 * MBIT, jitterMs: 10, loss: 0.01 });
    expect(figures.goodput).toBeGreaterThan(0.6);
    expect(figures.acksPerPacket).toBeLessThan(0.4);
  });

  test('it keeps its rate where the queue holds a tenth of the path', () => {
    expect(measure({ bytesPerMs: 100 * MBIT, queueBytes: 50_000 }).goodput).toBeGreaterThan(0.8);
  });

  test.each([1, 10])('at %i Mbit/s talk does not stand in its queue, however long that may grow', (mbit) => {
    const figures = measure({ bytesPerMs: mbit * MBIT, queueBytes: 10_000_000 });
    expect(figures.goodput).toBeGreaterThan(0.85);
    expect(figures.talkP99Ms).toBeLessThan(mbit === 1 ? 150 : 70);
  });
});
