import { describe, expect, it } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import { ClientWorld, type User } from './client-world.js';

const VIENNA = { lat: 48.21, lon: 16.37 };
const BRATISLAVA = { lat: 48.15, lon: 17.11 };
const LISBON = { lat: 38.72, lon: -9.14 };

describe('names in the ring', () => {
  it('carry a mark where two people share one, and say whom somebody means', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const other = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(8_000);
    const people = await bo.do((client) => client.who());
    const [first, second] = people.map(({ user }) => user).filter((user) => user.startsWith('ana'));
    expect(first).toMatch(/^ana~[a-z2-7]{4}$/);
    expect(second).toMatch(/^ana~[a-z2-7]{4}$/);
    expect(first).not.toBe(second);
    await expect(bo.say('@ana', 'which one?')).rejects.toThrow(/More than one is called ana: write ana~/);
    await bo.say(`@${first}`, 'you');
    await world.run(3_000);
    const texts = [ana, other].map((user) => user.texts('@bo'));
    expect(texts.flat()).toEqual(['you']);
    other.leave();
    await world.run(3_000);
    expect((await bo.do((client) => client.who())).map(({ user }) => user)).toEqual(['ana', 'bo']);
  });

  it('may come to be written otherwise, and nobody has gone by that', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(8_000);
    await bo.say('@ana', 'hello');
    await world.run(2_000);
    const before = bo.events.length;
    world.start({ nick: 'ana' });
    await world.run(8_000);
    const [{ user = '', author } = {}] = await bo.do((client) => client.who('@ana'));
    expect(user).toMatch(/^ana~[a-z2-7]{4}$/);
    const room = bo.events.findLast((event) => event.event === 'room' && event.room.room === '@ana');
    expect(room).toMatchObject({ room: { author } });
    const told = bo.events.slice(before).filter((event) => event.event === 'presence');
    expect(told.filter((event) => event.author === author)).toMatchObject([
      { user, state: 'online' },
      { user: 'ana', state: 'offline' },
    ]);
    expect(ana.notices()).toEqual([
      `Somebody else here is called ana or nearly so: others see you as ${user}.`,
    ]);
  });

  it('are remembered of those one wrote to, who may not be there at the next start', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(8_000);
    await bo.say('@ana', 'hello');
    await world.run(2_000);
    ana.leave();
    bo.leave();
    await world.run(2_000);
    const again = world.start({ nick: 'bo', again: bo });
    await world.run(2_000);
    expect(again.texts('@ana')).toEqual(['hello']);
  });

  it('that only look alike are told apart, and people are warned once', async () => {
    const world = new ClientWorld();
    const bo = world.start({ nick: 'bo' });
    world.start({ nick: 'paypal' });
    world.start({ nick: 'PayPaI' });
    await world.run(8_000);
    const warnings = bo.notices().filter((text) => text.includes('only looks like'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/paypal~[a-z2-7]{4}/i);
  });

  it('that nobody has are not online, and oneself is told so', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    await expect(ana.say('@nobodyhere', 'hi')).rejects.toThrow('nobodyhere is not online');
    await expect(ana.say('@ana', 'hi')).rejects.toThrow('That is yourself');
    await expect(ana.say('#garden', 'hi')).rejects.toThrow('You are not in #garden');
  });
});

it('somebody who has gone is known, unlike somebody who never was here', async () => {
  const world = new ClientWorld();
  const ana = world.start({ nick: 'ana' });
  const bo = world.start({ nick: 'bo' });
  await world.run(8_000);
  expect(await ana.do((client) => client.person('bo'))).toMatchObject({ user: 'bo', state: 'online' });
  bo.leave();
  await world.run(8_000);
  const author = await bo.do(async (client) => (await client.person('bo')).author);
  expect(await ana.do((client) => client.person('bo'))).toEqual({ user: 'bo', state: 'offline', author });
  await expect(ana.do((client) => client.person('zed'))).rejects.toThrow('nobody of that name has been here');
});

describe('people of one interest', () => {
  it('are in one group, talk among themselves, and a late one gets what was said', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana', interests: ['chess'] });
    const bo = world.start({ nick: 'bo' });
    await world.run(6_000);
    expect((await bo.do((client) => client.tags()))[0]).toEqual({ tag: 'chess', people: 1 });
    await ana.say('+chess', 'e4');
    await world.run(2_000);
    expect(bo.texts('+chess')).toEqual([]);
    await bo.do((client) => client.interest('Chess'));
    await world.run(20_000);
    expect(bo.texts('+chess')).toEqual(['e4']);
    expect(ana.members('+chess')).toEqual(['ana', 'bo']);
    expect(ana.notices()).toContain('You share +chess with bo.');
    await bo.do((client) => client.leave('+chess'));
    await world.run(2_000);
    expect(ana.members('+chess')).toEqual(['ana']);
  });
});

