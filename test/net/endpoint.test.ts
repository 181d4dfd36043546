import { describe, expect, it } from 'vitest';
import { DatagramType, REKEY_AFTER_MS } from '../../src/net/constants.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import {
  CloseCode,
  type CloseReason,
  type Connection,
  type Endpoint,
  type KeyPair,
  type PathAddress,
} from '../../src/net/types.js';
import { type Conditions, PERFECT, type Port, SimulatedNetwork } from '../sim/link.js';
import { type Failure, keyPair } from './support.js';

const SERVER: PathAddress = { address: '192.0.2.1', port: 7777 };
const serverKeys = keyPair(1);
const clientKeys = keyPair(2);
const TALK = 0x17;
const HARSH: Conditions = { ...PERFECT, delayMs: 20, loss: 0.2, duplicate: 0.1, reorder: 0.2 };

/** An endpoint in the simulated network; every frame it gets is kept as text. */
class Host {
  readonly port: Port;
  readonly endpoint: Endpoint;
  readonly opened: Connection[] = [];
  readonly closed: CloseReason[] = [];
  readonly failed: Failure[] = [];
  readonly heard: string[] = [];
  readonly moved: PathAddress[] = [];

  constructor(network: SimulatedNetwork, at: PathAddress, keys: KeyPair, listening: boolean) {
    this.port = network.port(at.address, at.port);
    this.endpoint = createEndpoint({
      keys,
      listening,
      random: network.random,
      transmit: this.port.transmit,
      handler: {
        opened: (connection) => this.opened.push(connection),
        frame: (_, type, body) => this.heard.push(`${type} ${body}`),
        closed: (_, reason) => this.closed.push(reason),
        failed: (attempt, reason, offeredKey) => this.failed.push({ attempt, reason, offeredKey }),
        moved: (connection) => this.moved.push(connection.path),
      },
    });
    this.port.attach(this.endpoint);
  }

  get connection(): Connection {
    const newest = this.opened.at(-1);
    if (newest === undefined) throw new Error('not connected');
    return newest;
  }

  say(text: string): void {
    expect(this.connection.send(TALK, Buffer.from(text))).toBeGreaterThan(0);
  }
}

function stage(seed: number, conditions: Conditions = PERFECT) {
  const network = new SimulatedNetwork(seed, conditions);
  const types: number[] = [];
  network.tap = (datagram) => types.push(datagram[0] as number);
  const server = new Host(network, SERVER, serverKeys, true);
  const client = new Host(network, { address: '198.51.100.2', port: 4000 }, clientKeys, false);
  const connect = (serverKey?: Buffer): number =>
    client.endpoint.connect(
      { to: SERVER, giveUpMs: 30_000, ...(serverKey ? { serverKey } : {}) },
      network.now,
    );
  const open = (serverKey?: Buffer): void => {
    const before = server.opened.length;
    connect(serverKey);
    expect(network.runUntil(() => server.opened.length > before, 30_000)).toBe(true);
  };
  return { network, types, server, client, connect, open };
}

