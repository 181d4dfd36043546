import { describe, expect, it } from 'vitest';
import {
  DatagramType,
  HANDSHAKE_PAUSE_MS,
  HANDSHAKES_HALF_OPEN_MAX,
  TOKEN_LIFE_MS,
} from '../../src/net/constants.js';
import { CloseCode, type ConnectOptions, type PathAddress } from '../../src/net/types.js';
import { keyPair, type Node, type PlainConnection, type Sent, Wire } from './support.js';

const SERVER: PathAddress = { address: '192.0.2.1', port: 7777 };
const CLIENT: PathAddress = { address: '198.51.100.2', port: 4000 };
const serverKeys = keyPair(1);
const ANY_KEY = keyPair(3).publicKey;
const NO_TOKEN = Buffer.alloc(0);
const clientKeys = keyPair(2);
const pinned: ConnectOptions = { to: SERVER, serverKey: serverKeys.publicKey, giveUpMs: 20_000 };
const unknown: ConnectOptions = { to: SERVER, giveUpMs: 20_000 };

function pair(): { wire: Wire; server: Node; client: Node } {
  const wire = new Wire();
  const server = wire.add(SERVER, { keys: serverKeys, listening: true });
  const client = wire.add(CLIENT, { keys: clientKeys });
  return { wire, server, client };
}

function types(wire: Wire): number[] {
  return wire.log.map(({ datagram }) => datagram[0] as number);
}

function drop(type: number, times: number): (sent: Sent) => Sent[] {
  let left = times;
  return (sent) => (sent.datagram[0] === type && left-- > 0 ? [] : [sent]);
}

/** An XX initiation with a valid ephemeral key, and `token` outside. */
function initiationWith(token: Buffer, seed: number): Buffer {
  const datagram = Buffer.alloc(1200);
  Buffer.from([1, 1, 1]).copy(datagram);
  datagram.writeUInt32BE(seed, 3);
  datagram[11] = token.length;
  token.copy(datagram, 12);
  datagram[12 + token.length] = 32;
  ANY_KEY.copy(datagram, 13 + token.length);
  return datagram;
}

function stranger(i: number): PathAddress {
  return { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 1 };
}

function bothOpen(server: Node, client: Node): void {
  expect(client.opened).toHaveLength(1);
  expect(server.opened).toHaveLength(1);
  const [here, there] = [client.opened[0], server.opened[0]];
  expect(here?.handshakeHash).toEqual(there?.handshakeHash);
  expect(here?.handshakeHash).toHaveLength(64);
  expect(here?.remoteKey).toEqual(serverKeys.publicKey);
  expect(there?.remoteKey).toEqual(clientKeys.publicKey);
  expect((here as PlainConnection).received).toContain('welcome');
  expect((there as PlainConnection).received).toContain('hello');
}