describe('how one stands', () => {
  const told = ({ events }: User) => events.flatMap((event) => (event.event === 'ring' ? [event.state] : []));

  it('is alone at once where nobody is known, and joining first where somebody is to be asked', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    await world.run(1_000);
    expect(told(ana)).toEqual(['alone']);
    const bo = world.start({ nick: 'bo' });
    await world.run(8_000);
    expect(told(bo)).not.toContain('alone');
    expect(told(bo)[0]).toBe('joining');
    expect(told(bo).at(-1)).toBe('stable');
    for (const user of [ana, bo]) user.host.kill();
    const cyd = world.start({ nick: 'cyd' });
    await world.run(2_000);
    expect(told(cyd)).toEqual(['joining']);
    await world.run(4_000);
    expect(told(cyd)).toEqual(['joining', 'alone']);
  });
});

it('leaves without a word about how one stands, which the others are no more', async () => {
  const world = new ClientWorld();
  world.start({ nick: 'ana' });
  const bo = world.start({ nick: 'bo' });
  await world.run(8_000);
  const before = bo.events.length;
  bo.leave();
  await world.run(2_000);
  const told = bo.events.slice(before).map(({ event }) => event);
  for (const event of ['ring', 'presence', 'group', 'notice']) expect(told).not.toContain(event);
});

describe('a group of people nearby', () => {
  it('is founded for everybody within its radius, who are told by whom', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana', at: VIENNA });
    const bo = world.start({ nick: 'bo', at: BRATISLAVA });
    const cyd = world.start({ nick: 'cyd', at: LISBON });
    await world.run(6_000);
    const room = await ana.do((client) => client.near(100));
    expect(room.room).toBe('~ana');
    await world.run(2_000);
    expect(bo.members('~ana')).toEqual(['ana', 'bo']);
    expect(bo.notices()).toEqual(['You were enrolled in ~ana by ana: everybody within 100 km.']);
    expect(cyd.members('~ana')).toBeUndefined();
    await bo.say('~ana', 'hello neighbour');
    await world.run(2_000);
    expect(ana.texts('~ana')).toEqual(['hello neighbour']);
    expect(cyd.texts('~ana')).toEqual([]);
    await expect(cyd.say('~ana', 'me too')).rejects.toThrow('You are not in ~ana');
  });

  it('follows people as they move, and ends when its founder founds another', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana', at: VIENNA });
    const bo = world.start({ nick: 'bo', at: LISBON });
    await world.run(6_000);
    await ana.do((client) => client.near(100));
    await world.run(2_000);
    expect(bo.members('~ana')).toBeUndefined();
    await bo.do((client) => client.locate(BRATISLAVA));
    await world.run(2_000);
    expect(ana.members('~ana')).toEqual(['ana', 'bo']);
    await bo.do((client) => client.locate(LISBON));
    await world.run(2_000);
    expect(ana.members('~ana')).toEqual(['ana']);
    expect(bo.notices().at(-1)).toBe('You are out of ~ana: you are not within its 100 km any more.');
    await bo.do((client) => client.locate(BRATISLAVA));
    await world.run(2_000);
    await ana.do((client) => client.near(10));
    await world.run(2_000);
    expect(bo.notices().at(-1)).toBe('~ana is no more: ana founded another group.');
    expect(ana.members('~ana')).toEqual(['ana']);
  });

  it('outlives its founder, and enrols who comes later', async () => {
    const world = new ClientWorld();
    world.start({ nick: 'zoe' });
    const ana = world.start({ nick: 'ana', at: VIENNA });
    const bo = world.start({ nick: 'bo', at: BRATISLAVA });
    await world.run(6_000);
    await ana.do((client) => client.near(100));
    await world.run(2_000);
    ana.leave();
    await world.run(2_000);
    const dan = world.start({ nick: 'dan', at: VIENNA });
    await world.run(15_000);
    expect(bo.members('~ana')).toEqual(['bo', 'dan']);
    await bo.say('~ana', 'without her');
    await world.run(2_000);
    expect(dan.texts('~ana')).toEqual(['without her']);
  });

  it('waits for a place that is still looked up', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const room = await ana.do((client) => {
      void client.locate({ city: 'Vienna' });
      return client.near(50);
    });
    expect(room.room).toBe('~ana');
  });

  it('is for nobody whose place is taken back while it is still looked up', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    await ana.do(async (client) => {
      void client.locate({ city: 'Vienna' });
      await client.locate(undefined);
    });
    expect(await ana.do((client) => client.location())).toBeUndefined();
  });

  it('needs a place and a sound radius', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    await expect(ana.do((client) => client.near(50))).rejects.toThrow('roughly where you are');
    await expect(ana.do((client) => client.near())).rejects.toThrow('roughly where you are');
    await ana.do((client) => client.locate(VIENNA));
    await expect(ana.do((client) => client.near())).rejects.toThrow('There is no group near you yet');
    await expect(ana.do((client) => client.near(1))).rejects.toThrow(NatterError);
    expect(await ana.do((client) => client.locate(undefined))).toBeUndefined();
    expect(await ana.do((client) => client.location())).toBeUndefined();
  });
});

