/** What somebody can say without effort and as fast as they like, to a ring in virtual time. */
import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { clockAt } from '../../src/net/ring/clock.js';
import {
  AUTHOR_ENTRIES_MAX,
  CATCH_UP_MS,
  GROUP_ENTRIES_MAX,
  LINK_ENTRIES_BURST,
  LINK_ENTRIES_PER_S,
  MAIL_NAMES_BURST,
  MAIL_NAMES_MAX,
  MAIL_NAMES_PER_S,
} from '../../src/net/ring/constants.js';
import { type FeedEntry, NO_ENTRY, signEntry } from '../../src/net/ring/entry.js';
import { ItemKind } from '../../src/net/ring/gossip/item.js';
import { namesCodec } from '../../src/net/ring/mail/frames.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';
import { madeUp } from '../support/rogue-peer.js';
import { RogueRing } from '../support/rogue-ring.js';
import { COMMUNITY, type Person } from './ring-world.js';

/** A frame full of names that nobody has heard of. */
function names(number: number): Buffer {
  const writer = new Writer(1024, 8192);
  const made = Array.from({ length: MAIL_NAMES_MAX }, (_, n) =>
    (number * MAIL_NAMES_MAX + n).toString(16).padStart(32, '0'),
  );
  namesCodec.encode(writer, made);
  return writer.copy();
}

/** What one made-up person said before `wall`. */
function talk(number: number, count: number, wall: number): FeedEntry[] {
  let previous: Buffer = NO_ENTRY;
  return Array.from({ length: count }, (_, index) => {
    const entry = signEntry(madeUp(number), COMMUNITY, {
      ...{ group: Buffer.alloc(16), epoch: Buffer.alloc(8, 1), seq: index + 1, previous },
      ...{
        clock: clockAt(wall - count + index),
        kind: 1,
        name: 'm',
        body: Buffer.from(`${number} ${index}`),
      },
    });
    previous = entry.hash;
    return entry;
  });
}

/** Somebody who joins with all that in their store. */
function joinWith(ring: RogueRing, entries: readonly FeedEntry[]): Person {
  const store = new MemoryFeedStore();
  store.append(entries, ring.person(0).host.clock.wall());
  return ring.world.add({ store });
}

describe('whoever says things with many keys', () => {
  it('is heard no more than one link may bring, and keeps nobody from hearing the others', () => {
    const ring = new RogueRing(6);
    const mallory = ring.linked();
    const { rogue, host, wire } = mallory;
    const keys = Array.from({ length: 256 }, (_, number) => madeUp(9_000 + number));
    const seconds = 5;
    ring.flood(mallory, seconds, (second) => {
      for (const key of keys)
        for (const number of [1, 2, 3]) {
          const epoch = Buffer.alloc(8, second * 4 + number);
          const { bytes } = rogue.entry('x', host.clock.wall(), { epoch }, key);
          rogue.gossip(wire, { kind: ItemKind.Entry, bytes });
        }
      ring.person(second % 6).say(`word ${second}`);
    });
    for (const { heard } of ring.people) {
      expect(heard.filter((text) => text === 'x').length).toBeLessThan(
        LINK_ENTRIES_BURST + LINK_ENTRIES_PER_S * (seconds + 1),
      );
      expect(heard.filter((text) => text.startsWith('word'))).toHaveLength(seconds);
    }
    expect(ring.person(0).peer.feeds.figures.throttled).toBeGreaterThan(2_000);
  });

  it('does not get in faster by sync, but at last', () => {
    const ring = new RogueRing(2);
    ring.world.run(CATCH_UP_MS);
    const wall = ring.person(0).host.clock.wall();
    const said = [1, 2, 3].flatMap((number) => talk(number, 1_000, wall));
    joinWith(ring, said);
    ring.world.run(5_000);
    const { heard } = ring.person(0);
    expect(heard.length).toBeGreaterThan(LINK_ENTRIES_BURST);
    expect(heard.length).toBeLessThan(said.length / 2);
    ring.world.run(60_000);
    expect(heard).toHaveLength(said.length);
  });
});

describe('a link that brings much and is honest', () => {
  it('is heard to the last word when two hundred people speak within a second', () => {
    const ring = new RogueRing(6);
    const mallory = ring.linked();
    let said = 0;
    for (let number = 0; number < 200; number++) {
      const { rogue, host, wire, act } = mallory;
      const { bytes } = rogue.entry(`${number}`, host.clock.wall(), {}, madeUp(7_000 + number));
      act(() => {
        if (rogue.gossip(wire, { kind: ItemKind.Entry, bytes })) said++;
      });
      ring.world.run(5);
    }
    ring.world.run(3_000);
    expect(said).toBe(200);
    for (const { heard, peer } of ring.people) {
      expect(heard).toHaveLength(200);
      expect(peer.feeds.figures.throttled).toBe(0);
    }
  });

  it('hands a newcomer the whole history within seconds', () => {
    const ring = new RogueRing(0);
    const wall = ring.world.add().host.clock.wall();
    const { store } = ring.person(0);
    store.append(
      [1, 2, 3, 4].flatMap((number) => talk(number, AUTHOR_ENTRIES_MAX, wall)),
      wall,
    );
    const newcomer = ring.world.add();
    ring.world.run(8_000);
    expect(newcomer.heard).toHaveLength(GROUP_ENTRIES_MAX);
  });
});

describe('whoever names mail that there is not', () => {
  it('is answered now and then, also over a new link, and costs the ring less than its author', () => {
    const ring = new RogueRing(3);
    const mallory = ring.linked();
    const { rogue } = mallory;
    const [before, own] = [ring.bytes, rogue.bytesOut];
    const seconds = 10;
    let { wire } = mallory;
    ring.flood(mallory, seconds, (second) => {
      for (let count = 0; count < 100; count++)
        rogue.send(wire, FrameType.Shelf, names(second * 100 + count));
      if (second === 5) wire = rogue.dial(ring.person(0).wires.address);
    });
    const { router } = ring.person(0).peer.parts.talk;
    const looked = Math.ceil((MAIL_NAMES_BURST + MAIL_NAMES_PER_S * seconds) / MAIL_NAMES_MAX);
    expect(router.counters.limited).toBeGreaterThan(100 * (seconds - 1) - looked);
    const said = rogue.bytesOut - own;
    expect(ring.bytes - before - said).toBeLessThan(said / 4);
  });
});
