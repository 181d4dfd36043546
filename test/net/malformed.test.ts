import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatagramType } from '../../src/net/constants.js';
import type { PathAddress } from '../../src/net/types.js';
import { keyPair, type Node, type PlainConnection, Wire } from './support.js';

const SERVER: PathAddress = { address: '192.0.2.1', port: 7777 };
const CLIENT: PathAddress = { address: '198.51.100.2', port: 4000 };
const STRANGER: PathAddress = { address: '203.0.113.1', port: 1 };
const keys = keyPair(1);

/** A live session, and one datagram of every type that was on its wire. */
function recorded(): { wire: Wire; server: Node; client: Node; samples: Buffer[] } {
  const wire = new Wire();
  const server = wire.add(SERVER, { keys, listening: true });
  const client = wire.add(CLIENT, { keys: keyPair(2) });
  client.endpoint.connect({ to: SERVER, giveUpMs: 9_000 }, wire.now);
  wire.run(1_000);
  client.endpoint.connect({ to: SERVER, serverKey: keys.publicKey, giveUpMs: 9_000 }, wire.now);
  wire.run(1_000);
  expect(server.opened).toHaveLength(2);
  return { wire, server, client, samples: wire.log.map(({ datagram }) => datagram) };
}

function problems(node: Node): number {
  const { dropped, malformed, oversized, replayed, retries, handshakesRefused, foreign } =
    node.endpoint.counters;
  return dropped + malformed + oversized + replayed + retries + handshakesRefused + foreign;
}

/** Hands in one datagram; returns what went out because of it. */
function answerTo(wire: Wire, node: Node, datagram: Buffer, from: PathAddress): Buffer[] {
  wire.log.length = 0;
  node.endpoint.receive(datagram, from, wire.now);
  node.endpoint.flush(wire.now);
  return wire.log.map((sent) => sent.datagram);
}

const total = (datagrams: Buffer[]) => datagrams.reduce((sum, { length }) => sum + length, 0);

describe('a datagram from a stranger', () => {
  it('never draws more bytes than it brought, whatever it is', () => {
    const { wire, server } = recorded();
    const first = fc.constantFrom(0, 1, 2, 3, 4, 0x10, 0x11, 0x80, 0xff);
    const anything = fc
      .tuple(
        first,
        fc.uint8Array({ maxLength: 1600, size: 'max' }),
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
      )
      .map(([type, bytes, exact, pattern]) => {
        const datagram = exact ? Buffer.alloc(1200) : Buffer.alloc(bytes.length + 1);
        datagram.set(bytes.subarray(0, datagram.length - 1), 1);
        datagram[0] = type;
        if (exact) datagram.set([1, pattern], 1);
        return datagram;
      });
    fc.assert(
      fc.property(anything, (datagram) => {
        const before = problems(server);
        const ids = server.endpoint.ids.size;
        const answers = answerTo(wire, server, datagram, STRANGER);
        expect(total(answers)).toBeLessThanOrEqual(datagram.length);
        if (datagram[0] !== DatagramType.Initiation) expect(answers).toEqual([]);
        expect(problems(server)).toBe(before + 1);
        expect(server.endpoint.ids.size).toBe(ids);
      }),
      { seed: 7, numRuns: 3_000 },
    );
  });

  it('is counted and not answered when it is empty or larger than any', () => {
    const { wire, server } = recorded();
    const { counters } = server.endpoint;
    expect(answerTo(wire, server, Buffer.alloc(0), STRANGER)).toEqual([]);
    expect(counters.malformed).toBe(1);
    for (const type of Object.values(DatagramType)) {
      expect(answerTo(wire, server, Buffer.alloc(1453, type), STRANGER)).toEqual([]);
    }
    expect(counters.oversized).toBe(6);
  });
});

describe('a datagram of a session', () => {
  const change = fc.record({
    pick: fc.nat(),
    kind: fc.constantFrom('flip', 'cut', 'grow', 'again', 'splice'),
    at: fc.nat(),
    bit: fc.nat(7),
    toServer: fc.boolean(),
  });

  it('mutated, truncated, lengthened or replayed opens nothing, crashes nothing, and is counted', () => {
    const { wire, server, client, samples } = recorded();
    const talk = [...server.opened, ...client.opened] as PlainConnection[];
    const heard = talk.map(({ received }) => received.length);
    fc.assert(
      fc.property(change, ({ pick, kind, at, bit, toServer }) => {
        const original = samples[pick % samples.length] as Buffer;
        const node = toServer ? server : client;
        let datagram = Buffer.from(original);
        const place = at % datagram.length;
        if (kind === 'flip') datagram[place] = (datagram[place] as number) ^ (1 << bit);
        if (kind === 'cut') datagram = datagram.subarray(0, place);
        if (kind === 'grow') datagram = Buffer.concat([datagram, Buffer.alloc(1 + (at % 300), at)]);
        if (kind === 'splice') (samples[at % samples.length] as Buffer).copy(datagram, place);
        const before = problems(node);
        const answers = answerTo(wire, node, datagram, toServer ? CLIENT : SERVER);
        expect(total(answers)).toBeLessThanOrEqual(datagram.length);
        for (const answer of answers) expect(answer[0]).toBe(DatagramType.Retry);
        expect(problems(node)).toBe(before + 1);
      }),
      { seed: 11, numRuns: 5_000 },
    );
    expect(talk.map(({ received }) => received.length)).toEqual(heard);
    expect(server.opened).toHaveLength(2);
    expect(client.opened).toHaveLength(2);
  });

  it('mutated on the way harms no handshake', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(7), fc.boolean(), (at, bit, pinned) => {
        const wire = new Wire();
        wire.add(SERVER, { keys, listening: true });
        const client = wire.add(CLIENT, { keys: keyPair(2) });
        // A changed copy overtakes every datagram, but for those that carry nothing secret and can only be
        // lost or asked for again.
        wire.pass = (sent) => {
          const type = sent.datagram[0];
          if (type === DatagramType.Initiation || type === DatagramType.Retry) return [sent];
          const forged = Buffer.from(sent.datagram);
          const place = at % forged.length;
          forged[place] = (forged[place] as number) ^ (1 << bit);
          return [{ ...sent, datagram: forged }, sent];
        };
        const key = pinned ? { serverKey: keys.publicKey } : {};
        client.endpoint.connect({ to: SERVER, giveUpMs: 20_000, ...key }, wire.now);
        wire.run(20_000);
        expect(client.failed.filter(({ offeredKey }) => offeredKey !== undefined)).toEqual([]);
        expect(client.opened).toHaveLength(1);
        expect((client.opened[0] as PlainConnection).received).toContain('welcome');
      }),
      { seed: 13, numRuns: 150 },
    );
  });
});
