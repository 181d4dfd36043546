import { describe, expect, it } from 'vitest';
import { EntryKind, EventKind, Operation } from '../../src/chat/operations.js';
import { Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec } from '../../src/net/entry.js';
import { headCodec } from '../../src/net/talk.js';
import { TestServer } from '../support/chat-server.js';

const LOBBY = 1;
const GARDEN = 2;

/** Nobody waits: what is measured is another limit. */
const QUICK = { registrationsPerAddressPerMinute: 1e6, requestsPerS: 1e6, requestsBurst: 1e6 };

it('tells who is registered, as they write their name, from whom nobody knows', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('Ben');
  await ben.do(Operation.Logout, {});
  expect(await ada.do(Operation.Person, { n: 'ben' })).toEqual({ n: 'Ben' });
  expect(await ada.refused(Operation.Person, { n: 'zed' })).toBe('NO_SUCH_USER');
});

describe('a room', () => {
  it('shows those in it who comes and who goes, and sends nothing to who has left', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    await ada.do(Operation.Join, { n: 'garden' });
    await ben.do(Operation.Join, { n: 'garden' });
    await ben.do(Operation.Leave, { l: GARDEN });
    ada.post(GARDEN, 1, 'he is gone');
    ben.post(GARDEN, 1, 'am I?');
    await server.settle();
    const shown = ada.ephemerals().filter(({ log, subject }) => log === GARDEN && subject === 'ben');
    expect(shown.map(({ value }) => value[0])).toEqual([1, 0]);
    expect(shown[1]?.version).toBeGreaterThan(shown[0]?.version ?? 0);
    expect(ben.pushed(GARDEN)).toEqual([]);
    expect(ada.pushed(GARDEN)).toEqual(['ada: he is gone']);
    expect([...ben.refusals().values()]).toEqual(['NOT_A_MEMBER']);
  });

  it('gives its history to members only, page by page', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const eve = await server.register('eve');
    await ada.do(Operation.Join, { n: 'garden' });
    for (let i = 1; i <= 5; i++) ada.post(GARDEN, i, `entry ${i}`);
    await server.settle();
    ada.fetch(GARDEN, 1, 3);
    const refused = eve.fetch(GARDEN, 0);
    await server.settle();
    const [page] = ada.entries();
    expect(page).toMatchObject({ log: GARDEN, head: 5, first: 2 });
    const texts = page?.entries.map((entry) => entryCodec.decode(new Reader(entry)).body.toString());
    expect(texts).toEqual(['entry 2', 'entry 3', 'entry 4']);
    expect(eve.refusals().get(refused)).toBe('NOT_A_MEMBER');
    expect(eve.entries()).toEqual([]);
  });

  it('refuses a name that looks like another room, and the lobby is joined already', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    await ada.do(Operation.Join, { n: 'garden' });
    expect(await ada.refused(Operation.Join, { n: 'g\u0430rden' })).toMatch(/^NAME_/);
    expect(await ada.do(Operation.Join, { n: '#lobby' })).toMatchObject({ l: LOBBY, k: 0, m: 1 });
    expect(await ada.refused(Operation.Leave, { l: LOBBY })).toBe('NOT_ALLOWED');
  });

  it('tells a new topic to those in it, as an entry and as an event, once', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    await ada.do(Operation.Join, { n: 'garden' });
    await ben.do(Operation.Join, { n: 'garden' });
    for (let i = 0; i < 2; i++) await ada.do(Operation.Topic, { l: GARDEN, t: ' tomatoes\u0007 ' });
    expect(ben.pushed(GARDEN)).toEqual(['ada: set the topic to: tomatoes']);
    const topics = ben.events().filter(({ event }) => event === EventKind.Topic);
    expect(topics).toEqual([{ event: EventKind.Topic, body: { l: GARDEN, t: 'tomatoes' } }]);
    expect(await ada.do(Operation.Rooms, { a: '' })).toEqual({ r: [{ n: 'garden', t: 'tomatoes', m: 2 }] });
    expect(await ada.refused(Operation.Topic, { l: GARDEN, t: 'x'.repeat(161) })).toBe('TEXT_TOO_LONG');
    expect(await ada.refused(Operation.Topic, { l: 99, t: 'x' })).toBe('NOT_A_MEMBER');
    expect(await ada.refused(Operation.Topic, { l: LOBBY, t: 'x' })).toBe('NOT_ALLOWED');
  });

  it('lists its members with their presence, also those who are offline', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    await server.register('cleo');
    await ada.do(Operation.Join, { n: 'garden' });
    await ben.do(Operation.Join, { n: 'garden' });
    server.io.close(ben.conn);
    await server.system.advance(3_000);
    const { u } = await ada.do(Operation.Who, { l: GARDEN, a: '' });
    expect(u).toMatchObject([
      { n: 'ada', s: 1 },
      { n: 'ben', s: 0 },
    ]);
    expect((await ada.do(Operation.Who, { l: 0, a: 'ada' })).u).toMatchObject([{ n: 'cleo', s: 1 }]);
  });

  it('appears on all devices of who joins it, and goes from all', async () => {
    const server = new TestServer();
    const laptop = await server.register('ada');
    const phone = await server.connect();
    await phone.login('ada');
    await laptop.do(Operation.Join, { n: 'garden' });
    laptop.post(GARDEN, 1, 'hello');
    await server.settle();
    expect(phone.events()).toMatchObject([
      { event: EventKind.Conversation, body: { l: GARDEN, n: 'garden' } },
    ]);
    expect(phone.pushed(GARDEN)).toEqual(['ada: hello']);
    await phone.do(Operation.Leave, { l: GARDEN });
    expect(laptop.events()).toEqual([{ event: EventKind.ConversationGone, body: { l: GARDEN } }]);
    laptop.post(GARDEN, 2, 'still here?');
    await server.settle();
    expect(phone.pushed(GARDEN)).toEqual(['ada: hello']);
    expect([...laptop.refusals().values()]).toEqual(['NOT_A_MEMBER']);
  });

  it('sleeps when nobody reads it, and wakes with all it had', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    await ada.do(Operation.Join, { n: 'garden' });
    ada.post(GARDEN, 1, 'good night');
    await server.settle();
    server.io.close(ada.conn);
    await server.system.advance(11 * 60_000);
    const awake = ['core-0', 'core-1'].map((name) => server.system.system(name).stats().actors.room ?? 0);
    expect(awake).toEqual([0, 0]);
    expect(server.io.tables.size).toBe(0);
    const again = await server.connect(ada.key);
    const { c } = await again.do(Operation.LoginDevice, { n: 'ada' });
    expect(c).toMatchObject([{ l: LOBBY }, { l: GARDEN, h: 1 }]);
    again.post(GARDEN, 1, 'good morning');
    await server.settle();
    expect(again.pushed(GARDEN)).toEqual(['ada: good morning']);
  });
});

