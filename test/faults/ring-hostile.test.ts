/** Real peers of a ring, and one at a real socket who is no friend. Needs dist. */
import { afterEach, describe, expect, it } from 'vitest';
import { Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { communityIdOf } from '../../src/net/ring/community.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { ItemKind } from '../../src/net/ring/gossip/item.js';
import { FindFrame, NeighboursFrame, ProbeForFrame } from '../../src/net/ring/overlay/frames.js';
import { routeCodec } from '../../src/net/ring/routing/route.js';
import { CloseCode, type PathAddress } from '../../src/net/types.js';
import { residentMb } from '../support/memory.js';
import { RingPeers, type RingRun } from '../support/ring-peers.js';
import { madeUp, Rogue } from '../support/rogue-peer.js';
import { RogueWires } from '../support/rogue-wires.js';

const NAME = 'walkers';
const COMMUNITY = communityIdOf(NAME);
const ESCAPES = '\u001b[31m\u001b]0;owned\u0007\u009b2J\r\b';
/** Of coco, in Cyrillic letters. */
const LOOKALIKE = '\u0441\u043e\u0441\u043e';
const FLOOD_MS = 1_000;
/** All floods together make a peer keep no more than this. */
const MORE_MB = 120;
const BATCH_MS = 20;

const peers = new RingPeers();
const sockets: RogueWires[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.end();
  await peers.close();
});

async function rogue(number = 1, community = COMMUNITY): Promise<Rogue> {
  const identity = madeUp(number);
  const socket = await RogueWires.open(identity, community);
  sockets.push(socket);
  return new Rogue(socket, community, identity, Date.now());
}

function pathOf({ at }: RingRun): PathAddress {
  const [address = '', port] = at.split(':');
  return { address, port: Number(port) };
}

/** A rogue with a live link. */
async function linked(to: RingRun, number = 1): Promise<{ mallory: Rogue; wire: number }> {
  const mallory = await rogue(number);
  const wire = mallory.dial(pathOf(to));
  await mallory.until(() => mallory.of(FrameType.Need).length > 0);
  return { mallory, wire };
}

async function friends(): Promise<[RingRun, RingRun]> {
  const ana = await peers.start('ana');
  const ben = await peers.start('ben', ['--peer', ana.at]);
  await Promise.all([ana.line('presence', { user: 'ben' }), ben.line('presence', { user: 'ana' })]);
  return [ana, ben];
}

function random(bytes: number): Buffer {
  return crypto.getRandomValues(Buffer.alloc(bytes));
}

const writer = new Writer(1 << 12, 1 << 17);
const strangers = Array.from({ length: 8 }, (_, index) =>
  contactOf(COMMUNITY, madeUp(5_000 + index).publicKey, [{ address: '127.0.0.1', port: 9 }]),
);
/** Names of lists, as IHAVE, GRAFT, LINKS and SHELF have them: a count, then so many of so many bytes. */
const list = (countBytes: 1 | 2, count: number, each: number) => {
  const head = Buffer.alloc(countBytes);
  head.writeUIntBE(count, 0, countBytes);
  return Buffer.concat([head, random(count * each)]);
};
/** A frame of each kind that means work for whoever gets it. */
const FLOODS: Readonly<
  Record<string, (rogue: Rogue, count: number) => readonly [type: number, body: Buffer]>
> = {
  GOSSIP: (rogue, count) => {
    const { bytes } = rogue.entry(`spam ${count}`, Date.now(), { epoch: random(8) });
    return [FrameType.Gossip, Buffer.concat([Buffer.of(1, ItemKind.Entry), bytes])];
  },
  IHAVE: () => [FrameType.IHave, list(1, 64, 16)],
  GRAFT: () => [FrameType.Graft, list(1, 32, 16)],
  PRUNE: () => [FrameType.Prune, Buffer.alloc(0)],
  STABILISE: (_, count) => [
    FrameType.Stabilise,
    writer
      .reset()
      .varint(count + 1)
      .u8(3)
      .u32(0)
      .copy(),
  ],
  NEIGHBOURS: (_, count) => [
    FrameType.Neighbours,
    Buffer.from(
      NeighboursFrame.encode(
        writer,
        0,
        { version: count + 1, predecessor: strangers[0], successors: strangers },
        false,
      ),
    ),
  ],
  PROBE: (_, count) => [FrameType.Probe, writer.reset().varint(count).copy()],
  PROBE_FOR: (_, count) => {
    const contact = strangers[count % strangers.length];
    if (contact === undefined) throw new Error('there is nobody');
    return [FrameType.ProbeFor, Buffer.from(ProbeForFrame.encode(writer, count, contact))];
  },
  FIND: (_, count) => [
    FrameType.Find,
    Buffer.from(FindFrame.encode(writer, { number: count, place: count * 2 ** 32, hops: 255 })),
  ],
  LINKS: () => [FrameType.Links, list(1, 64, 4)],
  DIGEST: (_, count) => [
    FrameType.Digest,
    writer.reset().u8(1).varint(count).u8(1).bytes(Buffer.alloc(16)).bytes(random(16)).copy(),
  ],
  ITEMS: (_, count) => [FrameType.Items, writer.reset().u8(1).varint(count).varint(1).u8(1).copy()],
  ROUTE: (rogue) => {
    routeCodec.encode(writer.reset(), {
      ...{ id: random(8), hops: 1, to: random(32), from: rogue.identity.publicKey },
      ...{ type: FrameType.Mail, body: random(200) },
    });
    return [FrameType.Route, writer.copy()];
  },
  SHELF: () => [FrameType.Shelf, list(2, 256, 16)],
  LACKING: () => [FrameType.Lacking, list(2, 256, 16)],
  HELLO: (rogue) => [FrameType.Hello, Buffer.concat([random(8), Buffer.of(0), rogue.record().bytes])],
};

