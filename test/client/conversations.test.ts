import { expect, test } from 'vitest';
import { ConversationKind, EphemeralKind, EventKind, Operation } from '../../src/chat/operations.js';
import { FakeClient, SCREEN } from '../support/virtual-client.js';

async function screen(): Promise<FakeClient> {
  const client = new FakeClient(SCREEN);
  await client.login();
  return client;
}

function room(client: FakeClient, name = '#lobby') {
  return client.of('room').findLast((event) => event.room.room === name)?.room;
}

function typing(version: number, on: boolean, subject = 'bo') {
  return { log: 1, kind: EphemeralKind.Typing, subject, version, value: Buffer.of(on ? 1 : 0) };
}

function presence(version: number, state: number, subject = 'bo') {
  return { log: 1, kind: EphemeralKind.Presence, subject, version, value: Buffer.of(state) };
}

test('what was said while away is news at the next login, with unread and mentions counted', async () => {
  const client = new FakeClient(SCREEN);
  for (let n = 1; n <= 5; n++) client.server.say(1, 'bo', n === 3 ? 'hi @Ana!' : `text ${n}`);
  client.server.cursors.set(1, 2);
  await client.login();
  await client.time.until(() => room(client)?.mentions === 1);
  expect(client.shown()).toEqual(['hi @Ana!', 'text 4', 'text 5']);
  expect(room(client)).toMatchObject({ head: 5, cursor: 2, unread: 3, mentions: 1 });
});

