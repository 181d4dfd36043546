import { expect, test } from 'vitest';
import { Malformed, Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import {
  IHAVE_IDS_MAX,
  LAZY_LINKS_MAX,
  LINK_SPREAD_BURST,
  PRESENCE_EVERY_MS,
  REPEATS_BURST,
} from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { Broadcast } from '../../src/net/ring/gossip/broadcast.js';
import { gossipFrame, graftFrame, ihaveFrame } from '../../src/net/ring/gossip/frames.js';
import { type Item, ItemKind, itemIdOf } from '../../src/net/ring/gossip/item.js';
import { SpreadLimit } from '../../src/net/ring/gossip/spread-limit.js';
import type { ItemFate } from '../../src/net/ring/gossip/types.js';
import type { Contact } from '../../src/net/ring/types.js';
import { Author } from '../store/feeds-support.js';
import { COMMUNITY, World } from './gossip-world.js';

/** Figures of a hundred entries said by whoever, after everybody has said that they are here. */
async function talk(world: World, gapMs: number) {
  world.weave();
  for (const node of world.nodes) node.publish({ kind: ItemKind.Record, bytes: node.record().bytes });
  await world.run(20_000);
  const sum = (of: 'received' | 'repeated'): number =>
    world.nodes.reduce((total, { broadcast }) => total + broadcast.counters[of], 0);
  const [received, repeated] = [sum('received'), sum('repeated')];
  const said = [];
  for (let number = 0; number < 100; number++) {
    const speaker = world.chance.pick(world.nodes);
    if (speaker !== undefined) said.push(speaker.say(`entry ${number}, said by whoever has a word`));
    await world.run(gapMs);
  }
  await world.run(5_000);
  const hops = world.nodes.flatMap(({ came }) => [...came.values()].map((one) => one.hops));
  const held = said.reduce((total, entry) => total + world.holders(entry), 0);
  return {
    delivered: held / (said.length * world.nodes.length),
    rmr: (sum('repeated') - repeated) / (sum('received') - received),
    lastHop: Math.max(...hops),
    said,
  };
}

test('without faults everybody hears everything, almost nobody twice, over few hops, whoever speaks', async () => {
  for (const seed of [1, 2]) {
    const { delivered, rmr, lastHop } = await talk(new World({ nodes: 100, seed }), 600);
    expect(delivered).toBe(1);
    expect(rmr).toBeLessThanOrEqual(0.3);
    expect(lastHop).toBeLessThanOrEqual(15);
  }
}, 60_000);

test('many who speak at once are heard by all, and still almost nothing comes twice', async () => {
  const { delivered, rmr } = await talk(new World({ nodes: 100, seed: 4 }), 50);
  expect(delivered).toBe(1);
  expect(rmr).toBeLessThanOrEqual(0.3);
});

test('at one lost datagram in ten everybody hears everything', async () => {
  const world = new World({ nodes: 100, seed: 5, loss: 0.1 });
  const { said } = await talk(world, 600);
  await world.run(20_000);
  for (const entry of said) expect(world.holders(entry)).toBe(100);
});

test('when a fifth dies the tree mends itself by what flows through it', async () => {
  const world = new World({ nodes: 60, seed: 6 });
  await talk(world, 200);
  for (const node of world.chance.some(world.nodes, 12)) world.kill(node, 8_000);
  const said = [];
  // The dead are not missed yet: only what others announced brings it round them.
  for (let number = 0; number < 10; number++) {
    const speaker = world.chance.pick(world.living);
    if (speaker !== undefined) said.push(speaker.say(`after the storm, entry ${number}`));
    await world.run(500);
  }
  await world.run(30_000);
  for (const entry of said) expect(world.holders(entry)).toBe(48);
});

test('the same seed is the same run', async () => {
  const frames: string[][] = [[], []];
  for (const log of frames) {
    const world = new World({ nodes: 20, seed: 9, loss: 0.05 });
    world.onSent = ({ from, to, type, bytes }) =>
      log.push(`${world.timeline.now} ${from.id.slice(0, 8)} ${to.id.slice(0, 8)} ${type} ${bytes}`);
    await talk(world, 100);
  }
  expect(frames[0]?.length).toBeGreaterThan(1_000);
  expect(frames[0]).toEqual(frames[1]);
});

// ---- One peer, frame by frame ---------------------------------------------------------------------------

interface Frame {
  readonly to: string;
  readonly type: number;
  readonly body: Buffer;
}

/** One broadcast whose neighbours are played by the test. */
class Lab {
  now = 0;
  fate: ItemFate = 'spread';
  readonly sent: Frame[] = [];
  readonly received: Item[] = [];
  readonly broadcast = new Broadcast({
    send: (to, type, body) => {
      this.sent.push({ to, type, body: Buffer.from(body) });
      return true;
    },
    received: (item) => {
      this.received.push(item);
      return this.fate;
    },
  });
  readonly neighbours: readonly Contact[];

  constructor(count: number) {
    this.neighbours = Array.from({ length: count }, (_, index) =>
      contactOf(COMMUNITY, Buffer.alloc(32, index + 1), []),
    );
    for (const neighbour of this.neighbours) this.broadcast.linked(neighbour, 0);
    this.sent.length = 0;
  }

  name(index: number): string {
    return this.neighbours[index]?.id ?? '';
  }

  frame(from: number, type: number, body: Uint8Array): void {
    this.broadcast.frame(this.name(from), type, new Reader(Buffer.from(body)), this.now);
  }

  gossip(from: number, one: Item, hops = 1): void {
    this.frame(from, FrameType.Gossip, gossipFrame.encode(one, hops));
  }

  ihave(from: number, one: Item): void {
    this.frame(from, FrameType.IHave, ihaveFrame.encode([itemIdOf(one)]));
  }

  wait(ms: number): void {
    const end = this.now + ms;
    while (this.broadcast.deadline() <= end) {
      this.now = Math.max(this.now, this.broadcast.deadline());
      this.broadcast.tick(this.now);
    }
    this.now = end;
  }

  /** Indices of neighbours that were sent a frame of that type, since the last look. */
  took(type: number): number[] {
    const to = this.sent.filter((frame) => frame.type === type).map((frame) => frame.to);
    this.sent.length = 0;
    return to.map((id) => this.neighbours.findIndex((neighbour) => neighbour.id === id)).sort();
  }
}

const item = (text: string): Item => ({ kind: ItemKind.Entry, bytes: Buffer.from(text) });

test('an item is pushed along eager links and announced along a few others, the edges of the ring first', () => {
  const lab = new Lab(14);
  lab.broadcast.edges([lab.name(12), lab.name(13)]);
  expect(lab.broadcast.publish(item('a'), 0)).toBe(true);
  expect(lab.took(FrameType.Gossip)).toEqual([0]);
  lab.wait(200);
  const announced = lab.took(FrameType.IHave);
  expect(announced).toHaveLength(LAZY_LINKS_MAX);
  expect(announced).toContain(12);
  expect(announced).toContain(13);
  expect(lab.broadcast.publish(item('a'), lab.now)).toBe(false);
});

test('who comes is passed on at once; of many who come at once the others together, a moment later', () => {
  const lab = new Lab(3);
  lab.frame(2, FrameType.Graft, graftFrame.encode([]));
  const record = (text: string): Item => ({ kind: ItemKind.Record, bytes: Buffer.from(text) });
  for (const name of ['a', 'b', 'c']) lab.gossip(0, record(name));
  expect(lab.took(FrameType.Gossip)).toEqual([2]);
  lab.gossip(0, item('words wait for nobody'));
  expect(lab.took(FrameType.Gossip)).toEqual([2]);
  lab.wait(PRESENCE_EVERY_MS - 1);
  expect(lab.took(FrameType.Gossip)).toEqual([]);
  lab.wait(1);
  expect(lab.took(FrameType.Gossip)).toEqual([2, 2]);
  expect(lab.broadcast.publish(record('oneself'), lab.now)).toBe(true);
  expect(lab.took(FrameType.Gossip)).toContain(2);
});

test('announcements share a frame, and do not go back to who brought the item', () => {
  const lab = new Lab(6);
  for (let number = 0; number < 10; number++) lab.gossip(0, item(`${number}`));
  lab.sent.length = 0;
  lab.wait(200);
  const frames = lab.sent.filter(({ type }) => type === FrameType.IHave);
  expect(frames.every(({ body }) => ihaveFrame.decode(new Reader(body)).length === 10)).toBe(true);
  const told = lab.took(FrameType.IHave);
  expect(told).toHaveLength(LAZY_LINKS_MAX);
  expect(told).not.toContain(0);
});

test('a link that brings an item again is pruned, unless it belongs to the trunk', () => {
  const lab = new Lab(4);
  lab.broadcast.rooted(lab.name(2));
  lab.frame(3, FrameType.Graft, graftFrame.encode([]));
  lab.sent.length = 0;
  lab.gossip(0, item('a'));
  for (const from of [0, 1, 2, 3]) lab.gossip(from, item('a'));
  // The trunk brought it too, so the first is not needed either.
  expect(lab.took(FrameType.Prune)).toEqual([0, 1]);
});

test('what a graft added goes again once the trunk brings items by itself', () => {
  const lab = new Lab(4);
  lab.broadcast.rooted(lab.name(2));
  lab.ihave(3, item('a'));
  lab.wait(1_000);
  expect(lab.took(FrameType.Graft)).toEqual([2, 3]);
  lab.gossip(3, item('a'));
  lab.gossip(2, item('a'));
  expect(lab.took(FrameType.Prune)).toEqual([3]);
});

test('the link that stood in for a way to the root is given up when there is one', () => {
  const lab = new Lab(4);
  lab.broadcast.rooted(lab.name(2));
  expect(lab.took(FrameType.Prune)).toEqual([0]);
  lab.broadcast.publish(item('a'), 0);
  expect(lab.took(FrameType.Gossip)).toEqual([2]);
});

test('the trunk follows the overlay: the new way is grafted, the old one pruned', () => {
  const lab = new Lab(4);
  lab.broadcast.rooted(lab.name(2));
  expect(lab.took(FrameType.Graft)).toEqual([2]);
  lab.broadcast.rooted(lab.name(3));
  expect(lab.sent.map(({ to, type }) => [to, type])).toEqual([
    [lab.name(2), FrameType.Prune],
    [lab.name(3), FrameType.Graft],
  ]);
  // It is wanted at our end, whatever the other thinks of one item.
  lab.sent.length = 0;
  lab.frame(3, FrameType.Prune, new Uint8Array(0));
  expect(lab.took(FrameType.Graft)).toEqual([3]);
});

test('who prunes a link gets no more items by it, and still announcements', () => {
  const lab = new Lab(3);
  lab.frame(0, FrameType.Prune, new Uint8Array(0));
  lab.broadcast.publish(item('a'), 0);
  // The only eager link was pruned, so another took its place.
  expect(lab.took(FrameType.Gossip)).toEqual([1]);
  lab.wait(200);
  expect(lab.took(FrameType.IHave)).toContain(0);
});

test('what was announced and does not come is grafted from the first, then from the next, then given up', () => {
  const lab = new Lab(5);
  lab.ihave(2, item('a'));
  lab.ihave(3, item('a'));
  lab.wait(200);
  expect(lab.took(FrameType.Graft)).toEqual([]);
  lab.wait(3_000);
  expect(lab.took(FrameType.Graft)).toEqual([2, 3]);
  expect(lab.broadcast.counters.unserved).toBe(1);
  expect(lab.broadcast.deadline()).toBe(Number.POSITIVE_INFINITY);
  lab.gossip(3, item('a'), 4);
  expect(lab.received).toHaveLength(1);
});

test('what comes in time is not grafted', () => {
  const lab = new Lab(5);
  lab.ihave(2, item('a'));
  lab.wait(100);
  lab.gossip(0, item('a'));
  lab.wait(10_000);
  expect(lab.took(FrameType.Graft)).toEqual([]);
});

test('who grafts gets the item, from now on at once', () => {
  const lab = new Lab(6);
  lab.gossip(0, item('a'), 3);
  lab.sent.length = 0;
  lab.frame(5, FrameType.Graft, graftFrame.encode([itemIdOf(item('a'))]));
  const [answer] = lab.sent;
  expect(answer?.to).toBe(lab.name(5));
  expect(gossipFrame.decode(new Reader(answer?.body ?? Buffer.alloc(0)))).toEqual({
    item: item('a'),
    hops: 4,
  });
  lab.sent.length = 0;
  lab.gossip(0, item('b'));
  expect(lab.took(FrameType.Gossip)).toContain(5);
});

test('what is known already, by a HELLO or by sync, is passed on like anything new: others behind us wait for it', () => {
  const lab = new Lab(4);
  lab.frame(3, FrameType.Graft, graftFrame.encode([]));
  lab.fate = 'known';
  lab.gossip(0, item('a'));
  expect(lab.took(FrameType.Gossip)).toEqual([3]);
  lab.wait(200);
  expect(lab.took(FrameType.IHave)).toEqual([1, 2]);
});

test('what is known and was grafted all the same is old, and goes no further', () => {
  const lab = new Lab(4);
  lab.frame(1, FrameType.IHave, ihaveFrame.encode([itemIdOf(item('a'))]));
  lab.wait(1_000);
  expect(lab.took(FrameType.Graft)).toContain(1);
  lab.sent.length = 0;
  lab.fate = 'known';
  lab.gossip(1, item('a'));
  lab.wait(1_000);
  expect(lab.sent).toEqual([]);
});

test('what is refused goes nowhere and is not looked at again', () => {
  const lab = new Lab(4);
  lab.fate = 'drop';
  lab.gossip(0, item('b'));
  lab.gossip(1, item('b'));
  lab.wait(200);
  expect(lab.sent.map(({ type }) => type)).toEqual([FrameType.Prune]);
  expect(lab.received).toHaveLength(1);
  lab.frame(2, FrameType.Graft, graftFrame.encode([itemIdOf(item('b'))]));
  expect(lab.took(FrameType.Gossip)).toEqual([]);
});

test('a peer that loses its last eager link takes another at once', () => {
  const lab = new Lab(4);
  lab.broadcast.unlinked(lab.name(3));
  expect(lab.took(FrameType.Graft)).toEqual([]);
  lab.broadcast.unlinked(lab.name(0));
  expect(lab.took(FrameType.Graft)).toEqual([1]);
});

test('whoever repeats what nobody wants to hear loses the link', () => {
  const lab = new Lab(2);
  lab.gossip(0, item('a'));
  for (let count = 0; count < REPEATS_BURST; count++) lab.gossip(1, item('a'));
  expect(() => lab.gossip(1, item('a'))).toThrow(Malformed);
});

test('announcements of what nobody has take bounded memory, and bounded shares of it', () => {
  const lab = new Lab(8);
  let next = 0;
  const flood = (from: number, frames: number): void => {
    for (let count = 0; count < frames; count++) {
      const fakes = Array.from({ length: IHAVE_IDS_MAX }, () => itemIdOf(item(`fake ${next++}`)));
      lab.frame(from, FrameType.IHave, ihaveFrame.encode(fakes));
    }
  };
  flood(0, 40);
  expect(lab.broadcast.counters.refused).toBe(40 * IHAVE_IDS_MAX - 512);
  // The liar's share is used up; the others have theirs.
  lab.ihave(1, item('real'));
  expect(lab.broadcast.counters.refused).toBe(40 * IHAVE_IDS_MAX - 512);
  lab.wait(10_000);
  const asked = lab.sent.filter(({ type }) => type === FrameType.Graft);
  expect(asked.filter(({ to }) => to === lab.name(1))).toHaveLength(1);
  expect(lab.broadcast.deadline()).toBe(Number.POSITIVE_INFINITY);
});

test('grafts are answered at a bounded rate', () => {
  const lab = new Lab(3);
  lab.gossip(0, item('a'));
  lab.sent.length = 0;
  const greedy = graftFrame.encode(Array(32).fill(itemIdOf(item('a'))));
  const body = Buffer.from(greedy);
  for (let count = 0; count < 100; count++) lab.frame(2, FrameType.Graft, body);
  expect(lab.took(FrameType.Gossip)).toHaveLength(128);
});

test('frames that are no frames are malformed', () => {
  const lab = new Lab(1);
  const tooMany = Buffer.alloc(1, 255);
  expect(() => lab.frame(0, FrameType.IHave, tooMany)).toThrow(Malformed);
  expect(() => lab.frame(0, FrameType.Graft, tooMany)).toThrow(Malformed);
  expect(() => lab.frame(0, FrameType.Gossip, Buffer.from([1, 9, 0]))).toThrow(Malformed);
  expect(() =>
    lab.frame(0, FrameType.Gossip, Buffer.concat([Buffer.from([1, 1]), Buffer.alloc(6_000)])),
  ).toThrow(Malformed);
  expect(lab.broadcast.frame('', FrameType.Digest, new Reader(tooMany), 0)).toBe(false);
});

test('an author may say five things at once and one more each second; long words have their own measure', () => {
  const limit = new SpreadLimit();
  const LINK = 'ben';
  const ana = new Author(1).talk(20);
  expect(ana.filter((entry) => limit.lets(entry, LINK, 0))).toHaveLength(5);
  expect(ana.filter((entry) => limit.lets(entry, LINK, 3_000))).toHaveLength(3);
  const advert = 'buy my excellent and very cheap words here today';
  const crowd = Array.from({ length: 10 }, (_, index) => new Author(10 + index).say(advert));
  expect(crowd.filter((entry) => limit.lets(entry, LINK, 0))).toHaveLength(3);
  const ok = Array.from({ length: 10 }, (_, index) => new Author(30 + index).say('ok'));
  expect(ok.filter((entry) => limit.lets(entry, LINK, 0))).toHaveLength(10);
});

test('what one link brings is spread up to a rate, whoever wrote it; what others bring is no part of that', () => {
  const limit = new SpreadLimit();
  const crowd = Array.from({ length: LINK_SPREAD_BURST + 50 }, (_, number) => new Author(number).say('hi'));
  expect(crowd.filter((entry) => limit.lets(entry, 'eve', 0))).toHaveLength(LINK_SPREAD_BURST);
  expect(crowd.slice(0, 40).filter((entry) => limit.lets(entry, 'ben', 0))).toHaveLength(40);
});
