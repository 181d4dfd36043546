import { describe, expect, it } from 'vitest';
import { FrameType } from '../../src/net/constants.js';
import { MAIL_LIFE_MS } from '../../src/net/ring/constants.js';
import { type PostPeer, PostRing, talkOf } from '../support/post-ring.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function ringOf(
  count: number,
  seed = 1,
): { ring: PostRing; peers: PostPeer[]; ana: PostPeer; ben: PostPeer } {
  const ring = new PostRing(seed);
  const peers = ring.add(count);
  const [ana, ben] = farApart(ring, peers);
  return { ring, peers, ana, ben };
}

/** Two who have no link with each other. */
function farApart(ring: PostRing, peers: readonly PostPeer[]): [PostPeer, PostPeer] {
  for (const a of peers) for (const b of peers) if (a !== b && !ring.isLinked(a, b)) return [a, b];
  return peers.slice(0, 2) as [PostPeer, PostPeer];
}

describe('a private message', () => {
  it('comes over several links, in order, once, and its sender learns that it was delivered', () => {
    const { ring, ana, ben } = ringOf(40);
    for (let n = 0; n < 20; n++) ring.say(ana, ben, `text ${n}`);
    ring.run(3_000);
    expect(ben.heard).toEqual(Array.from({ length: 20 }, (_, n) => `text ${n}`));
    expect(new Set(Object.values(ana.states))).toEqual(new Set(['delivered']));
    expect(ana.deliveries.some(({ state }) => state === 'held')).toBe(false);
    expect(talkOf(ana).underWay).toBe(0);
  });

  it('between two who have a link takes no way around', () => {
    const ring = new PostRing();
    const [ana, ben] = ring.add(2) as [PostPeer, PostPeer];
    ring.say(ana, ben, 'hello');
    ring.run(1_000);
    expect(ben.heard).toEqual(['hello']);
    expect(talkOf(ben).router.counters.arrived).toBe(0);
  });

  it('comes once through a network that loses every tenth frame', () => {
    const { ring, ana, ben } = ringOf(60, 5);
    ring.weather = () => ring.chance() > 0.1;
    for (let n = 0; n < 50; n++) ring.say(ana, ben, `text ${n}`);
    ring.run(5 * MINUTE);
    expect(ben.heard).toHaveLength(50);
    expect([...ben.heard].sort()).toEqual(Array.from({ length: 50 }, (_, n) => `text ${n}`).sort());
    expect(new Set(Object.values(ana.states))).toEqual(new Set(['delivered']));
  });

  it("comes in its author's order although one of them is lost on its way at first", () => {
    const { ring, ana, ben } = ringOf(40);
    let lost = false;
    ring.weather = ({ from, body }) => {
      if (lost || from !== ana.id || body.length < 300) return true;
      lost = true;
      return false;
    };
    ring.say(ana, ben, 'one');
    ring.say(ana, ben, 'two');
    ring.run(10_000);
    expect(lost).toBe(true);
    expect(ben.heard).toEqual(['one', 'two']);
  });

  it('is one entry however often a script says it under its key', () => {
    const { ring, ana, ben } = ringOf(10);
    const first = ring.say(ana, ben, 'news', 'monday');
    expect(ring.say(ana, ben, 'more news', 'monday')).not.toBe(first);
    ring.run(1_000);
    ring.kill(ana);
    ring.start(ana);
    expect(ring.say(ana, ben, 'news', 'monday')).toBe(first);
    ring.run(MINUTE);
    expect(ben.heard).toEqual(['news', 'more news']);
  });

  it('to oneself, or under a key that is none, is refused with the reason', () => {
    const { ring, ana } = ringOf(4);
    expect(() => ring.say(ana, ana, 'hello')).toThrow(/yourself/);
    expect(() => talkOf(ana).say('ff'.repeat(32), 1, Buffer.from('hello'))).toThrow(/Nobody has that key/);
  });

  it('makes a direct link worthwhile after three within a minute, and not after a rest', () => {
    const { ring, ana, ben } = ringOf(40);
    for (let n = 0; n < 3; n++) {
      ring.say(ana, ben, `text ${n}`);
      ring.run(1_000);
    }
    expect(ana.reached).toEqual([`reach ${ben.id}`]);
    ring.run(6 * MINUTE);
    expect(ana.reached).toEqual([`reach ${ben.id}`, `leave ${ben.id}`]);
  });
});