/** Says that as fast as the wire takes it, over a new one whenever it is ended. @returns frames said */
async function flood(mallory: Rogue, to: RingRun, make: (typeof FLOODS)[string]): Promise<number> {
  const until = performance.now() + FLOOD_MS;
  let said = 0;
  let wire = [...mallory.open][0];
  while (performance.now() < until) {
    if (wire === undefined || !mallory.open.has(wire)) {
      wire = mallory.dial(pathOf(to));
      await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
      continue;
    }
    for (let count = 0; count < 100 && mallory.open.has(wire); count++)
      if (mallory.send(wire, ...make(mallory, said))) said++;
    await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
  }
  return said;
}

describe('a flood of frames of any kind', () => {
  it('keeps no friends apart, and fills no memory', async () => {
    const [ana, ben] = await friends();
    const before = residentMb(ana.natter.pid);
    for (const [name, make] of Object.entries(FLOODS)) {
      const { mallory } = await linked(ana);
      const flooding = flood(mallory, ana, make);
      ben.type(`through ${name}`);
      ana.type(`back through ${name}`);
      await ana.line('message', { text: `through ${name}` });
      await ben.line('message', { text: `back through ${name}` });
      expect(await flooding, name).toBeGreaterThan(100);
      await sockets.pop()?.end();
    }
    ben.type('and afterwards');
    await ana.line('message', { text: 'and afterwards' });
    expect(residentMb(ana.natter.pid) - before).toBeLessThan(MORE_MB);
  }, 120_000);
});

describe('what somebody signed who means no good', () => {
  it('is refused and named where it concerns people, and its escapes move no terminal', async () => {
    const ana = await peers.start('coco');
    const ben = await peers.start('ben', ['--peer', ana.at]);
    await ana.line('presence', { user: 'ben' });
    const { mallory, wire } = await linked(ana);
    mallory.profile = { ...mallory.profile, name: LOOKALIKE, version: Date.now() + 1 };
    mallory.gossip(wire, mallory.recordItem({ interests: [ESCAPES], cell: '\u001b[2J' }));
    await ana.natter.until('a warning of a name that looks alike', ({ stdout, stderr }) =>
      `${stdout}${stderr}`.includes('only looks like'),
    );
    const first = mallory.entry(`one ${ESCAPES}`, Date.now());
    const second = mallory.entry('two', Date.now());
    const future = mallory.entry('tomorrow', Date.now() + 86_400_000, { epoch: random(8) });
    const forged = Buffer.from(first.bytes);
    forged.writeUInt8((forged.at(-1) ?? 0) ^ 1, forged.length - 1);
    for (const { bytes } of [first, first, second, future])
      mallory.gossip(wire, { kind: ItemKind.Entry, bytes });
    await ana.natter.until('a word of two histories', ({ stdout, stderr }) =>
      `${stdout}${stderr}`.includes('says two things at once'),
    );
    await mallory.until(() => mallory.of(FrameType.Ahead).length > 0);
    const ones = () => ana.texts().filter((text) => String(text).startsWith('one'));
    await ana.natter.until('the first history', () => ones().length > 0);
    await ben.natter.until('it', () => ben.texts().length > 0);
    expect(ones()).toHaveLength(1);
    expect(ana.texts()).not.toContain('two');
    expect(ana.texts()).not.toContain('tomorrow');
    mallory.gossip(wire, { kind: ItemKind.Entry, bytes: forged });
    await mallory.until(() => !mallory.open.has(wire));
    for (const { natter } of [ana, ben])
      for (const sign of ESCAPES.replaceAll(/[\w[\];]/g, '').replace('\r', ''))
        expect(`${natter.stdout}${natter.stderr}`).not.toContain(sign);
  }, 60_000);
});

describe('somebody of another community, or without a word', () => {
  it('opens nothing, and is let go', async () => {
    const ana = await peers.start('ana');
    const other = await rogue(2, communityIdOf('others'));
    other.dial(pathOf(ana));
    await other.until(() => other.ended.length > 0);
    expect(other.open.size).toBe(0);
    const mute = await rogue(3);
    mute.isPolite = false;
    mute.dial(pathOf(ana));
    await mute.until(() => mute.ended.length > 0);
    expect(mute.ended[0]?.code).not.toBe(CloseCode.Silent);
    expect(ana.natter.events('presence').filter(({ user }) => user === 'mallory')).toEqual([]);
  }, 60_000);
});
