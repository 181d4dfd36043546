import { describe, expect, test } from 'vitest';
import { Malformed, Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import {
  GROUP_ENTRIES_MAX,
  HEADS_MAX,
  SYNC_PATIENCE_MS,
  SYNC_ROUNDS_MAX,
  UNSERVED_MAX,
  UNSERVED_MS,
} from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { type FeedEntry, readEntry } from '../../src/net/ring/entry.js';
import { type Item, ItemKind } from '../../src/net/ring/gossip/item.js';
import { digestFrame, headsFrame, itemsFrame, lackFrame, readName } from '../../src/net/ring/sync/frames.js';
import type { SyncHead, SyncSet } from '../../src/net/ring/sync/set.js';
import { Sync } from '../../src/net/ring/sync/sync.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';
import { Author, COMMUNITY, LOBBY, LOBBY_ID, WALL } from '../store/feeds-support.js';

interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** One honest sync, whose partners are played by the test. */
class Lab {
  now = 0;
  readonly store = new MemoryFeedStore();
  readonly synced: string[] = [];
  readonly added: string[] = [];
  readonly sync: Sync;
  /** For how long nobody is asked for anything. */
  restMs = 0;
  readonly #sent: (Frame & { readonly to: string })[] = [];

  constructor() {
    this.sync = new Sync({
      random: (target) => target.fill(0x80),
      port: {
        send: (to, type, body) => {
          this.#sent.push({ to, type, body: Buffer.from(body) });
          return true;
        },
        sets: () => [this.store.set(LOBBY_ID)],
        restMs: () => this.restMs,
        received: (items) => {
          const entries = items.map(({ bytes }) => readEntry(bytes, COMMUNITY, () => true));
          const added = this.store.append(entries, WALL);
          this.added.push(...added.map(({ state }) => state));
          return added.filter(({ state }) => state === 'new').length;
        },
        synced: (peer) => this.synced.push(peer),
      },
    });
  }

  frame(from: string, type: number, body: Uint8Array): void {
    this.sync.frame(from, type, new Reader(Buffer.from(body)), this.now);
  }

  /** What was sent to a partner since the last look. */
  took(to: string): Frame[] {
    const frames = this.#sent.filter((frame) => frame.to === to);
    this.#sent.length = 0;
    return frames;
  }
}

/** A partner that says whatever the test wants. */
class Liar {
  readonly id: string;
  readonly #lab: Lab;
  #round = 0;

  constructor(lab: Lab, number = 1) {
    const contact = contactOf(COMMUNITY, Buffer.alloc(32, number), []);
    this.#lab = lab;
    this.id = contact.id;
    lab.sync.linked(contact, lab.now);
  }

  /** Opens a round in which everything of the lobby differs. */
  open(): Frame[] {
    this.#round++;
    const body = digestFrame.encode({ isSenders: true, round: this.#round }, [
      { ...nothing, id: LOBBY, root: Buffer.alloc(16, this.#round) },
    ]);
    this.#lab.took(this.id);
    this.#lab.frame(this.id, FrameType.Digest, body);
    return this.#lab.took(this.id);
  }

  /** Claims to have these, in its own round. */
  claim(heads: readonly SyncHead[], buckets: readonly number[] = [0]): Frame[] {
    const body = headsFrame.encode({ isSenders: true, round: this.#round }, { set: LOBBY, buckets, heads });
    this.#lab.frame(this.id, FrameType.Heads, body);
    return this.#lab.took(this.id);
  }

  /** Answers what it was asked last. */
  serve(lack: Frame | undefined, entries: readonly FeedEntry[], hasMore = false): Frame[] {
    const items: Item[] = entries.map(({ bytes }) => ({ kind: ItemKind.Entry, bytes }));
    const { ask } = lackOf(lack);
    const body = itemsFrame.encode({ isSenders: true, round: this.#round }, { ask, hasMore, items });
    this.#lab.frame(this.id, FrameType.Items, body);
    return this.#lab.took(this.id);
  }

  lack(ranges: readonly { readonly id: Buffer; readonly from: number; readonly to: number }[]): Frame[] {
    const body = lackFrame.encode({ isSenders: true, round: this.#round }, { ask: 1, set: LOBBY, ranges });
    this.#lab.frame(this.id, FrameType.Lack, body);
    return this.#lab.took(this.id);
  }
}

const nothing: SyncSet = {
  id: LOBBY,
  root: Buffer.alloc(16),
  digest: Buffer.alloc(1024),
  heads: () => [],
  lack: () => [],
  lost: () => {},
  read: () => [],
};

function lackOf(frame: Frame | undefined) {
  if (frame?.type !== FrameType.Lack) throw new Error('nothing was asked');
  const body = new Reader(frame.body);
  readName(body);
  return lackFrame.decode(body);
}

const fake = (number: number, last = 5): SyncHead => {
  const id = Buffer.alloc(16, 1);
  id.writeUInt32BE(number);
  return { id, first: 1, last, mark: Buffer.alloc(8, 9), at: WALL };
};

const headOf = (author: Author): SyncHead => {
  const last = author.said.at(-1);
  if (last === undefined) throw new Error('nothing was said');
  const id = Buffer.from(last.feed, 'hex');
  return { id, first: 1, last: last.seq, mark: last.hash.subarray(0, 8), at: WALL };
};

const asks = (frames: readonly Frame[]): Frame[] => frames.filter(({ type }) => type === FrameType.Lack);

describe('a partner that', () => {
  test('has brought enough for now is asked later, for what it promised', () => {
    const lab = new Lab();
    const ana = new Author(1);
    ana.talk(3);
    const busy = new Liar(lab);
    lab.restMs = 1_500;
    busy.open();
    expect(asks(busy.claim([headOf(ana)]))).toEqual([]);
    expect(lab.sync.deadline()).toBe(1_500);
    lab.now = 1_500;
    lab.restMs = 0;
    lab.sync.tick(lab.now);
    const [ask] = asks(lab.took(busy.id));
    busy.serve(ask, ana.said);
    expect(lab.added).toEqual(['new', 'new', 'new']);
    expect(lab.sync.counters.broken).toBe(0);
  });

  test('promises what it cannot hand over is not asked for that again, and others are', () => {
    const lab = new Lab();
    const ana = new Author(1);
    ana.talk(3);
    const liar = new Liar(lab);
    liar.open();
    const [ask] = asks(liar.claim([headOf(ana)]));
    liar.serve(ask, []);
    expect(lab.sync.counters.broken).toBe(1);
    liar.open();
    expect(asks(liar.claim([headOf(ana)]))).toEqual([]);
    const honest = new Liar(lab, 2);
    honest.open();
    const [other] = asks(honest.claim([headOf(ana)]));
    honest.serve(other, ana.said);
    expect(lab.added).toEqual(['new', 'new', 'new']);
    // It is forgiven after a while: it may have got it.
    ana.say('later');
    lab.now += UNSERVED_MS + 1;
    liar.open();
    expect(asks(liar.claim([headOf(ana)]))).toHaveLength(1);
  });

  test('has endless heads is not looked at any more', () => {
    const lab = new Lab();
    const liar = new Liar(lab);
    let asked = 0;
    for (let round = 0; round < 20; round++) {
      lab.now += 5_000;
      liar.open();
      const heads = Array.from({ length: HEADS_MAX }, (_, index) => fake(round * HEADS_MAX + index));
      let [ask] = asks(liar.claim(heads));
      for (; ask !== undefined; [ask] = asks(liar.serve(ask, []))) asked++;
    }
    // 20 times 512 heads: two rounds' worth of asking, and again when it is forgiven.
    expect(asked).toBeLessThan(12);
    expect(lab.sync.counters.refused).toBeGreaterThan(10 * HEADS_MAX);
    expect(lab.sync.counters.broken).toBeGreaterThanOrEqual(UNSERVED_MAX);
  });

  test('claims a feed without end is asked for no more of it than would be kept', () => {
    const lab = new Lab();
    lab.store.append([new Author(5).say('x')], WALL);
    const liar = new Liar(lab);
    liar.open();
    const [range] = lackOf(asks(liar.claim([fake(1, 2 ** 50)]))[0]).ranges;
    expect((range?.to ?? 0) - (range?.from ?? 0)).toBeLessThan(GROUP_ENTRIES_MAX);
  });

  test('promises more and more, and hands over nothing new, is not asked on and on', () => {
    const lab = new Lab();
    const ana = new Author(1);
    const [first] = ana.talk(9);
    if (first === undefined) throw new Error('nothing was said');
    const liar = new Liar(lab);
    liar.open();
    const [ask] = asks(liar.claim([headOf(ana)]));
    const [again] = asks(liar.serve(ask, [first], true));
    expect(lackOf(again).ranges.map(({ from, to }) => [from, to])).toEqual([[2, 9]]);
    expect(asks(liar.serve(again, [first], true))).toEqual([]);
  });

  test('sends what nobody asked for is ignored, and counted', () => {
    const lab = new Lab();
    const ana = new Author(1);
    const said = ana.talk(2);
    const liar = new Liar(lab);
    lab.took(liar.id);
    expect(liar.claim([headOf(ana)])).toEqual([]);
    const items = said.map(({ bytes }) => ({ kind: ItemKind.Entry, bytes }));
    for (const isSenders of [true, false])
      lab.frame(
        liar.id,
        FrameType.Items,
        itemsFrame.encode({ isSenders, round: 1 }, { ask: 1, hasMore: false, items }),
      );
    expect(lab.sync.counters.unasked).toBe(3);
    expect(lab.added).toEqual([]);
    // Also within a round: only what was asked, once.
    liar.open();
    const [ask] = asks(liar.claim([headOf(ana)]));
    liar.serve(ask, said);
    liar.serve(ask, said);
    expect(lab.sync.counters.unasked).toBe(4);
    expect(lab.added).toEqual(['new', 'new']);
  });

  test('asks for comparison all the time is answered eight times in half a minute', () => {
    const lab = new Lab();
    const liar = new Liar(lab);
    const answers = Array.from({ length: 50 }, () => liar.open()).filter((frames) => frames.length > 0);
    expect(answers).toHaveLength(SYNC_ROUNDS_MAX);
    expect(lab.sync.counters.refused).toBe(50 - SYNC_ROUNDS_MAX);
    lab.now += 30_000;
    expect(liar.open()).toHaveLength(1);
  });

  test('sends heads of the same buckets over and over gets ours once', () => {
    const lab = new Lab();
    lab.store.append(new Author(1).talk(3), WALL);
    const liar = new Liar(lab);
    liar.open();
    const all = Array.from({ length: 256 }, (_, bucket) => bucket);
    expect(liar.claim([], all).filter(({ type }) => type === FrameType.Heads)).toHaveLength(1);
    expect(liar.claim([], all)).toEqual([]);
    expect(lab.sync.counters.unasked).toBe(1);
  });

  test('asks for the same entries without end is served at a bounded rate', () => {
    const lab = new Lab();
    const ana = new Author(1);
    for (let index = 0; index < 20; index++) ana.say('x'.repeat(4_000));
    lab.store.append(ana.said, WALL);
    const liar = new Liar(lab);
    liar.open();
    const ranges = [{ id: headOf(ana).id, from: 1, to: 20 }];
    let bytes = 0;
    for (let count = 0; count < 2_000; count++)
      for (const frame of liar.lack(ranges)) bytes += frame.body.length;
    expect(bytes).toBeLessThan(17 * 1024 * 1024);
    expect(lab.sync.counters.refused).toBeGreaterThan(1_000);
  });

  test('hands over a forked history proves it, and is asked for no more of it', () => {
    const lab = new Lab();
    const [mine, theirs] = [new Author(1), new Author(1)];
    lab.store.append(mine.talk(3), WALL);
    const forked = [theirs.say('other words'), theirs.say('and more')];
    const liar = new Liar(lab);
    liar.open();
    const [ask] = asks(liar.claim([headOf(theirs)]));
    expect(lackOf(ask).ranges.map(({ from, to }) => [from, to])).toEqual([[2, 2]]);
    liar.serve(ask, forked.slice(1));
    expect(lab.added).toEqual(['forked']);
    liar.open();
    expect(asks(liar.claim([headOf(theirs)]))).toEqual([]);
  });

  test('hands over entries from the future brings nothing in, and is not asked again', () => {
    const lab = new Lab();
    lab.store.append([new Author(2).say('now')], WALL);
    const ahead = new Author(1);
    ahead.say('tomorrow', WALL + 24 * 3_600_000);
    const liar = new Liar(lab);
    liar.open();
    const [ask] = asks(liar.claim([headOf(ahead)]));
    liar.serve(ask, ahead.said);
    expect(lab.added).toEqual(['refused']);
    liar.open();
    expect(asks(liar.claim([headOf(ahead)]))).toEqual([]);
  });

  test('says nothing is given up, and holds up nobody else', () => {
    const lab = new Lab();
    const ana = new Author(1);
    ana.talk(3);
    const silent = new Liar(lab);
    lab.took(silent.id);
    silent.open();
    expect(asks(silent.claim([headOf(ana)]))).toHaveLength(1);
    const honest = new Liar(lab, 2);
    honest.open();
    // It is being fetched from the first.
    expect(asks(honest.claim([headOf(ana)]))).toEqual([]);
    lab.now += SYNC_PATIENCE_MS;
    lab.sync.tick(lab.now);
    honest.open();
    expect(asks(honest.claim([headOf(ana)]))).toHaveLength(1);
    expect(lab.synced).toContain(silent.id);
  });

  test('sends what is no frame loses the link', () => {
    const lab = new Lab();
    const liar = new Liar(lab);
    liar.open();
    const bodies: [type: number, body: Buffer][] = [
      [FrameType.Digest, Buffer.from([2, 1])],
      [FrameType.Digest, Buffer.from([1, 1, 200])],
      [FrameType.Heads, Buffer.concat([Buffer.from([1, 1]), Buffer.alloc(48), Buffer.from([255, 255])])],
      [FrameType.Lack, Buffer.concat([Buffer.from([1, 1, 1]), Buffer.alloc(16), Buffer.from([255, 255])])],
      [FrameType.Items, Buffer.from([1, 1, 1, 0, 77, 0])],
    ];
    for (const [type, body] of bodies)
      expect(() => lab.frame(liar.id, type, body), `${type}`).toThrow(Malformed);
  });
});