describe('two endpoints', () => {
  for (const [name, key] of [
    ['XX', undefined],
    ['IK', serverKeys.publicKey],
  ] as const) {
    it(`meet by ${name} and talk both ways through a link that loses, doubles and reorders`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const { network, server, client, open } = stage(seed, HARSH);
        open(key);
        const said = Array.from({ length: 50 }, (_, i) => `word ${i}`);
        network.runUntil(() => client.opened.length > 0, 1_000);
        for (const text of said) {
          client.say(text);
          server.say(text);
        }
        const all = (host: Host) => new Set(host.heard).size === said.length;
        expect(network.runUntil(() => all(server) && all(client), 60_000)).toBe(true);
        expect(client.connection.handshakeHash).toEqual(server.connection.handshakeHash);
        expect(client.connection.remoteKey).toEqual(serverKeys.publicKey);
        expect(server.connection.remoteKey).toEqual(clientKeys.publicKey);
      }
    });
  }

  it('need no RETRY the next time, with the token of a TOKEN frame', () => {
    const { network, types, server, client, open } = stage(3);
    open();
    network.run(1_000);
    client.connection.close(CloseCode.Done, 'bye');
    network.run(5_000);
    expect([server.closed[0]?.code, server.closed[0]?.text]).toEqual([CloseCode.Done, 'bye']);
    expect([server.endpoint.connections.size, client.endpoint.connections.size]).toEqual([0, 0]);
    client.port.move({ address: '198.51.100.2', port: 4001 });
    types.length = 0;
    open(serverKeys.publicKey);
    expect(types.slice(0, 3)).toEqual([DatagramType.Initiation, DatagramType.Response, DatagramType.Sealed0]);
    expect(server.endpoint.counters.retries).toBe(1);
  });

  it('tell a changed key through a bad link, and never as a silence', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { network, server, client, connect } = stage(seed, HARSH);
      const attempt = connect(keyPair(9).publicKey);
      expect(network.runUntil(() => client.failed.length > 0, 30_000)).toBe(true);
      expect(client.failed).toEqual([
        {
          attempt,
          reason: { code: CloseCode.KeyChanged, text: expect.any(String), local: true },
          offeredKey: serverKeys.publicKey,
        },
      ]);
      expect(server.opened).toEqual([]);
    }
  });

  it('renew their keys every two minutes and go on', () => {
    const { network, types, server, client, open } = stage(4, HARSH);
    open();
    let said = 0;
    network.every(1_000, () => {
      client.say(`word ${said++}`);
      return said < 600;
    });
    network.run(610_000);
    expect(new Set(server.heard).size).toBe(600);
    expect([client.closed, server.closed]).toEqual([[], []]);
    const phases = types.filter((type) => type >= DatagramType.Sealed0);
    const changes = phases.filter((type, i) => i > 0 && type !== phases[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(Math.floor(600_000 / REKEY_AFTER_MS) - 1);
  });

  it('dial again beside a session that a blackout silenced, and keep the first when it comes back', () => {
    const { network, server, client, open, connect } = stage(5);
    open(serverKeys.publicKey);
    network.run(100);
    client.port.conditions.loss = 1;
    client.say('through the dark');
    const second = connect(serverKeys.publicKey);
    network.run(3_000);
    expect(client.opened).toHaveLength(1);
    client.port.conditions.loss = 0;
    expect(network.runUntil(() => client.opened.length === 2, 5_000)).toBe(true);
    expect(client.connection.id).toBe(second);
    expect(network.runUntil(() => server.heard.length > 0, 5_000)).toBe(true);
    expect(server.heard).toEqual([`${TALK} through the dark`]);
  });

  it('follow an address that changes in the middle of the talk', () => {
    const { network, server, client, open } = stage(6);
    open();
    network.run(100);
    client.port.move({ address: '203.0.113.50', port: 999 });
    client.say('from elsewhere');
    network.run(2_000);
    expect(server.moved).toEqual([{ address: '203.0.113.50', port: 999 }]);
    server.say('found you');
    network.run(500);
    expect(client.heard).toEqual([`${TALK} found you`]);
    expect(server.endpoint.counters.pathsMoved).toBe(1);
  });

  it('say the same bytes for the same seed', () => {
    const run = (seed: number): string => {
      const { network, client, open } = stage(seed, HARSH);
      const bytes: string[] = [];
      network.tap = (datagram) => bytes.push(datagram.toString('hex'));
      open();
      client.say('hej');
      network.run(2_000);
      return bytes.join('\n');
    };
    const [one, again, other] = [run(7), run(7), run(8)];
    expect(one === again).toBe(true);
    expect(one === other).toBe(false);
  });

  it('are quiet when nothing is due: both ends ask for time only to learn that the other is there', () => {
    const { network, server, client, open } = stage(8);
    open();
    network.run(10_000);
    const before = client.port.datagramsOut + server.port.datagramsOut;
    network.run(100_000);
    expect(client.port.datagramsOut + server.port.datagramsOut - before).toBeLessThanOrEqual(20);
  });

  it('stop cleanly: every peer is told why', () => {
    const { network, server, client, open } = stage(9);
    open();
    open(serverKeys.publicKey);
    network.run(100);
    server.endpoint.close(CloseCode.ShuttingDown, 'the server stops', network.now);
    network.run(5_000);
    expect(client.closed.map(({ code, local }) => [code, local])).toEqual([
      [CloseCode.ShuttingDown, false],
      [CloseCode.ShuttingDown, false],
    ]);
    expect([client.endpoint.connections.size, server.endpoint.connections.size]).toEqual([0, 0]);
    expect([client.endpoint.deadline(), server.endpoint.deadline()]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
