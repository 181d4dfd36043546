import type { Answer, Packet } from 'dns-packet';
import { beforeEach, describe, expect, it } from 'vitest';
import { SERVICE } from '../../src/actors/ring/discovery/announcement.js';
import { type Interface, LanDiscovery } from '../../src/actors/ring/discovery/lan.js';
import type { Multicast, MulticastEvents } from '../../src/actors/ring/discovery/multicast.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import type { PathAddress } from '../../src/net/types.js';
import { seeded } from '../net/support.js';

const LILACS = 'a'.repeat(32);
const ROSES = 'b'.repeat(32);

/** Networks in virtual time: whatever is sent on one is heard by all that are on it, the sender too. */
class Air {
  readonly clock = new ManualClock();
  readonly sent: { readonly network: string; readonly packet: Packet }[] = [];
  readonly #ears: { readonly network: string; readonly address: string; readonly events: MulticastEvents }[] =
    [];

  open(address: string, events: MulticastEvents): Multicast {
    const network = address.split('.').slice(0, 3).join('.');
    const ear = { network, address, events };
    this.#ears.push(ear);
    const close = () => {
      const at = this.#ears.indexOf(ear);
      if (at >= 0) this.#ears.splice(at, 1);
    };
    return {
      query: (name) => this.say(network, address, { type: 'query', questions: [{ name, type: 'PTR' }] }),
      respond: (answers, done) => {
        this.say(network, address, { type: 'response', answers });
        done?.();
      },
      close,
    };
  }

  get listening(): string[] {
    return this.#ears.map(({ address }) => address).sort();
  }

  say(network: string, from: string, packet: Packet): void {
    this.sent.push({ network, packet });
    for (const ear of [...this.#ears]) if (ear.network === network) ear.events.packet(packet, from);
  }

  /** The port that holds is taken: its socket ends. */
  fail(address: string): void {
    const ear = this.#ears.find((each) => each.address === address);
    if (ear === undefined) throw new Error('nobody is there');
    this.#ears.splice(this.#ears.indexOf(ear), 1);
    ear.events.failed();
  }

  run(ms: number): void {
    const end = this.clock.now() + ms;
    while (this.clock.step(end));
  }

  answers(): number {
    return this.sent.filter(({ packet }) => packet.type === 'response').length;
  }
}

let air: Air;

function peer(seed: number, tag: string, ...addresses: string[]) {
  const found: PathAddress[] = [];
  const interfaces: Interface[] = addresses.map((address) => ({ address, prefix: 24 }));
  const discovery = new LanDiscovery({
    clock: air.clock,
    random: seeded(seed),
    open: (address, events) => air.open(address, events),
    interfaces: () => interfaces,
    tag,
    port: 7000 + seed,
    found: (at) => found.push(at),
  });
  return { found, interfaces, discovery };
}

/** What somebody else may claim. */
function claim(tag: string, port: number | string, name = `x.${SERVICE}`, ttl = 120): Packet {
  const answer: Answer = {
    name,
    type: 'TXT',
    ttl,
    data: [Buffer.from(`c=${tag}`), Buffer.from(`p=${port}`)],
  };
  return { type: 'response', answers: [answer] };
}

beforeEach(() => {
  air = new Air();
});

describe('peers on one network', () => {
  it('find each other within two seconds, whoever came first, and not themselves', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    air.run(5_000);
    const ben = peer(2, LILACS, '192.0.2.2');
    air.run(2_000);
    expect(ana.found).toEqual([{ address: '192.0.2.2', port: 7002 }]);
    expect(ben.found).toEqual([{ address: '192.0.2.1', port: 7001 }]);
  });

  it('of another community are nobody, and do not learn its name', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    const rose = peer(2, ROSES, '192.0.2.2');
    air.run(60_000);
    expect([...ana.found, ...rose.found]).toEqual([]);
  });

  it('go on finding each other when the first words were lost', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    const ben = peer(2, LILACS, '198.51.100.2');
    air.run(10_000);
    ben.interfaces.splice(0, 1, { address: '192.0.2.9', prefix: 24 });
    air.run(10_000);
    expect(ana.found).toEqual([{ address: '192.0.2.9', port: 7002 }]);
    expect(air.listening).toEqual(['192.0.2.1', '192.0.2.9']);
  });

