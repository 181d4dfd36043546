import { describe, expect, test } from 'vitest';
import { Roster } from '../../src/actors/client/roster.js';
import { ConversationKind, EphemeralKind, EventKind } from '../../src/chat/operations.js';
import { FakeClient, SCREEN } from '../support/virtual-client.js';

async function screen(): Promise<FakeClient> {
  const client = new FakeClient(SCREEN);
  await client.login();
  return client;
}

function conversation(log: number, name: string) {
  return {
    l: log,
    i: Buffer.alloc(16, log),
    e: 1,
    h: 0,
    k: ConversationKind.Room,
    n: name,
    t: '',
    c: 0,
    m: 1,
  };
}

describe('a hostile server', () => {
  test.each([
    ['an escape sequence', 'a\u001b]0;b\u0007'],
    ['a C1 control', 'a\u009b2J'],
    ['an override of direction', 'a\u202eb'],
    ['a line separator', 'a\u2028b'],
  ])('cannot name a conversation with %s', async (_, name) => {
    const client = await screen();
    const { open } = client.server;
    client.server.event(EventKind.Conversation, conversation(50, name));
    await client.time.until(() => open[0]?.closed !== undefined);
    expect(client.of('room').map(({ room }) => room.room)).not.toContain(`#${name}`);
  });

  test('cannot fill the client with conversations', async () => {
    const client = await screen();
    for (let log = 2; log <= 1_200; log++)
      client.server.event(EventKind.Conversation, conversation(log, `room${log}`));
    await client.time.until(() => client.server.open[0]?.closed !== undefined);
    expect(new Set(client.of('room').map(({ room }) => room.room)).size).toBe(1_000);
  });

  test('cannot fill the client with people who type or who are here', async () => {
    const client = await screen();
    const ephemeral = (kind: number, n: number) => ({
      log: 1,
      kind,
      subject: `ghost${n}`,
      version: n,
      value: Buffer.of(1),
    });
    for (let n = 1; n <= 1_100; n++) client.server.ephemeral(ephemeral(EphemeralKind.Typing, n));
    await client.time.pass(100);
    expect(client.of('typing')).toHaveLength(1_000);
    const roster = new Roster();
    for (let n = 0; n < 100_000; n++) roster.update(`ghost${n}`, 'online', 1);
    expect(roster.update('one more', 'online', 1)).toBe(false);
    expect(roster.update('ghost7', 'away', 2)).toBe(true);
  });

  test('cannot keep history asking for ever by giving the same entry again', async () => {
    const client = await screen();
    for (let n = 1; n <= 20; n++) client.server.say(1, 'bo', `text ${n}`);
    await client.time.until(() => client.shown().length === 20);
    let asked = 0;
    client.server.page = () => {
      asked++;
      return { after: 0, count: 1 };
    };
    await client.time.resolve(client.core.history('#lobby', 15, 5));
    expect(asked).toBe(1);
  });

  test('fails the history that it answers with what is no entry', async () => {
    const client = await screen();
    for (const text of ['one', 'two']) client.server.say(1, 'bo', text);
    await client.time.until(() => client.shown().length === 2);
    client.server.log(1).entries[0] = Buffer.of(1, 2, 3);
    const history = client.core.history('#lobby', 2, 5);
    await expect(client.time.resolve(history)).rejects.toMatchObject({ code: 'PROTOCOL' });
  });
});
