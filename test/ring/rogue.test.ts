/** What a peer can do who keeps to nothing, to a ring in virtual time. Over real sockets: test/faults/ring-hostile. */
import { describe, expect, it } from 'vitest';
import { Roster } from '../../src/actors/ring/roster.js';
import { Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import {
  CLOCK_AHEAD_MAX_MS,
  GUESTS_MAX,
  PEER_LINKS_MAX,
  PeerState,
  RECORD_BURST,
  ROSTER_MAX,
  STRANGERS_BURST,
} from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { ItemKind } from '../../src/net/ring/gossip/item.js';
import { FOUNDING_KIND, FOUNDINGS_GROUP, foundingCodec } from '../../src/net/ring/groups.js';
import { madeUp } from '../support/rogue-peer.js';
import { RogueRing } from '../support/rogue-ring.js';
import { COMMUNITY, type Person } from './ring-world.js';

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

describe('a word that one’s clock is wrong', () => {
  const HOUR_MS = 3_600_000;
  const word = (ms: number) => new Writer(8, 8).u48(ms).view();

  it('is not shown when it is no reason to be refused, or when somebody’s record is too new for it', () => {
    const ring = new RogueRing(3);
    const { rogue, wire, act } = ring.linked();
    const { ahead, peer } = ring.person(0);
    const before = peer.links.figures.refused;
    act(() => {
      for (const ms of [HOUR_MS / 2, 5 * HOUR_MS, 2 ** 48 - 1]) rogue.send(wire, FrameType.Ahead, word(ms));
    });
    ring.world.run(1_000);
    expect(ahead).toEqual([]);
    expect(peer.links.figures.refused - before).toBe(3);
  });

  it('is shown when everybody’s record agrees', () => {
    const ring = new RogueRing(1);
    const { rogue, host, act } = ring.rogue();
    const { ahead, wires } = ring.person(0);
    rogue.profile = { ...rogue.profile, version: host.clock.wall() - 5 * HOUR_MS };
    let wire = 0;
    act(() => {
      wire = rogue.dial(wires.address);
    });
    ring.world.run(2_000);
    act(() => rogue.send(wire, FrameType.Ahead, word(5 * HOUR_MS)));
    ring.world.run(1_000);
    expect(ahead).toEqual([5 * HOUR_MS]);
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

  it('are gone from everybody’s list when nobody around their places has met them', () => {
    const ring = new RogueRing(6);
    const mallory = ring.linked();
    const { rogue, wire } = mallory;
    ring.flood(mallory, 1, () => {
      for (let number = 5_000; number < 5_030; number++)
        rogue.gossip(wire, rogue.recordItem({ name: `g${number}` }, madeUp(number)));
    });
    ring.world.run(5_000);
    for (const { present } of ring.people) expect(present.length).toBeGreaterThan(30);
    ring.world.run(4 * 60_000);
    for (const { present } of ring.people) expect(present.filter((name) => name.startsWith('g'))).toEqual([]);
  });

  it('cost nobody who is there an accusation', () => {
    const ring = new RogueRing(30);
    const versions = () => ring.people.map(({ peer }) => peer.people.own.version);
    const before = versions();
    ring.world.run(10 * 60_000);
    expect(versions()).toEqual(before);
    for (const { present } of ring.people) expect(present).toHaveLength(30);
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

describe('a list of people that is full of made-up ones', () => {
  it('has room all the same for whoever proves that they are there', () => {
    const record = (number: number) => {
      const contact = contactOf(COMMUNITY, madeUp(number).publicKey, []);
      const profile = { version: 1, state: PeerState.Online, name: `n${number}`, addresses: [] };
      return { ...profile, cell: '', interests: [], contact, bytes: Buffer.alloc(0) };
    };
    const changed: string[] = [];
    const friend = record(0);
    const roster = new Roster(
      'self',
      (id) => changed.push(id),
      (id) => id === friend.contact.id,
    );
    roster.learn(friend, 0);
    for (let number = 1; number < ROSTER_MAX; number++) roster.learn(record(number), 0);
    const newcomer = record(ROSTER_MAX);
    expect(roster.learn(newcomer, 0)).toBe('older');
    expect(roster.learn(newcomer, 0, true)).toBe('news');
    expect(roster.presentCount).toBe(ROSTER_MAX);
    expect(roster.shown(friend.contact.id)).toBeDefined();
    expect(changed.slice(-2)).toEqual([record(ROSTER_MAX - 1).contact.id, newcomer.contact.id]);
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
    ring.world.run(3_000);
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

describe('whoever founds groups with many keys', () => {
  const found = (ring: RogueRing, keys: number, centre: string, km: number) => {
    const { rogue, host, act, wire } = ring.linked();
    for (let at = 0; at < keys; at += 40) {
      act(() => {
        for (let number = at; number < Math.min(at + 40, keys); number++) {
          const body = foundingCodec.encode({ centre, km });
          const words = { group: FOUNDINGS_GROUP, kind: FOUNDING_KIND, body, name: `f${number}` };
          const { bytes } = rogue.entry('', host.clock.wall(), words, madeUp(2_000 + number));
          rogue.gossip(wire, { kind: ItemKind.Entry, bytes });
        }
      });
      ring.world.run(200);
    }
    // Whoever has only the rogue to hear it from gets it by sync.
    ring.world.run(20_000);
  };
  const entered = ({ groups }: Person) => groups.filter((line) => line.startsWith('in ~')).length;

  it('puts nobody into more than a few, and leaves room for one’s own', () => {
    const ring = new RogueRing(3, { cell: 'u33dc' });
    found(ring, 200, 'u33dc', 20_000);
    for (const person of ring.people) {
      expect(entered(person)).toBeLessThanOrEqual(24);
      expect(person.peer.groups.figures.crowded).toBeGreaterThan(100);
    }
    const body = foundingCodec.encode({ centre: 'u33dc', km: 10 });
    const own = ring.person(1);
    own.host.turn(() => own.peer.feeds.say(FOUNDINGS_GROUP, FOUNDING_KIND, 'p1', body));
    ring.world.run(1_000);
    const founded = own.peer.groups.foundedBy(own.peer.self);
    expect(own.peer.groups.get(founded?.id ?? '')).toBeDefined();
  });

  it('ends no group by founding more elsewhere than anybody remembers', () => {
    const ring = new RogueRing(3, { cell: 'u33dc' });
    const body = foundingCodec.encode({ centre: 'u33dc', km: 10 });
    const founder = ring.person(1);
    founder.host.turn(() => founder.peer.feeds.say(FOUNDINGS_GROUP, FOUNDING_KIND, 'p1', body));
    ring.world.run(1_000);
    found(ring, 1_100, 'ezs42', 5);
    for (const { groups } of ring.people) expect(groups).toEqual(['in ~p1']);
  });

  it('puts nobody anywhere by a place or a radius that there is not', () => {
    const ring = new RogueRing(3, { cell: 'u33dc' });
    const { rogue, host, act, wire } = ring.linked();
    const nonsense = [
      ['aaaaa', 10],
      ['', 10],
      ['u33dc', 0],
      ['u33dc', 4],
      ['u33dc', 20_001],
      ['u33dc', Number.MAX_SAFE_INTEGER],
      ['\u0000\u001b[2', 10],
    ] as const;
    act(() => {
      for (const [number, [centre, km]] of nonsense.entries()) {
        const words = {
          group: FOUNDINGS_GROUP,
          kind: FOUNDING_KIND,
          body: foundingCodec.encode({ centre, km }),
        };
        const { bytes } = rogue.entry('', host.clock.wall(), words, madeUp(3_000 + number));
        rogue.gossip(wire, { kind: ItemKind.Entry, bytes });
      }
    });
    ring.world.run(2_000);
    for (const person of ring.people) expect(entered(person)).toBe(0);
  });
});