describe('sealed mail', () => {
  it('is kept by the four live successors of who is away, and delivered once when they come', () => {
    const { ring, ana, ben } = ringOf(40);
    ring.kill(ben);
    ring.run(5_000);
    ring.say(ana, ben, 'are you there?');
    ring.run(5_000);
    expect(ana.states).toEqual({ 'are you there?': 'held' });
    const keepers = ring.keepersOf(ben, ana);
    expect(keepers.map((peer) => talkOf(peer).mail.shelf.size)).toEqual([1, 1, 1, 1]);
    const all = ring.peers.filter(({ talk }) => talk !== undefined);
    expect(all.filter((peer) => talkOf(peer).mail.shelf.size > 0)).toHaveLength(4);

    ring.start(ben);
    ring.run(MINUTE);
    expect(ben.heard).toEqual(['are you there?']);
    expect(ana.states).toEqual({ 'are you there?': 'delivered' });
    expect(all.map((peer) => talkOf(peer).mail.shelf.size).filter((size) => size > 0)).toEqual([]);
  });

  it('comes although its sender is gone by then, who learns of it on coming back', () => {
    const { ring, ana, ben } = ringOf(40);
    ring.kill(ben);
    ring.run(5_000);
    ring.say(ana, ben, 'bye');
    ring.run(5_000);
    ring.kill(ana);
    ring.run(HOUR);
    ring.start(ben);
    ring.run(HOUR);
    expect(ben.heard).toEqual(['bye']);
    ring.kill(ben);
    ring.run(HOUR);
    ana.deliveries.length = 0;
    ring.start(ana);
    ring.run(MINUTE);
    expect(ana.states).toEqual({ bye: 'delivered' });
    expect(talkOf(ana).underWay).toBe(0);
    ring.run(HOUR);
    const left = ring.peers.filter(({ talk }) => talk !== undefined && talk.mail.shelf.size > 0);
    expect(left).toEqual([]);
  });

  it('outlives those who keep it, one after the other, and newcomers between them', () => {
    const { ring, ana, ben } = ringOf(40);
    ring.kill(ben);
    ring.run(5_000);
    for (let n = 0; n < 10; n++) ring.say(ana, ben, `text ${n}`);
    ring.run(5_000);
    ring.kill(ana);
    for (let round = 0; round < 12; round++) {
      const [keeper] = ring.keepersOf(ben, ana);
      if (keeper !== undefined) ring.kill(keeper);
      ring.run(10_000);
      if (round % 3 === 0) ring.add(4);
      ring.run(10_000);
    }
    ring.run(2 * MINUTE);
    expect(ring.keepersOf(ben, ana).map((peer) => talkOf(peer).mail.shelf.of(ben.id).length)).toEqual([
      10, 10, 10, 10,
    ]);
    ring.start(ben);
    ring.run(2 * MINUTE);
    expect(ben.heard).toEqual(Array.from({ length: 10 }, (_, n) => `text ${n}`));
  });

  it('survives the restart of everybody at once', () => {
    const { ring, peers, ana, ben } = ringOf(12);
    ring.kill(ben);
    ring.run(5_000);
    ring.say(ana, ben, 'kept');
    ring.run(5_000);
    for (const peer of peers) if (peer !== ben) ring.kill(peer);
    for (const peer of peers) if (peer !== ana) ring.start(peer);
    ring.run(3 * MINUTE);
    expect(ben.heard).toEqual(['kept']);
  });

  it('does not come twice although somebody who kept it was away when its receipt came', () => {
    const { ring, ana, ben } = ringOf(40);
    ring.kill(ben);
    ring.run(5_000);
    ring.say(ana, ben, 'once');
    ring.run(5_000);
    const [keeper] = ring.keepersOf(ben, ana) as [PostPeer];
    ring.kill(keeper);
    ring.start(ben);
    ring.run(MINUTE);
    expect(ben.heard).toEqual(['once']);
    ring.start(keeper);
    ring.run(5 * MINUTE);
    expect(ben.heard).toEqual(['once']);
    expect(talkOf(keeper).mail.shelf.size).toBe(0);
  });

  it('expires after seven days: nobody keeps it, and its sender is told', () => {
    const { ring, ana, ben } = ringOf(12);
    ring.kill(ben);
    ring.run(5_000);
    ring.say(ana, ben, 'too late');
    ring.run(MAIL_LIFE_MS + HOUR);
    expect(ana.states).toEqual({ 'too late': 'expired' });
    const left = ring.peers.filter(({ talk }) => talk !== undefined && talk.mail.shelf.size > 0);
    expect(left).toEqual([]);
    ring.start(ben);
    ring.run(HOUR);
    expect(ben.heard).toEqual([]);
    const again = talkOf(ana).retry(ana.deliveries.at(-1)?.id ?? '');
    ring.run(MINUTE);
    expect(again).toHaveLength(32);
    expect(ben.heard).toEqual(['too late']);
  });

  it('waits with its author while nobody else is there, over restarts', () => {
    const ring = new PostRing();
    const [ana, ben] = ring.add(2) as [PostPeer, PostPeer];
    ring.kill(ben);
    ring.run(1_000);
    ring.say(ana, ben, 'alone');
    ring.run(HOUR);
    expect(ana.states).toEqual({ alone: 'sending' });
    ring.kill(ana);
    ring.run(HOUR);
    ring.start(ana);
    ring.start(ben);
    ring.run(10_000);
    expect(ben.heard).toEqual(['alone']);
    expect(ana.states).toEqual({ alone: 'delivered' });
  });
});

describe('on its way', () => {
  it('no byte of a text can be read', () => {
    const { ring, ana, ben } = ringOf(40);
    const seen: Buffer[] = [];
    ring.weather = ({ body }) => seen.push(body) > 0;
    ring.say(ana, ben, 'a very private word');
    ring.run(3_000);
    expect(ben.heard).toEqual(['a very private word']);
    expect(Buffer.concat(seen).includes('very private')).toBe(false);
    expect(Buffer.concat(seen).includes(ana.name)).toBe(false);
  });

  it('a letter that somebody changed is not taken, and comes whole when it is sent again', () => {
    const { ring, ana, ben } = ringOf(40);
    let changed = 0;
    ring.weather = ({ from, type, body }) => {
      if (type !== FrameType.Route || from === ana.id || body.length < 300 || changed > 0) return true;
      changed++;
      body[200] = (body[200] ?? 0) ^ 1;
      return true;
    };
    ring.say(ana, ben, 'whole');
    ring.run(30_000);
    expect(changed).toBe(1);
    expect(ben.heard).toEqual(['whole']);
  });
});