describe('a handshake', () => {
  it('runs XX at first contact, after a RETRY', () => {
    const { wire, server, client } = pair();
    const attempt = client.endpoint.connect(unknown, wire.now);
    wire.run(500);
    bothOpen(server, client);
    expect(client.opened[0]?.id).toBe(attempt);
    expect(types(wire).slice(0, 5)).toEqual([0x01, 0x02, 0x01, 0x03, 0x04]);
  });

  it('runs IK with a pinned key, and counts it only when the initiator has spoken', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(pinned, wire.now);
    wire.run(45);
    expect(client.opened).toHaveLength(1);
    expect(server.opened).toHaveLength(0);
    wire.run(500);
    bothOpen(server, client);
    expect(types(wire).slice(0, 5)).toEqual([0x01, 0x02, 0x01, 0x03, 0x10]);
    expect(server.endpoint.halfOpenCount).toBe(0);
  });

  it('saves the RETRY with a token of the last session, also from another port, once', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    const old = client.opened[0] as PlainConnection;
    const token = server.endpoint.token({ address: CLIENT.address, port: 9 });
    client.endpoint.tokenReceived(old, token as Buffer);
    wire.log.length = 0;
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    expect(types(wire).slice(0, 3)).toEqual([0x01, 0x03, 0x10]);
    expect(client.opened).toHaveLength(2);

    client.endpoint.tokenReceived(old, token as Buffer);
    wire.log.length = 0;
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    expect(types(wire).slice(0, 3)).toEqual([0x01, 0x02, 0x01]);
    expect(client.opened).toHaveLength(3);
  });

  it('does not take a token that is too old', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    const old = client.opened[0] as PlainConnection;
    client.endpoint.tokenReceived(old, server.endpoint.token(CLIENT) as Buffer);
    wire.run(TOKEN_LIFE_MS + 1);
    wire.log.length = 0;
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    expect(types(wire).slice(0, 3)).toEqual([0x01, 0x02, 0x01]);
  });

  for (const [name, type] of Object.entries(DatagramType)) {
    for (const options of [pinned, unknown]) {
      it(`survives the loss of two ${name} datagrams with ${options.serverKey ? 'IK' : 'XX'}`, () => {
        const { wire, server, client } = pair();
        wire.pass = drop(type, 2);
        client.endpoint.connect(options, wire.now);
        wire.run(5_000);
        bothOpen(server, client);
        expect(client.failed).toEqual([]);
      });
    }
  }

  it('opens one connection although every datagram comes twice and late', () => {
    const { wire, server, client } = pair();
    wire.delayMs = 400;
    wire.pass = (sent) => [sent, sent];
    client.endpoint.connect(unknown, wire.now);
    wire.run(20_000);
    bothOpen(server, client);
    expect(client.failed).toEqual([]);
  });

  it('follows a RETRY once, although it comes again', () => {
    const { wire, server, client } = pair();
    wire.pass = (sent) => (sent.datagram[0] === DatagramType.Retry ? [sent, sent, sent] : [sent]);
    client.endpoint.connect(unknown, wire.now);
    wire.run(250);
    bothOpen(server, client);
    expect(types(wire).filter((type) => type === DatagramType.Initiation)).toHaveLength(2);
  });

  it('does not spin when a stranger on the path answers everything with RETRY', () => {
    const { wire, client } = pair();
    wire.pass = (sent) => {
      if (sent.datagram[0] !== DatagramType.Initiation) return [sent];
      const retry = Buffer.concat([Buffer.from([2, 1]), sent.datagram.subarray(3, 11), Buffer.from([1, 9])]);
      return [{ from: sent.to, to: sent.from, datagram: retry }];
    };
    client.endpoint.connect(unknown, wire.now);
    wire.run(299);
    expect(types(wire)).toHaveLength(4);
  });

  it('tries again after 300 ms, doubling to one second, and gives up when told', () => {
    const { wire, client } = pair();
    const times: number[] = [];
    const start = wire.now;
    wire.pass = () => {
      times.push(wire.now - start);
      return [];
    };
    const attempt = client.endpoint.connect({ to: SERVER, giveUpMs: 5_000 }, wire.now);
    wire.run(10_000);
    expect(times).toEqual([0, 300, 900, 1900, 2900, 3900, 4900]);
    expect(client.failed).toEqual([
      {
        attempt,
        reason: { code: CloseCode.NoAnswer, text: expect.any(String), local: true },
        offeredKey: undefined,
      },
    ]);
    expect(client.endpoint.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(client.endpoint.ids.size).toBe(0);
  });

  it('tells a changed key within two seconds, with the key that was offered', () => {
    const { wire, server, client } = pair();
    const attempt = client.endpoint.connect({ ...pinned, serverKey: keyPair(99).publicKey }, wire.now);
    wire.run(2_000);
    expect(client.failed).toEqual([
      {
        attempt,
        reason: { code: CloseCode.KeyChanged, text: expect.any(String), local: true },
        offeredKey: serverKeys.publicKey,
      },
    ]);
    expect(client.opened).toEqual([]);
    expect(server.opened).toEqual([]);
    // The server never learns who asked.
    expect(types(wire)).not.toContain(0x04);
  });

  it('goes on with XX when the server has the pinned key but IK goes unanswered', () => {
    const { wire, server, client } = pair();
    wire.pass = (sent) =>
      sent.datagram[0] === DatagramType.Initiation && sent.datagram[2] === 2 ? [] : [sent];
    client.endpoint.connect(pinned, wire.now);
    wire.run(3_000);
    bothOpen(server, client);
  });

  it('hands its round trip to the connection, but not one that a repeated datagram blurs', () => {
    for (const options of [unknown, pinned]) {
      const { wire, server, client } = pair();
      client.endpoint.connect(options, wire.now);
      wire.run(500);
      const rtts = [client, server].map(({ opened }) => (opened[0] as PlainConnection).seed.rttMs);
      expect(rtts).toEqual([20, 20]);
    }
    const { wire, client } = pair();
    wire.delayMs = 200;
    client.endpoint.connect(unknown, wire.now);
    wire.run(5_000);
    expect((client.opened[0] as PlainConnection).seed.rttMs).toBeUndefined();
  });

  it('repeats a lost FINISH after three round trips', () => {
    const { wire, client } = pair();
    const times: number[] = [];
    const pass = drop(DatagramType.Finish, 3);
    wire.pass = (sent) => {
      if (sent.datagram[0] === DatagramType.Finish) times.push(wire.now - start);
      return pass(sent);
    };
    const start = wire.now + 40;
    client.endpoint.connect(unknown, wire.now);
    wire.run(5_000);
    expect(times).toEqual([0, 60, 180, 420]);
  });

  it('is abandoned without a word', () => {
    const { wire, server, client } = pair();
    const attempt = client.endpoint.connect(unknown, wire.now);
    wire.run(15);
    client.endpoint.abandon(attempt);
    wire.run(10_000);
    expect([client.opened, client.failed, server.opened]).toEqual([[], [], []]);
  });

  it('is not spoiled by forged answers', () => {
    const { wire, server, client } = pair();
    wire.pass = (sent) => {
      const type = sent.datagram[0];
      if (type !== DatagramType.Response && type !== DatagramType.Finish) return [sent];
      const forged = Buffer.from(sent.datagram);
      const diverted = Buffer.from(sent.datagram);
      forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
      diverted[10] = (diverted[10] as number) ^ 1;
      return [{ ...sent, datagram: forged }, { ...sent, datagram: diverted }, sent];
    };
    for (const options of [unknown, pinned]) client.endpoint.connect(options, wire.now);
    wire.run(250);
    expect(client.opened).toHaveLength(2);
    expect(server.opened).toHaveLength(2);
    expect(client.endpoint.counters.malformed).toBe(4);
    expect(server.endpoint.counters.malformed).toBe(2);
  });

  it('stays open when the two ends ran different seeds, and is the same for the same seed', () => {
    const bytes = [1, 1, 2].map((seed) => {
      const wire = new Wire();
      wire.add(SERVER, { keys: serverKeys, listening: true });
      const client = wire.add(CLIENT, { keys: clientKeys }, seed);
      client.endpoint.connect(unknown, wire.now);
      wire.run(500);
      return Buffer.concat(wire.log.map(({ datagram }) => datagram)).toString('hex');
    });
    expect(bytes[0] === bytes[1]).toBe(true);
    expect(bytes[0] === bytes[2]).toBe(false);
  });
});