test('older news than a screen wants still count as unread', async () => {
  const client = new FakeClient(SCREEN);
  for (let n = 1; n <= 250; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.login();
  await client.time.until(() => client.shown().length === 100);
  await client.time.pass(100);
  expect(client.shown()[0]).toBe('text 151');
  expect(room(client)?.unread).toBe(250);
});

test('a script is shown nothing that it did not ask for', async () => {
  const client = new FakeClient();
  for (let n = 1; n <= 5; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.login();
  await client.time.pass(1_000);
  expect(client.shown()).toEqual([]);
  expect(client.server.requests.map((request) => request.operation)).not.toContain(Operation.Who);
});

test('reading moves the cursor here at once and at the server at most once a second', async () => {
  const client = await screen();
  for (let n = 1; n <= 20; n++) client.server.say(1, 'bo', `ana ${n}`);
  await client.time.until(() => room(client)?.unread === 20);
  for (let seq = 1; seq <= 20; seq++) await client.core.read('#lobby', seq);
  await client.time.pass(10);
  expect(room(client)).toMatchObject({ cursor: 20, unread: 0, mentions: 0 });
  await client.time.pass(3_000);
  const told = client.server.requests.filter((request) => request.operation === Operation.Cursor);
  expect(told.map((request) => request.body)).toEqual([
    { l: 1, s: 1 },
    { l: 1, s: 20 },
  ]);
});

test('a cursor that moved on another device counts here, too, and never goes back', async () => {
  const client = await screen();
  for (let n = 1; n <= 4; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.time.until(() => room(client)?.unread === 4);
  client.server.event(EventKind.Cursor, { l: 1, s: 3 });
  await client.time.until(() => room(client)?.unread === 1);
  client.server.event(EventKind.Cursor, { l: 1, s: 2 });
  await client.time.pass(100);
  expect(room(client)).toMatchObject({ cursor: 3, unread: 1 });
});

test("one's own words are not unread, on whichever device they were said", async () => {
  const client = await screen();
  await client.core.say('#lobby', 'from here', 'text');
  client.server.say(1, 'ana', 'from the other device');
  await client.time.until(() => client.shown().length === 1);
  await client.time.until(() => client.deliveries('from here').length === 1);
  expect(client.shown()).toEqual(['from the other device']);
  expect(room(client)).toMatchObject({ head: 2, cursor: 2, unread: 0 });
  await client.time.pass(2_000);
  // The account's other devices are to know, too.
  expect(client.server.requests.findLast((request) => request.operation === Operation.Cursor)?.body).toEqual({
    l: 1,
    s: 2,
  });
});

test('a private message opens a conversation by itself and counts as a mention', async () => {
  const client = await screen();
  const log = client.server.addLog(9, ConversationKind.Direct, 'ana bo');
  client.server.say(9, 'bo', 'psst');
  client.server.event(EventKind.Conversation, client.server.body(log, 'ana'));
  await client.time.until(() => client.shown().length === 1);
  await client.time.pass(10);
  expect(room(client, '@bo')).toMatchObject({ kind: 'direct', unread: 1, mentions: 1 });
});

test('what overtakes the news that there is a conversation is shown all the same', async () => {
  const client = await screen();
  const log = client.server.addLog(9, ConversationKind.Direct, 'ana bo');
  const empty = client.server.body(log, 'ana');
  client.server.say(9, 'bo', 'psst');
  client.server.say(9, 'bo', 'are you there?');
  await client.time.pass(100);
  client.server.event(EventKind.Conversation, empty);
  await client.time.pass(1_000);
  expect(client.shown()).toEqual(['psst', 'are you there?']);
  expect(room(client, '@bo')).toMatchObject({ head: 2, unread: 2 });
});

test('joining makes a room, saying something to an unknown target joins it first, once', async () => {
  const client = new FakeClient();
  await client.login();
  const said = [
    client.core.say('#tea', 'one', 'text'),
    client.core.say('#tea', 'two', 'text'),
    client.core.join('tea'),
  ];
  await client.time.resolve(Promise.all(said));
  await client.time.until(() => client.deliveries('two').length === 1);
  expect(client.server.requests.filter((request) => request.operation === Operation.Join)).toHaveLength(1);
  expect(client.server.texts(2)).toEqual(['one', 'two']);
});

test('a private message to nobody is an error with its code', async () => {
  const client = new FakeClient();
  await client.login();
  await expect(client.time.resolve(client.core.say('@nobody2', 'psst', 'text'))).rejects.toMatchObject({
    code: 'NO_SUCH_USER',
  });
});

test('a room that was left is gone, also when that happened on another device', async () => {
  const client = new FakeClient();
  await client.login();
  await client.time.resolve(client.core.join('#tea'));
  await client.time.resolve(client.core.leave('#tea'));
  await client.time.resolve(client.core.join('#rum'));
  client.server.event(EventKind.ConversationGone, { l: 3 });
  await client.time.pass(100);
  expect(client.of('left').map((event) => event.room)).toEqual(['#tea', '#rum']);
  await expect(client.core.read('#tea', 1)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
});

test('history comes oldest first, however many answers it takes, and tells where it begins', async () => {
  const client = new FakeClient();
  for (let n = 1; n <= 30; n++) client.server.say(1, n % 2 === 0 ? 'ana' : 'bo', `text ${n}`);
  client.server.pageMax = 4;
  await client.login();
  await client.time.resolve(client.core.history('#lobby', 0, 10));
  await client.time.pass(10);
  const seqs = () => client.of('message').map((event) => event.message.seq);
  expect(seqs()).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  expect(client.of('beginning')).toEqual([]);
  await client.time.resolve(client.core.history('#lobby', 21, 50));
  await client.time.pass(10);
  expect(seqs().slice(10)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(client.of('beginning')).toHaveLength(1);
  expect(client.of('message').every((event) => event.history)).toBe(true);
  expect(client.of('message')[0]?.message).toMatchObject({ from: 'bo', mine: false, delivery: 'ok' });
  expect(client.of('message')[1]?.message).toMatchObject({ from: 'ana', mine: true });
});

test('following from a seq gives everything behind it and what comes, each once', async () => {
  const client = new FakeClient();
  for (let n = 1; n <= 10; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.login();
  const followed = await client.time.resolve(client.core.follow('#lobby', 4));
  client.server.say(1, 'bo', 'text 11');
  await client.time.until(() => client.of('caughtUp').some((event) => event.seq >= 10));
  await client.time.pass(100);
  expect(followed.head).toBeGreaterThanOrEqual(10);
  expect(client.shown()).toEqual(Array.from({ length: 7 }, (_, index) => `text ${index + 5}`));
});

test('following without a seq gives what comes from now on, and says that it is caught up', async () => {
  const client = new FakeClient();
  for (let n = 1; n <= 3; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.login();
  const before = client.of('caughtUp').length;
  expect(await client.time.resolve(client.core.follow('#lobby'))).toMatchObject({ head: 3 });
  await client.time.pass(10);
  expect(client.of('caughtUp').slice(before)).toMatchObject([{ room: '#lobby', seq: 3 }]);
  client.server.say(1, 'bo', 'text 4');
  await client.time.pass(100);
  expect(client.shown()).toEqual(['text 4']);
});

test('what was missed while disconnected is shown once, in order, before what comes', async () => {
  const client = await screen();
  client.server.say(1, 'bo', 'one');
  await client.time.pass(100);
  client.server.drop();
  client.server.say(1, 'bo', 'two');
  client.server.say(1, 'bo', 'three');
  await client.time.until(() => client.of('link').filter((event) => event.state === 'live').length === 2);
  client.server.say(1, 'bo', 'four');
  await client.time.pass(1_000);
  expect(client.shown()).toEqual(['one', 'two', 'three', 'four']);
});

test('a new epoch after a restart shows what was replaced and nothing twice', async () => {
  const client = await screen();
  for (let n = 1; n <= 5; n++) client.server.say(1, 'bo', `text ${n}`);
  await client.time.pass(100);
  const log = client.server.log(1);
  client.server.drop();
  log.epoch = 2;
  log.entries = log.entries.slice(0, 3);
  client.server.say(1, 'bo', 'another 4');
  await client.time.pass(5_000);
  expect(client.shown()).toEqual(['text 1', 'text 2', 'text 3', 'text 4', 'text 5', 'another 4']);
});

test('presence: the newest version wins, whatever comes last', async () => {
  const client = await screen();
  client.server.ephemeral(presence(5, 1));
  client.server.ephemeral(presence(4, 0));
  client.server.ephemeral(presence(6, 2));
  await client.time.pass(100);
  const states = client.of('presence').filter((event) => event.user === 'bo');
  expect(states.map((event) => event.state)).toEqual(['online', 'away']);
});

test('a screen knows who is there without asking, and is told who went while it was disconnected', async () => {
  const client = await screen();
  client.server.ephemeral(presence(5, 1));
  await client.time.pass(100);
  client.server.drop();
  await client.time.until(() => client.of('link').filter((event) => event.state === 'live').length === 2);
  await client.time.pass(100);
  expect(client.of('members').at(-1)).toMatchObject({
    room: '#lobby',
    members: [{ user: 'ana', state: 'online' }],
  });
  expect(
    client
      .of('presence')
      .filter((event) => event.user === 'bo')
      .at(-1)?.state,
  ).toBe('offline');
});

test('typing is shown for 6 s, until it stops, or until something is said', async () => {
  const client = await screen();
  const states = () => client.of('typing').map((event) => event.on);
  client.server.ephemeral(typing(1, true));
  await client.time.pass(5_000);
  client.server.ephemeral(typing(2, true));
  await client.time.pass(5_000);
  expect(states()).toEqual([true]);
  await client.time.pass(2_000);
  expect(states()).toEqual([true, false]);
  client.server.ephemeral(typing(3, true));
  client.server.ephemeral(typing(4, false));
  await client.time.pass(100);
  client.server.ephemeral(typing(5, true));
  await client.time.pass(100);
  client.server.say(1, 'bo', 'done');
  await client.time.pass(100);
  expect(states()).toEqual([true, false, true, false, true, false]);
});

test("one's own typing is not shown, and sent every 3 s at most", async () => {
  const client = await screen();
  client.server.ephemeral(typing(1, true, 'ana'));
  let sent = 0;
  client.server.fate = (frame) => {
    if (frame.toServer && frame.type === 0x16) sent++;
    return [5];
  };
  for (let n = 0; n < 40; n++) {
    await client.core.typing('#lobby', true);
    await client.time.pass(100);
  }
  await client.core.typing('#lobby', false);
  await client.core.typing('#lobby', false);
  expect(client.of('typing')).toEqual([]);
  expect(sent).toBe(3);
});

test('being away is told again after a reconnect', async () => {
  const client = await screen();
  await client.time.resolve(client.core.away(true));
  client.server.requests.length = 0;
  client.server.drop();
  await client.time.until(() =>
    client.server.requests.some((request) => request.operation === Operation.Away),
  );
  expect(client.server.requests.find((request) => request.operation === Operation.Away)?.body).toEqual({
    a: true,
  });
});