  it('on two networks are found on both', () => {
    peer(1, LILACS, '192.0.2.1', '198.51.100.1');
    const ben = peer(2, LILACS, '192.0.2.2');
    const cem = peer(3, LILACS, '198.51.100.3');
    air.run(3_000);
    expect(ben.found).toEqual([{ address: '192.0.2.1', port: 7001 }]);
    expect(cem.found).toEqual([{ address: '198.51.100.1', port: 7001 }]);
  });

  it('are told again only after a minute, so that who was away is dialled again', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    peer(2, LILACS, '192.0.2.2');
    air.run(50_000);
    expect(ana.found).toHaveLength(1);
    air.run(70_000);
    expect(ana.found).toHaveLength(2);
  });

  it('say goodbye, and are silent then', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    const ben = peer(2, LILACS, '192.0.2.2');
    air.run(3_000);
    ben.discovery.close();
    const last = air.sent.at(-1)?.packet.answers ?? [];
    expect(last.map((answer) => 'ttl' in answer && answer.ttl)).toEqual([0, 0, 0, 0]);
    expect(ana.found).toHaveLength(1);
    const before = air.sent.length;
    ana.discovery.close();
    air.run(120_000);
    expect(air.sent.length).toBe(before + 1);
  });

  it('come back to an interface that failed them', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    air.run(2_000);
    air.fail('192.0.2.1');
    air.run(6_000);
    peer(2, LILACS, '192.0.2.2');
    air.run(1_000);
    expect(ana.found).toHaveLength(1);
  });
});

describe('what a stranger on the network says', () => {
  it('in a flood is followed a few times, and counted', () => {
    const ana = peer(1, LILACS, '192.0.2.1');
    for (let port = 1; port <= 5_000; port++) air.say('192.0.2', '192.0.2.66', claim(LILACS, port));
    expect(ana.found.length).toBeLessThanOrEqual(16);
    expect(ana.discovery.dropped).toBe(5_000 - ana.found.length);
  });

  it('in a flood of questions is answered once a second', () => {
    peer(1, LILACS, '192.0.2.1');
    air.run(5_000);
    const before = air.answers();
    for (let i = 0; i < 1_000; i++) {
      air.say('192.0.2', '192.0.2.66', { type: 'query', questions: [{ name: SERVICE, type: 'PTR' }] });
      air.run(5);
    }
    expect(air.answers() - before).toBeLessThanOrEqual(6);
  });

  it.each([
    ['from another network', '203.0.113.9', claim(LILACS, 7002)],
    ['for port 0', '192.0.2.66', claim(LILACS, 0)],
    ['for a port above 65,535', '192.0.2.66', claim(LILACS, 65_536)],
    ['for something that is no port', '192.0.2.66', claim(LILACS, '7e3x')],
    ['for another service', '192.0.2.66', claim(LILACS, 7002, 'x._http._tcp.local')],
    ['as a goodbye', '192.0.2.66', claim(LILACS, 7002, `x.${SERVICE}`, 0)],
    ['behind a thousand other answers', '192.0.2.66', behindMany(claim(LILACS, 7002))],
  ])('%s is not followed', (_, from, packet) => {
    const ana = peer(1, LILACS, '192.0.2.1');
    air.say('192.0.2', from, packet);
    expect(ana.found).toEqual([]);
  });
});

function behindMany(packet: Packet): Packet {
  const other: Answer = { name: 'printer.local', type: 'A', ttl: 1, data: '192.0.2.7' };
  return { ...packet, answers: [...Array.from({ length: 1_000 }, () => other), ...(packet.answers ?? [])] };
}
