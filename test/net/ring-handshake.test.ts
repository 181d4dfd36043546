/** How peers of a community shake hands: endpoints that listen and dial, with nobody in charge. */
import { describe, expect, it } from 'vitest';
import {
  FOREIGN_RESPONSE_GRACE_MS,
  HANDSHAKE_HALF_OPEN_MS,
  KEEPALIVE_ATTENTIVE_MS,
  PROBE_PATIENCE_MS,
} from '../../src/net/constants.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import { CloseCode, type Connection, type PathAddress, type PeerTerms } from '../../src/net/types.js';
import { PERFECT, SimulatedNetwork } from '../sim/link.js';
import { keyPair, type Node, Wire } from './support.js';

const ANA: PathAddress = { address: '192.0.2.1', port: 7777 };
const BEN: PathAddress = { address: '198.51.100.2', port: 7777 };
const anaKeys = keyPair(1);
const benKeys = keyPair(2);
const LILACS: PeerTerms = { prologue: Buffer.from('natter/1 ring lilacs') };
const ROSES: PeerTerms = { prologue: Buffer.from('natter/1 ring roses') };
const closedBy = (key: number): PeerTerms => ({ ...LILACS, psk: Buffer.alloc(32, key) });

function pair(ana: PeerTerms | undefined, ben: PeerTerms | undefined): { wire: Wire; ana: Node; ben: Node } {
  const wire = new Wire();
  return {
    wire,
    ana: wire.add(ANA, { keys: anaKeys, listening: true, ...(ana && { peers: ana }) }),
    ben: wire.add(BEN, { keys: benKeys, listening: true, ...(ben && { peers: ben }) }),
  };
}

describe('two peers', () => {
  it.each([
    ['an open', LILACS, [0x01, 0x02, 0x01, 0x03, 0x04], 1],
    ['a closed', closedBy(7), [0x01, 0x02, 0x01, 0x03, 0x04], 3],
  ] as const)(
    'of %s community meet by XX, whoever of them dials, and know who did',
    (_, terms, types, pattern) => {
      const { wire, ana, ben } = pair(terms, terms);
      const attempt = ben.endpoint.connect({ to: ANA, giveUpMs: 5_000 }, wire.now);
      wire.run(500);
      expect(wire.log.slice(0, 5).map(({ datagram }) => datagram[0])).toEqual(types);
      expect(wire.log[0]?.datagram[2]).toBe(pattern);
      expect(ben.opened[0]).toMatchObject({ id: attempt, dialled: true, remoteKey: anaKeys.publicKey });
      expect(ana.opened[0]).toMatchObject({ dialled: false, remoteKey: benKeys.publicKey });
      ana.endpoint.connect({ to: BEN, giveUpMs: 5_000 }, wire.now);
      wire.run(500);
      expect(ana.opened.map(({ dialled }) => dialled)).toEqual([false, true]);
      expect(ben.opened.map(({ dialled }) => dialled)).toEqual([true, false]);
    },
  );

  it('of two open communities tell it apart from silence, within two seconds, and count it', () => {
    const { wire, ana, ben } = pair(ROSES, LILACS);
    ben.endpoint.connect({ to: ANA, giveUpMs: 20_000 }, wire.now);
    wire.run(FOREIGN_RESPONSE_GRACE_MS + 200);
    expect(ben.failed.map(({ reason }) => reason.code)).toEqual([CloseCode.Foreign]);
    expect(ben.endpoint.counters.foreign).toBeGreaterThan(0);
    wire.run(HANDSHAKE_HALF_OPEN_MS);
    ana.endpoint.flush(wire.now);
    expect(ana.endpoint.counters.unfinished).toBeGreaterThan(0);
    expect([...ana.opened, ...ben.opened]).toEqual([]);
  });

  it.each([
    ['with another key', closedBy(7), closedBy(8)],
    ['of which only one has the key', closedBy(7), LILACS],
    ['of which only the other has the key', LILACS, closedBy(7)],
    ['of which one is a server', undefined, closedBy(7)],
    ['of which the other is a server', closedBy(7), undefined],
  ])('%s do not meet, and the one who answers counts it', (_, here, there) => {
    const { wire, ana, ben } = pair(here, there);
    ben.endpoint.connect({ to: ANA, giveUpMs: 3_000 }, wire.now);
    wire.run(4_000);
    const { foreign, malformed } = ana.endpoint.counters;
    expect(foreign + malformed).toBeGreaterThan(0);
    expect([...ana.opened, ...ben.opened]).toEqual([]);
    expect(ben.failed).toHaveLength(1);
    if (there?.psk !== undefined && here?.psk !== undefined)
      expect(ben.failed[0]?.reason.code).toBe(CloseCode.Foreign);
  });

  it('who do not answer are nobody, not somebody else', () => {
    const { wire, ben } = pair(LILACS, LILACS);
    ben.endpoint.connect({ to: { address: '203.0.113.9', port: 1 }, giveUpMs: 3_000 }, wire.now);
    wire.run(3_500);
    expect(ben.failed.map(({ reason }) => reason.code)).toEqual([CloseCode.NoAnswer]);
  });

  it('meet although somebody on the path answers first with what does not open', () => {
    const { wire, ana, ben } = pair(LILACS, LILACS);
    wire.pass = (sent) => {
      if (sent.datagram[0] !== 0x03) return [sent];
      const forged = Buffer.from(sent.datagram);
      forged[40] = (forged[40] as number) ^ 1;
      return [{ ...sent, datagram: forged }, sent];
    };
    ben.endpoint.connect({ to: ANA, giveUpMs: 5_000 }, wire.now);
    wire.run(500);
    expect([ana.opened.length, ben.opened.length, ben.failed.length]).toEqual([1, 1, 0]);
    wire.run(3_000);
    expect(ben.failed).toEqual([]);
  });

  it('who are one and the same meet their own key at both ends', () => {
    const { wire, ana } = pair(LILACS, LILACS);
    ana.endpoint.connect({ to: ANA, giveUpMs: 5_000 }, wire.now);
    wire.run(500);
    expect(ana.opened.map(({ remoteKey }) => remoteKey)).toEqual([anaKeys.publicKey, anaKeys.publicKey]);
  });
});

