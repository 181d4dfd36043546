/** What a peer can do who keeps to nothing, to a ring in virtual time. Over real sockets: test/faults/ring-hostile. */
import { describe, expect, it } from 'vitest';
import {
  CLOCK_AHEAD_MAX_MS,
  GUESTS_MAX,
  PEER_LINKS_MAX,
  RECORD_BURST,
  STRANGERS_BURST,
} from '../../src/net/constants.js';
import { ItemKind } from '../../src/net/ring/gossip/item.js';
import { madeUp } from '../support/rogue-peer.js';
import { RogueRing } from '../support/rogue-ring.js';

describe('one key that is news all the time', () => {
  it('is spread now and then, and costs the ring little more than its author', () => {
    const ring = new RogueRing(6);
    const mallory = ring.linked();
    const { rogue, host, wire } = mallory;
    const seen = ring.people.map(({ presence }) => presence.length);
    const [before, own] = [ring.bytes, rogue.bytesOut];
    const seconds = 10;
    ring.flood(mallory, seconds, (second) => {
      for (let count = 0; count < 200; count++) {
        const version = host.clock.wall() + second * 200 + count;
        rogue.gossip(wire, rogue.recordItem({ name: `m${second * 200 + count}`, version }));
      }
    });
    for (const [index, { presence }] of ring.people.entries())
      expect(presence.length - (seen[index] ?? 0)).toBeLessThan(RECORD_BURST + seconds);
    expect(ring.bytes - before).toBeLessThan(2 * (rogue.bytesOut - own));
  });

  it('is refused by whoever is greeted by it again and again', () => {
    const ring = new RogueRing(3);
    const mallory = ring.linked();
    ring.flood(mallory, 1, () => {
      for (let count = 0; count < 20; count++) mallory.rogue.hello(mallory.wire);
    });
    expect(mallory.rogue.open).not.toContain(mallory.wire);
    expect(ring.person(0).peer.links.figures.refused).toBeGreaterThan(0);
  });
});

describe('keys that somebody made up', () => {
  it('come into nobody’s list faster than people come', () => {
    const ring = new RogueRing(6);
    const mallory = ring.linked();
    const { rogue, wire } = mallory;
    const seconds = 5;
    ring.flood(mallory, seconds, (second) => {
      for (let count = 0; count < 200; count++) {
        const number = 1_000 + second * 200 + count;
        rogue.gossip(wire, rogue.recordItem({ name: `g${number}` }, madeUp(number)));
      }
    });
    for (const { present } of ring.people)
      expect(present.length).toBeLessThan(STRANGERS_BURST + 20 * seconds + 10);
    expect(ring.person(0).peer.people.figures.throttled).toBeGreaterThan(500);
  });

  it('take neither the room for newcomers nor that for those whom one dials', () => {
    const ring = new RogueRing(6);
    const rogues = Array.from({ length: PEER_LINKS_MAX + 50 }, () => ring.rogue());
    for (const { rogue, act } of rogues) act(() => rogue.dial(ring.person(0).wires.address));
    ring.world.run(20_000);
    const { links } = ring.person(0).peer;
    expect(links.all.size).toBeLessThanOrEqual(GUESTS_MAX + 10);
    expect(links.figures.crowded).toBeGreaterThan(0);
    for (const { peer } of ring.people) expect(peer.state).toBe('stable');
  });
});

describe('an entry that is dated almost too far ahead', () => {
  it('does not make others say what is refused by whose clock is slower', () => {
    const ring = new RogueRing(6);
    const [fastest] = [...ring.people].sort((a, b) => b.host.clock.wall() - a.host.clock.wall());
    const { rogue, act, wire } = ring.linked(fastest);
    const ahead = rogue.entry('soon', (fastest?.host.clock.wall() ?? 0) + CLOCK_AHEAD_MAX_MS - 200);
    act(() => rogue.gossip(wire, { kind: ItemKind.Entry, bytes: ahead.bytes }));
    ring.world.run(300);
    for (const [index, person] of ring.people.entries()) person.say(`said by ${index}`);
    ring.world.run(1_000);
    for (const { heard, ahead: told } of ring.people) {
      expect(heard.filter((text) => text.startsWith('said by'))).toHaveLength(6);
      expect(told).toEqual([]);
    }
  });
});

describe('who says that others are dead', () => {
  it('moves nobody’s screen, also with versions that nobody has', () => {
    const ring = new RogueRing(8);
    const mallory = ring.linked();
    const { rogue, wire } = mallory;
    ring.world.run(12_000);
    const seenOf = () =>
      ring.people.map(({ presence }) => presence.filter((line) => !line.startsWith(rogue.profile.name)));
    const seen = seenOf();
    ring.flood(mallory, 5, () => {
      for (const { peer } of ring.people) {
        const { own } = peer.people;
        rogue.gossip(wire, rogue.death(own));
        rogue.gossip(wire, rogue.death({ ...own, version: 2 ** 48 - 1 }));
      }
    });
    ring.world.run(10_000);
    expect(seenOf()).toEqual(seen);
    for (const { peer } of ring.people) expect(peer.state).toBe('stable');
  });

  it('is not heard any more once it only repeats itself', () => {
    const ring = new RogueRing(3);
    const mallory = ring.linked();
    const { rogue, wire } = mallory;
    const item = rogue.death(ring.person(1).peer.people.own);
    ring.flood(mallory, 10, () => {
      for (let count = 0; count < 400; count++) rogue.gossip(wire, item);
    });
    expect(rogue.open).not.toContain(wire);
  });
});