describe('a private conversation', () => {
  it('reaches who is here with its first message, and nobody else', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    const eve = await server.register('eve');
    const direct = await ada.do(Operation.Direct, { n: '@Ben' });
    expect(direct).toMatchObject({ k: 2, n: 'ben', h: 0, m: 0 });
    ada.post(Number(direct.l), 1, 'psst');
    await server.settle();
    expect(ben.events()).toMatchObject([{ event: EventKind.Conversation, body: { l: direct.l, n: 'ada' } }]);
    expect(ben.pushed(Number(direct.l))).toEqual(['ada: psst']);
    expect(await ben.do(Operation.Direct, { n: 'ada' })).toMatchObject({ l: direct.l, n: 'ada', h: 1 });
    eve.fetch(Number(direct.l), 0);
    eve.post(Number(direct.l), 1, 'what?');
    await server.settle();
    expect([...eve.refusals().values()]).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER']);
  });

  it('waits for who is offline until the next login', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    server.io.close(ben.conn);
    await server.system.advance(5_000);
    const direct = await ada.do(Operation.Direct, { n: 'ben' });
    ada.post(Number(direct.l), 1, 'read this later');
    await server.settle();
    const again = await server.connect();
    const { body } = await again.login('ben');
    expect(body.c).toMatchObject([{ l: LOBBY }, { l: direct.l, n: 'ada', h: 1, c: 0 }]);
  });

  it('is not to be had with whoever has as many as a welcome can hold, who may still join rooms', async () => {
    const server = new TestServer({ limits: { newConversationsPerAddressPerMinute: 1e6, ...QUICK } });
    const ada = await server.register('ada');
    for (let i = 0; i < 250; i++) {
      const stranger = await server.register(`stranger${i}`);
      expect(await stranger.refused(Operation.Direct, { n: 'ada' })).toBe('done');
      server.io.close(stranger.conn);
    }
    const last = await server.register('last');
    expect(await last.refused(Operation.Direct, { n: 'ada' })).toBe('NOT_ALLOWED');
    for (let i = 0; i < 100; i++) {
      const name = `${i}${'\u6f22'.repeat(20)}`;
      const { l } = await ada.do(Operation.Join, { n: name });
      await ada.do(Operation.Topic, { l, t: 't'.repeat(160) });
    }
    expect(await ada.refused(Operation.Join, { n: 'one-more' })).toBe('NOT_ALLOWED');
    expect(await last.do(Operation.Rooms, { a: 'one' })).toEqual({ r: [] });
    const again = await server.connect(ada.key);
    expect((await again.do(Operation.LoginDevice, { n: 'ada' })).c).toHaveLength(351);
  });

  it('is made only so often from one address, and found again as often as one likes', async () => {
    const server = new TestServer({ limits: { newConversationsPerAddressPerMinute: 2 } });
    const ada = await server.register('ada');
    await server.register('ben');
    for (const room of ['one', 'two', 'one', 'two']) await ada.do(Operation.Join, { n: room });
    expect(await ada.refused(Operation.Join, { n: 'three' })).toBe('RATE_LIMITED');
    expect(await ada.refused(Operation.Direct, { n: 'ben' })).toBe('RATE_LIMITED');
    await server.system.advance(30_000);
    await ada.do(Operation.Direct, { n: 'ben' });
    await ada.do(Operation.Direct, { n: 'ben' });
  });

  it('is not to be had with oneself or with nobody', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    expect(await ada.refused(Operation.Direct, { n: 'Ada' })).toBe('YOURSELF');
    expect(await ada.refused(Operation.Direct, { n: 'nobody-here' })).toBe('NO_SUCH_USER');
  });
});