describe('a connection of peers', () => {
  function linked() {
    const network = new SimulatedNetwork(5, { ...PERFECT, delayMs: 20 });
    const host = (at: PathAddress, keys: typeof anaKeys) => {
      const port = network.port(at.address, at.port);
      const opened: Connection[] = [];
      const closed: number[] = [];
      const endpoint = createEndpoint({
        keys,
        listening: true,
        peers: LILACS,
        random: network.random,
        transmit: port.transmit,
        handler: {
          opened: (connection) => opened.push(connection),
          frame: () => {},
          closed: (_, { code }) => closed.push(code),
        },
      });
      port.attach(endpoint);
      return { port, endpoint, opened, closed };
    };
    const ana = host(ANA, anaKeys);
    const ben = host(BEN, benKeys);
    ben.endpoint.connect({ to: ANA, giveUpMs: 5_000 }, network.now);
    network.run(500);
    expect([ana.opened.length, ben.opened.length]).toEqual([1, 1]);
    return { network, ana, ben };
  }

  it.each(['ana', 'ben'] as const)('is soon known to be gone when %s falls silent', (silent) => {
    const { network, ...hosts } = linked();
    const other = hosts[silent === 'ana' ? 'ben' : 'ana'];
    for (const { port } of [hosts.ana, hosts.ben]) port.conditions.loss = 1;
    network.run(KEEPALIVE_ATTENTIVE_MS + PROBE_PATIENCE_MS + 2_000);
    expect(other.closed).toEqual([CloseCode.Silent]);
  });

  it('goes on for an hour in which nobody says anything', () => {
    const { network, ana, ben } = linked();
    network.run(3_600_000);
    expect([...ana.closed, ...ben.closed]).toEqual([]);
  });

  it.each(['ana', 'ben'] as const)(
    'goes on when the address of %s changes, although nobody speaks',
    (moving) => {
      const { network, ...hosts } = linked();
      const to = { address: '203.0.113.5', port: 9_000 };
      hosts[moving].port.move(to);
      network.run(60_000);
      expect([...hosts.ana.closed, ...hosts.ben.closed]).toEqual([]);
      const other = hosts[moving === 'ana' ? 'ben' : 'ana'];
      expect(other.opened[0]?.path).toEqual(to);
    },
  );
});
