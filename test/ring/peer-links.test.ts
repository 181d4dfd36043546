import { describe, expect, it } from 'vitest';
import { Links } from '../../src/actors/ring/links.js';
import type { Wires } from '../../src/actors/ring/world.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { Malformed, Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { PeerState } from '../../src/net/ring/constants.js';
import { helloCodec, needCodec } from '../../src/net/ring/hello.js';
import { handshakeKeys, type Identity, identityOf, verify } from '../../src/net/ring/identity.js';
import { type PeerRecord, signRecord } from '../../src/net/ring/record.js';
import { CloseCode, Lane, type PathAddress } from '../../src/net/types.js';
import { DEAF } from '../../src/sim/wires.js';

const COMMUNITY = Buffer.alloc(32, 5);
const HERE: PathAddress = { address: '192.0.2.1', port: 7777 };
/** Wires that only write down what is done with them; the test says what happens on them. */
class FakeWires implements Wires {
  handler = DEAF;
  readonly addresses = [HERE];
  readonly dialled: PathAddress[] = [];
  readonly sent: { readonly wire: number; readonly type: number; readonly body: Buffer }[] = [];
  readonly closed: number[] = [];
  readonly abandoned: number[] = [];
  #last = 100;

  dial(to: PathAddress): number {
    this.dialled.push(to);
    return ++this.#last;
  }
  send(wire: number, type: number, body: Uint8Array): boolean {
    this.sent.push({ wire, type, body: Buffer.from(body) });
    return true;
  }
  close(wire: number): void {
    this.closed.push(wire);
  }
  abandon(wire: number): void {
    this.abandoned.push(wire);
  }
  rttMs(): undefined {}
  want = () => false;
  unwant(): void {}
  supply = () => false;
  unsupply(): void {}
}

function personOf(seed: number): {
  readonly identity: Identity;
  readonly record: PeerRecord;
  readonly key: Buffer;
} {
  const identity = identityOf(Buffer.alloc(32, seed));
  const profile = {
    ...{ version: 1_000, state: PeerState.Online, name: `p${seed}`, cell: '', interests: [] },
    addresses: [{ address: `192.0.2.${seed}`, port: 7777 }],
  };
  const record = signRecord(identity, COMMUNITY, profile);
  return { identity, record, key: handshakeKeys(identity).publicKey };
}

/** The smaller key first: who is smaller decides which of two wires stays. */
const [SMALL, LARGE] = [personOf(2), personOf(3)].sort((a, b) =>
  a.record.contact.id < b.record.contact.id ? -1 : 1,
) as [ReturnType<typeof personOf>, ReturnType<typeof personOf>];

function setUp(self = SMALL) {
  const clock = new ManualClock();
  const wires = new FakeWires();
  const told: string[] = [];
  let life = 0;
  const links = new Links(
    {
      ...{ clock, wires, identity: self.identity, verify },
      random: (target) => target.fill(++life),
      turnEnd: (run) => run(),
    },
    self.record.contact.id,
    COMMUNITY,
    {
      happened: () => undefined,
      record: () => self.record,
      linked: ({ name }) => told.push(`linked ${name}`),
      unlinked: () => told.push('unlinked'),
      unreachable: () => told.push('unreachable'),
      frame: (_, type) => told.push(`frame ${type}`),
      foreign: () => told.push('foreign'),
      seen: ({ address }) => told.push(`seen ${address}`),
    },
  );
  const opened = (wire: number, other = LARGE, dialled = false) => {
    links.opened(wire, other.key, { address: '192.0.2.9', port: 7777 }, dialled);
  };
  const greeted = (wire: number, other = LARGE, start = 1) => {
    const body = helloCodec.encode({ life: Buffer.alloc(8, start), seen: HERE, record: other.record });
    links.frame(wire, FrameType.Hello, Buffer.from(body));
  };
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(1_000);
      links.tick(clock.now());
      links.drain();
    }
  };
  return { clock, wires, links, told, opened, greeted, pass };
}