describe('a listening endpoint', () => {
  it('sends nothing to port 0, which nobody can be answered at and a socket refuses', () => {
    const { wire, server } = pair();
    server.endpoint.receive(initiationWith(NO_TOKEN, 1), { ...stranger(1), port: 0 }, wire.now);
    wire.run(100);
    expect(wire.log).toEqual([]);
    expect(server.endpoint.counters).toMatchObject({ dropped: 1, retries: 0 });
    server.endpoint.receive(initiationWith(NO_TOKEN, 1), stranger(1), wire.now);
    expect(types(wire)).toEqual([DatagramType.Retry]);
  });

  it('accepts a captured initiation once, and asks whoever repeats it for a new token', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    const captured = wire.log.filter(({ datagram }) => datagram[0] === 0x01)[1] as Sent;
    wire.remove(client);
    for (let i = 0; i < 5; i++) wire.send(captured);
    wire.run(100);
    expect(server.endpoint.halfOpenCount).toBe(0);
    expect(server.opened).toHaveLength(1);
    expect(server.endpoint.counters.retries).toBe(6);
  });

  it('refuses a captured IK initiation under a token of the thief', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(pinned, wire.now);
    wire.run(500);
    const captured = wire.log.filter(({ datagram }) => datagram[0] === 0x01)[1] as Sent;
    const thief = { address: '203.0.113.9', port: 5 };
    const stolen = Buffer.from(captured.datagram);
    const token = server.endpoint.token(thief) as Buffer;
    token.copy(stolen, 12);
    wire.log.length = 0;
    wire.send({ from: thief, to: SERVER, datagram: stolen });
    wire.run(100);
    expect(wire.log).toHaveLength(1);
    expect(server.endpoint.counters.handshakesRefused).toBe(1);
    expect(server.endpoint.halfOpenCount).toBe(0);
  });

  it('does not take a RETRY token from another port or address', () => {
    const { wire, server } = pair();
    const ask = (from: PathAddress, token: Buffer): Buffer => {
      wire.log.length = 0;
      server.endpoint.receive(initiationWith(token, 1), from, wire.now);
      server.endpoint.flush(wire.now);
      return wire.log[0]?.datagram ?? NO_TOKEN;
    };
    const token = ask(CLIENT, NO_TOKEN).subarray(11);
    expect(token).toHaveLength(30);
    expect(ask({ ...CLIENT, port: 4001 }, token)[0]).toBe(0x02);
    expect(ask({ ...CLIENT, address: '198.51.100.3' }, token)[0]).toBe(0x02);
    expect(ask(CLIENT, token)[0]).toBe(0x03);
    expect(ask(CLIENT, token)[0]).toBe(0x02);
  });

  it('limits handshakes per address, but not for the others', () => {
    const { wire, server } = pair();
    const crowd: Node[] = [];
    for (let i = 0; i < 12; i++)
      crowd.push(wire.add({ ...CLIENT, port: 5000 + i }, { keys: keyPair(50 + i) }));
    const other = wire.add({ address: '203.0.113.7', port: 1 }, { keys: keyPair(49) });
    for (const { endpoint } of crowd) endpoint.connect(pinned, wire.now);
    other.endpoint.connect(pinned, wire.now);
    wire.run(60);
    expect(crowd.filter(({ opened }) => opened.length > 0).length).toBeLessThanOrEqual(6);
    expect(server.endpoint.counters.handshakesRefused).toBeGreaterThan(0);
    expect(other.opened).toHaveLength(1);
    wire.run(10_000);
    expect(crowd.every(({ opened }) => opened.length === 1)).toBe(true);
  });

  it('computes one handshake a millisecond, queues some more, and drops the rest with a counter', () => {
    const wire = new Wire();
    const limits = { handshakesPerS: 1e6, handshakesBurst: 1e6 };
    const server = wire.add(SERVER, { keys: serverKeys, listening: true, limits });
    server.endpoint.flush(wire.now);
    for (let i = 0; i < 300; i++) {
      const from = stranger(i);
      const token = server.endpoint.token(from) as Buffer;
      server.endpoint.receive(initiationWith(token, i), from, wire.now);
    }
    expect(server.endpoint.counters.handshakesRefused).toBe(300 - 256);
    server.endpoint.flush(wire.now);
    expect(server.endpoint.halfOpenCount).toBe(1);
    expect(server.endpoint.deadline()).toBe(wire.now + HANDSHAKE_PAUSE_MS);
    wire.run(300);
    expect(server.endpoint.halfOpenCount).toBe(256);
    wire.run(6_000);
    expect(server.endpoint.halfOpenCount).toBe(0);
    expect(server.endpoint.ids.size).toBe(0);
  });

  it('lets established connections speak first in every flush, however many handshakes wait', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(unknown, wire.now);
    wire.run(500);
    const friend = server.opened[0] as PlainConnection;
    for (let i = 0; i < 40; i++) {
      const from = stranger(i);
      const token = server.endpoint.token(from) as Buffer;
      server.endpoint.receive(initiationWith(token, i), from, wire.now);
    }
    for (let flushes = 0; flushes < 10; flushes++) {
      friend.owing = true;
      server.endpoint.dirty(friend);
      wire.log.length = 0;
      server.endpoint.flush(wire.now);
      expect(types(wire)).toEqual([0x10, 0x03]);
      wire.now += HANDSHAKE_PAUSE_MS;
    }
  });

  it('keeps nothing of a hundred thousand strangers, and a bounded number of half-open handshakes', () => {
    const wire = new Wire();
    const limits = { handshakesPerS: 1e6, handshakesBurst: 1e6 };
    const server = wire.add(SERVER, { keys: serverKeys, listening: true, limits });
    const bare = initiationWith(NO_TOKEN, 1);
    for (let i = 0; i < 100_000; i++) {
      server.endpoint.receive(bare, stranger(i), wire.now);
      wire.log.length = 0;
    }
    expect(server.endpoint.ids.size).toBe(0);
    expect(server.endpoint.counters.retries).toBe(100_000);
    for (let i = 0; i < HANDSHAKES_HALF_OPEN_MAX + 500; i++) {
      const from = stranger(i);
      const token = server.endpoint.token(from) as Buffer;
      server.endpoint.receive(initiationWith(token, i), from, wire.now);
      server.endpoint.flush(wire.now);
      wire.now += HANDSHAKE_PAUSE_MS;
    }
    expect(server.endpoint.halfOpenCount).toBe(HANDSHAKES_HALF_OPEN_MAX);
    expect(server.endpoint.ids.size).toBe(HANDSHAKES_HALF_OPEN_MAX);
    expect(server.endpoint.counters.handshakesRefused).toBe(500);
  });

  it('takes no more connections than its limit', () => {
    const wire = new Wire();
    const server = wire.add(SERVER, { keys: serverKeys, listening: true, limits: { connectionsMax: 2 } });
    const clients = [1, 2, 3].map((i) => wire.add({ ...CLIENT, port: 4000 + i }, { keys: keyPair(60 + i) }));
    for (const { endpoint } of clients) endpoint.connect({ ...unknown, giveUpMs: 1_000 }, wire.now);
    wire.run(3_000);
    expect(server.opened).toHaveLength(2);
    expect(clients.flatMap(({ failed }) => failed)).toHaveLength(1);
  });

  it('takes only so many from one address, and takes others and newcomers when one has gone', () => {
    const wire = new Wire();
    const limits = { connectionsPerAddressMax: 2 };
    const server = wire.add(SERVER, { keys: serverKeys, listening: true, limits });
    const add = (i: number, address: string) =>
      wire.add({ address, port: 4000 + i }, { keys: keyPair(60 + i) });
    for (const i of [1, 2, 3]) {
      add(i, '10.0.0.9').endpoint.connect({ ...unknown, giveUpMs: 1_000 }, wire.now);
      wire.run(3_000);
    }
    expect(server.opened).toHaveLength(2);
    add(4, '10.0.0.10').endpoint.connect({ ...unknown, giveUpMs: 1_000 }, wire.now);
    wire.run(3_000);
    expect(server.opened).toHaveLength(3);
    server.opened[0]?.close(CloseCode.Done, 'gone');
    wire.run(10_000);
    add(5, '10.0.0.9').endpoint.connect({ ...unknown, giveUpMs: 1_000 }, wire.now);
    wire.run(3_000);
    expect(server.opened).toHaveLength(4);
  });

  it('closes everything, and then knows nobody', () => {
    const { wire, server, client } = pair();
    client.endpoint.connect(unknown, wire.now);
    wire.run(500);
    server.endpoint.close(CloseCode.ShuttingDown, 'bye', wire.now);
    expect(server.closed).toHaveLength(1);
    expect(server.endpoint.ids.size).toBe(0);
    expect(() => (server.opened[0] as PlainConnection).say('erased', wire.now)).toThrow();
    (client.opened[0] as PlainConnection).say('still here', wire.now);
    const before = server.endpoint.counters.dropped;
    wire.run(50);
    expect(server.endpoint.counters.dropped).toBe(before + 1);
  });
});