describe('talk in the ring', () => {
  it('says so when nobody answers at the addresses one was given', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(12_000);
    expect([ana, bo].flatMap((user) => user.notices())).toEqual([]);
    ana.leave();
    bo.leave();
    await world.run(2_000);
    const cyd = world.start({ nick: 'cyd' });
    await world.run(12_000);
    expect(cyd.notices()).toEqual([
      "Nobody of this ring answers at 10.0.0.0:7777: check the address and the ring's name; a closed ring is joined by its invite link only.",
    ]);
  });

  it('shows one’s own words at once, and keeps what was read over a restart', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(6_000);
    await ana.say('#lobby', 'one');
    const own = ana.screen('#lobby')[0];
    expect(own).toMatchObject({ text: 'one', mine: true, delivery: 'ok', seq: 1 });
    await world.run(2_000);
    expect(bo.screen('#lobby')[0]).toMatchObject({ from: 'ana', author: own?.author, id: own?.id });
    await bo.do((client) => client.read('#lobby', 1));
    bo.host.kill();
    await ana.say('#lobby', 'two');
    await world.run(2_000);
    const again = world.start({ nick: 'bo', again: bo });
    await world.run(10_000);
    expect(again.texts('#lobby')).toEqual(['one', 'two']);
    const rooms = again.events.flatMap((event) => (event.event === 'room' ? [event.room] : []));
    expect(rooms.findLast(({ room }) => room === '#lobby')).toMatchObject({ cursor: 1, unread: 1 });
  });

  it('holds private words for who is away, and says so', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    world.start({ nick: 'cyd' });
    await world.run(6_000);
    bo.leave();
    await world.run(3_000);
    await ana.say('@bo', 'when you are back');
    await world.run(5_000);
    expect(ana.screen('@bo')[0]?.delivery).toBe('held');
    const again = world.start({ nick: 'bo', again: bo });
    await world.run(15_000);
    expect(again.texts('@ana')).toEqual(['when you are back']);
    expect(ana.screen('@bo')[0]?.delivery).toBe('delivered');
  });

  it('shares after a restart what they shared before, says so, and ends with what is ended', async () => {
    const world = new ClientWorld();
    const first = world.start({ nick: 'bo', keeps: true, interests: ['tea'] });
    await first.do((client) => client.locate({ lat: 48.2, lon: 16.37 }));
    await first.do((client) => client.interest('go'));
    const { cell } = first.client.peer.people.own;
    expect(first.notices()).toEqual([]);
    first.host.kill();

    const second = world.start({ nick: 'bo', keeps: true, again: first });
    await world.run(10);
    expect(second.client.peer.people.own).toMatchObject({ cell, interests: ['tea', 'go'] });
    await second.do((client) => client.locate(undefined));
    await second.do((client) => client.leave('+tea'));
    await world.run(2_000);
    expect(second.notices()).toContain(
      'As last time you share the area around Vienna (/where off ends that) and +tea, +go (/leave +tea ends one).',
    );
    second.host.kill();

    const third = world.start({ nick: 'bo', keeps: true, again: second });
    await world.run(10);
    expect(third.client.peer.people.own).toMatchObject({ cell: '', interests: ['go'] });
    third.host.kill();

    const given = world.start({ nick: 'bo', keeps: true, again: third, interests: ['chess'] });
    await world.run(10);
    expect(given.client.peer.people.own.interests).toEqual(['chess']);
    given.host.kill();

    const script = world.start({ nick: 'bo', again: given });
    expect(script.client.peer.people.own.interests).toEqual([]);
  });

  it('tells somebody whose clock is far ahead why nobody hears them', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const late = world.start({ nick: 'bo', aheadMs: 5 * 3_600_000 });
    await world.run(6_000);
    await late.say('#lobby', 'from the future');
    await world.run(2_000);
    expect(ana.texts('#lobby')).toEqual([]);
    expect(late.notices().at(-1)).toContain('Your clock is 5 h ahead');
  });

  it('says the n-th text under one key once, however often a script is run', async () => {
    const world = new ClientWorld();
    const ana = world.start({ nick: 'ana' });
    const bo = world.start({ nick: 'bo' });
    await world.run(6_000);
    const id = await ana.do((client) => client.say('#lobby', 'backup done', 'text', 'job 7'));
    ana.host.kill();
    const again = world.start({ nick: 'ana', again: ana });
    await world.run(8_000);
    expect(await again.do((client) => client.say('#lobby', 'backup done', 'text', 'job 7'))).toBe(id);
    await world.run(2_000);
    expect(bo.texts('#lobby')).toEqual(['backup done']);
  });
});