describe('a link', () => {
  it('is there once both have said HELLO, and what overtook it comes then', () => {
    const { wires, links, told, opened, greeted } = setUp();
    opened(1);
    expect(wires.sent[0]).toMatchObject({ wire: 1, type: FrameType.Hello });
    links.frame(1, 0x30, Buffer.from('early'));
    expect(told).toEqual([]);
    greeted(1);
    expect(told).toEqual([`linked ${LARGE.record.name}`, `seen ${HERE.address}`, 'frame 48']);
  });

  it('is refused to a HELLO under a key that the handshake has not proven', () => {
    const { links, told, opened, greeted } = setUp();
    opened(1, LARGE);
    expect(() => greeted(1, personOf(4))).toThrow(Malformed);
    expect(links.figures.refused).toBe(1);
    expect(told).toEqual([]);
  });

  it('keeps no more than a little before the HELLO, and waits for it only so long', () => {
    const { wires, links, opened, pass } = setUp();
    opened(1);
    const flood = () => {
      for (let n = 0; n < 100; n++) links.frame(1, 0x30, Buffer.alloc(100));
    };
    expect(flood).toThrow(Malformed);
    opened(2, personOf(4));
    pass(6_000);
    expect(wires.closed).toContain(2);
  });

  it('has one wire in the end when both sides dial at once, the same at both', () => {
    for (const self of [SMALL, LARGE]) {
      const other = self === SMALL ? LARGE : SMALL;
      const { wires, links, told, opened, greeted, pass } = setUp(self);
      links.need(other.record.contact, 'test');
      opened(101, other, true);
      opened(7, other, false);
      greeted(101, other);
      greeted(7, other);
      links.send(other.record.contact.id, 0x30, Buffer.from('words'), Lane.Talk);
      const used = wires.sent.at(-1)?.wire;
      // The wire that the smaller id dialled: ours where we are the smaller one.
      expect(used).toBe(self === SMALL ? 101 : 7);
      pass(4_000);
      expect(wires.closed).toEqual(self === SMALL ? [7] : []);
      expect(told.filter((line) => line.startsWith('linked'))).toHaveLength(1);
    }
  });

  it('is another one for a peer that began anew', () => {
    const { told, opened, greeted } = setUp();
    opened(1);
    greeted(1, LARGE, 1);
    opened(2);
    greeted(2, LARGE, 2);
    expect(told.filter((line) => !line.startsWith('seen'))).toEqual([
      `linked ${LARGE.record.name}`,
      'unlinked',
      `linked ${LARGE.record.name}`,
    ]);
  });

  it('is another one also when the connection has outlived the program at its other end', () => {
    const { wires, told, opened, greeted } = setUp();
    opened(1);
    greeted(1, LARGE, 1);
    greeted(1, LARGE, 2);
    expect(told.filter((line) => !line.startsWith('seen'))).toEqual([
      `linked ${LARGE.record.name}`,
      'unlinked',
      `linked ${LARGE.record.name}`,
    ]);
    expect(wires.closed).toEqual([]);
    expect(wires.sent.filter(({ type }) => type === FrameType.Hello)).toHaveLength(2);
  });

  it('is closed when neither side needs it, and not before', () => {
    const { wires, links, told, opened, greeted, pass } = setUp();
    opened(1);
    greeted(1);
    pass(20_000);
    expect(wires.closed).toEqual([]);
    links.frame(1, FrameType.Need, Buffer.from(needCodec.encode({ count: 1, need: false })));
    links.need(LARGE.record.contact, 'test');
    pass(20_000);
    expect(wires.closed).toEqual([]);
    links.unneed(LARGE.record.contact.id, 'test');
    pass(12_000);
    expect(wires.closed).toEqual([1]);
    expect(told.at(-1)).toBe('unlinked');
  });

  it('tells in one order whether it is needed, also when the other end keeps the link that ended here', () => {
    const { wires, links, opened, greeted } = setUp();
    const counts = () =>
      wires.sent
        .filter(({ type }) => type === FrameType.Need)
        .map(({ body }) => needCodec.decode(new Reader(body)).count);
    for (const wire of [1, 2]) {
      opened(wire);
      greeted(wire);
      links.need(LARGE.record.contact, 'test');
      links.unneed(LARGE.record.contact.id, 'test');
      links.closed(wire, { code: CloseCode.Silent, text: '', local: true });
      links.drain();
    }
    expect(counts().length).toBeGreaterThanOrEqual(4);
    expect(counts()).toEqual([...new Set(counts())].toSorted((a, b) => a - b));
  });

  it('is never made with oneself', () => {
    const { wires, links, opened } = setUp();
    links.meet({ address: '192.0.2.9', port: 7777 });
    opened(101, SMALL, true);
    expect(wires.closed).toEqual([101]);
    links.meet({ address: '192.0.2.9', port: 7777 });
    expect(wires.dialled).toHaveLength(1);
  });

  it('tries all addresses side by side, and says when none answers', () => {
    const { clock, wires, links, told } = setUp();
    const addresses = [1, 2, 3].map((n) => ({ address: `198.51.100.${n}`, port: 7777 }));
    links.need({ ...LARGE.record.contact, addresses }, 'test');
    clock.advance(400);
    expect(wires.dialled).toEqual(addresses);
    expect(wires.abandoned).toEqual([]);
    for (const wire of [101, 102, 103]) links.failed(wire, { code: 0x41, text: '', local: true });
    links.drain();
    expect(told).toEqual(['unreachable']);
  });

  it('gives the other addresses up when one has answered, or when it is not needed any more', () => {
    const { clock, wires, links, opened } = setUp();
    const addresses = [1, 2, 3].map((n) => ({ address: `198.51.100.${n}`, port: 7777 }));
    links.need({ ...LARGE.record.contact, addresses }, 'test');
    clock.advance(400);
    opened(102, LARGE, true);
    expect(wires.abandoned).toEqual([101, 103]);
    const other = personOf(9).record.contact;
    links.need({ ...other, addresses }, 'test');
    clock.advance(200);
    links.drop(other.id);
    expect(wires.abandoned).toEqual([101, 103, 104, 105]);
  });
});