it('carries a read cursor to the other devices of its account, never beyond the head', async () => {
  const server = new TestServer();
  const laptop = await server.register('ada');
  const phone = await server.connect();
  await phone.login('ada');
  for (let i = 1; i <= 3; i++) laptop.post(LOBBY, i, `entry ${i}`);
  await server.settle();
  await laptop.do(Operation.Cursor, { l: LOBBY, s: 2 });
  expect(phone.events()).toEqual([{ event: EventKind.Cursor, body: { l: LOBBY, s: 2 } }]);
  expect(laptop.events()).toEqual([]);
  await phone.do(Operation.Cursor, { l: LOBBY, s: 99 });
  expect(laptop.events()).toEqual([{ event: EventKind.Cursor, body: { l: LOBBY, s: 3 } }]);
  const third = await server.connect();
  expect((await third.login('ada')).body.c).toMatchObject([{ l: LOBBY, h: 3, c: 3 }]);
});

it('tells the others in a conversation who types, not the one who does', async () => {
  const server = new TestServer({ limits: { typingBurst: 2, typingPerS: 1 } });
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  for (const on of [true, false, true, false]) ada.typing(LOBBY, on);
  await server.settle();
  const typing = (from: typeof ada) => from.ephemerals().filter(({ kind }) => kind === 2);
  expect(typing(ben).map(({ subject, value }) => [subject, value[0]])).toEqual([
    ['ada', 1],
    ['ada', 0],
  ]);
  expect(typing(ada)).toEqual([]);
});

it('answers a request that comes again with the same answer, without doing it again', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  for (let i = 0; i < 3; i++) ada.ask(Operation.Join, { n: 'garden' }, 77);
  await server.settle();
  ada.ask(Operation.Join, { n: 'garden' }, 77);
  await server.settle();
  const shown = ada.ephemerals().filter(({ log }) => log === GARDEN);
  expect(shown).toHaveLength(1);
  expect(ada.reply(77)).toMatchObject({ done: true, body: { l: GARDEN } });
});

it('tells each new reader the head, so that it fetches what it lacks', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  ada.post(LOBBY, 1, 'first');
  await server.settle();
  const ben = await server.register('ben');
  expect(ben.all(FrameType.Head, headCodec)).toMatchObject([{ log: LOBBY, seq: 1 }]);
});

it('knows a sticker from a word, and lets nobody post notices', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const request = ada.post(LOBBY, 1, 'no-such-sticker', EntryKind.Sticker);
  await server.settle();
  expect(ada.refusals().get(request)).toBe('NO_SUCH_STICKER');
  const notice = ada.post(LOBBY, 1, 'the server says', EntryKind.Notice);
  await server.settle();
  expect(ada.refusals().get(notice)).toBe('NOT_ALLOWED');
});
