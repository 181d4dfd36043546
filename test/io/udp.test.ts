import { randomFillSync } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { realClock } from '../../src/actors/runtime/clock.js';
import { UdpDriver } from '../../src/actors/udp.js';
import { CHUNK_RECORD_MAX_BYTES, DATAGRAM_LOOPBACK_BYTES } from '../../src/net/constants.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import { CloseCode, type Connection, type EndpointHandler } from '../../src/net/types.js';
import { keyPair } from '../net/support.js';

const CHUNKS = 300;
const clock = realClock();
const drivers: UdpDriver[] = [];

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close(CloseCode.Done, '');
});

async function open(seed: number, listening: boolean, handler: Partial<EndpointHandler>): Promise<UdpDriver> {
  const driver = await UdpDriver.open({
    bind: { host: '127.0.0.1', port: 0 },
    clock,
    endpoint: (transmit) =>
      createEndpoint({
        keys: keyPair(seed),
        listening,
        transmit,
        random: (target) => randomFillSync(target),
        handler: { opened: () => {}, closed: () => {}, frame: () => {}, ...handler },
      }),
  });
  drivers.push(driver);
  return driver;
}

describe('two sockets on one machine', () => {
  test('carry a file in large datagrams, every chunk once, and are silent afterwards', async () => {
    const record = Buffer.alloc(CHUNK_RECORD_MAX_BYTES, 'some chunk ');
    const refused: number[] = [];
    const supply = (connection: Connection, chunk: number) => {
      if (!connection.supply(1, chunk, record)) refused.push(chunk);
    };
    let supplied = 0;
    const source = await open(1, true, {
      wanted: (connection, _transfer, first, count) => {
        for (let chunk = first; chunk < first + count; chunk++) supply(connection, chunk);
      },
      supplied: (connection) => {
        supplied++;
        for (const chunk of refused.splice(0)) supply(connection, chunk);
      },
    });

    const arrived = new Map<number, number>();
    let wrong = 0;
    await new Promise<void>((done) => {
      let next = 0;
      const want = (connection: Connection) => {
        while (next < CHUNKS && connection.want(1, next, record.length)) next++;
      };
      void open(2, false, {
        opened: want,
        chunk: (connection, _transfer, chunk, bytes) => {
          arrived.set(chunk, (arrived.get(chunk) ?? 0) + 1);
          if (!bytes.equals(record)) wrong++;
          want(connection);
          if (arrived.size === CHUNKS) done();
        },
      }).then((sink) => {
        const { port } = source.address;
        sink.endpoint.connect({ to: { address: '127.0.0.1', port }, giveUpMs: 10_000 }, clock.now());
        sink.wake();
      });
    });
    expect(wrong).toBe(0);
    expect([...arrived.values()]).toEqual(Array(CHUNKS).fill(1));
    // Most of it went in datagrams of the largest size.
    const { bytesOut, datagramsOut } = source.endpoint.counters;
    expect(bytesOut / datagramsOut).toBeGreaterThan(DATAGRAM_LOOPBACK_BYTES * 0.75);
    const [connection] = source.endpoint.connections.values();
    await expect.poll(() => supplied, { timeout: 5_000 }).toBe(CHUNKS);
    await expect.poll(() => connection?.owing, { timeout: 5_000 }).toBe(false);
  });
});
