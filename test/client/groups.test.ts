import { expect, test } from 'vitest';
import { cellOf } from '../../src/chat/geo.js';
import {
  type ConversationBody,
  ConversationKind,
  EphemeralKind,
  EventKind,
  GoneReason,
  Operation,
} from '../../src/chat/operations.js';
import { encodeBody } from '../../src/chat/wire.js';
import { FakeClient, SCREEN } from '../support/virtual-client.js';

const VIENNA = { lat: 48.2, lon: 16.37 };
const CELL = cellOf(VIENNA.lat, VIENNA.lon);

/** What the server was told of places, in order. */
function told(client: FakeClient): unknown[] {
  return client.server.requests
    .filter(({ operation }) => operation === Operation.Here)
    .map(({ body }) => body.c);
}

/** A group of people nearby that somebody founded. */
function geo(client: FakeClient, number: number, founder: string, km: number): ConversationBody {
  const log = client.server.addLog(number, ConversationKind.Geo, founder);
  return { ...client.server.body(log, 'ana'), r: km };
}

function notices(client: FakeClient): string[] {
  return client.of('notice').map(({ text }) => text);
}

test('a place goes out as a cell only, and again after each login until it is taken back', async () => {
  const client = new FakeClient();
  expect(await client.core.locate(VIENNA)).toEqual({ cell: CELL, city: 'Somewhere' });
  expect(told(client)).toEqual([]);
  await client.login();
  await client.time.pass(50);
  expect(told(client)).toEqual([CELL]);
  client.server.drop();
  await client.time.until(() => client.link === 'live');
  await client.time.pass(50);
  expect(told(client)).toEqual([CELL, CELL]);
  await client.time.resolve(client.core.locate(undefined));
  client.server.drop();
  await client.time.until(() => client.link === 'live');
  await client.time.pass(50);
  expect(told(client)).toEqual([CELL, CELL, '']);
  expect(await client.core.location()).toBeUndefined();
});

test('what is asked of a place that is still looked up waits for it', async () => {
  const client = new FakeClient();
  await client.login();
  void client.core.locate(VIENNA);
  expect(await client.time.resolve(client.core.near(10))).toMatchObject({ room: '~ana' });
  const asked = client.server.requests.map(({ operation }) => operation);
  expect(asked.indexOf(Operation.Here)).toBeLessThan(asked.indexOf(Operation.Near));
  expect(told(client)).toEqual([CELL]);
  void client.core.locate(VIENNA);
  await client.time.resolve(client.core.locate(undefined));
  expect(await client.core.location()).toBeUndefined();
  expect(told(client).at(-1)).toBe('');
});

test('somebody is online, or only known, or nobody', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.passwords.set('bo', 'secret');
  const named = (name: string) => client.time.resolve(client.core.person(name));
  expect(await named('ana')).toMatchObject({ user: 'ana', state: 'online' });
  expect(await named('bo')).toEqual({ user: 'bo', state: 'offline' });
  await expect(named('zed')).rejects.toMatchObject({ code: 'NO_SUCH_USER' });
});

test('a place that nobody finds changes nothing', async () => {
  const client = new FakeClient();
  await client.login();
  await client.time.resolve(client.core.locate(VIENNA));
  await expect(client.core.locate({ city: 'Xyzzy' })).rejects.toThrow('There is no such city.');
  expect(await client.core.location()).toMatchObject({ cell: CELL });
  expect(told(client)).toEqual([CELL]);
});

test('whoever is enrolled is told by whom, and why it ends; what one founds oneself is no news', async () => {
  const client = new FakeClient();
  await client.login();
  const [bos, own] = [geo(client, 7, 'bo', 20), geo(client, 8, 'ana', 30)];
  for (const body of [bos, bos, own]) client.server.event(EventKind.Conversation, body);
  await client.time.pass(50);
  expect(notices(client)).toEqual(['You were enrolled in ~bo by bo: everybody within 20 km.']);
  client.server.event(EventKind.ConversationGone, { l: 7, r: GoneReason.Moved });
  client.server.event(EventKind.ConversationGone, { l: 8, r: GoneReason.Dismantled });
  await client.time.pass(50);
  expect(client.of('left').map(({ room }) => room)).toEqual(['~bo', '~ana']);
  expect(notices(client).slice(1)).toEqual(['You are out of ~bo: you are not within its 20 km any more.']);
});

test('a group founded anew stays, although the end of the one before is heard later', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.event(EventKind.Conversation, geo(client, 7, 'bo', 20));
  client.server.event(EventKind.Conversation, geo(client, 8, 'bo', 50));
  client.server.event(EventKind.ConversationGone, { l: 7, r: GoneReason.Dismantled });
  await client.time.pass(50);
  const heard = client.events.flatMap((event) => {
    if (event.event === 'room' && event.room.room === '~bo') return ['room'];
    return event.event === 'left' ? ['left'] : [];
  });
  expect(heard).toEqual(['room', 'left', 'room']);
  expect((await client.time.resolve(client.core.join('~bo'))).room).toBe('~bo');
});

test('a screen is told who is in a group, of those who are there', async () => {
  const client = new FakeClient(SCREEN);
  await client.login();
  client.server.event(EventKind.Conversation, geo(client, 7, 'bo', 20));
  await client.time.pass(50);
  const presence = (log: number, subject: string, state: number, version: number) =>
    client.server.ephemeral({
      log,
      kind: EphemeralKind.Presence,
      subject,
      version,
      value: Buffer.of(state),
    });
  presence(7, 'bo', 1, 5);
  presence(1, 'bo', 1, 6);
  await client.time.pass(50);
  expect(client.of('group').at(-1)).toEqual({
    event: 'group',
    group: '~bo',
    kind: 'geo',
    members: ['ana', 'bo'],
    by: 'bo',
    km: 20,
  });
  presence(1, 'bo', 0, 7);
  await client.time.pass(50);
  expect(client.of('group').at(-1)?.members).toEqual(['ana']);
});

test('what people share is told with them, the newest of it, until they go', async () => {
  const client = new FakeClient(SCREEN);
  client.server.shared.push({ n: 'ana', v: 3, g: CELL, i: ['tea'] });
  await client.login();
  await client.time.pass(50);
  expect(client.of('members').at(-1)?.members).toEqual([
    { user: 'ana', state: 'online', near: CELL, interests: ['tea'] },
  ]);
  const about = (version: number, g: string, i: string[]) =>
    client.server.ephemeral({
      log: 1,
      kind: EphemeralKind.About,
      subject: 'ana',
      version,
      value: encodeBody({ g, i }),
    });
  about(5, '', ['tea', 'chess']);
  about(4, CELL, []);
  await client.time.pass(50);
  const { near, interests } = client.of('presence').at(-1) ?? {};
  expect([near, interests]).toEqual([undefined, ['tea', 'chess']]);
});

test('an interest is written in lower case, and the last one is what is gone back to', async () => {
  const client = new FakeClient();
  await client.login();
  await expect(client.core.interest()).rejects.toThrow('You have told no interest yet');
  client.server.addLog(7, ConversationKind.Interest, 'tea');
  client.server.event(EventKind.Conversation, client.server.body(client.server.log(7), 'ana'));
  await client.time.pass(50);
  expect((await client.time.resolve(client.core.interest('Tea'))).room).toBe('+tea');
  expect((await client.time.resolve(client.core.interest())).room).toBe('+tea');
  await expect(client.core.near(4)).rejects.toThrow('whole kilometres');
});
