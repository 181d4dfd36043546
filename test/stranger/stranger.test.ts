/**
 * A client written from docs/PROTOCOL.md alone (the .mjs files beside this one) meets a real server and the
 * real program. When this fails, either the page or the code is wrong.
 */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';
import { Relay } from '../support/relay.js';
import { Client, type Conversation, type Entry, keyPair, type Pair } from './index.mjs';

const PASSWORD = 'correct horse battery';

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(`${folder.path}/server`);
});

afterAll(async () => {
  server.run.kill();
  await server.run.exit;
  folder.remove();
});

interface Stranger {
  readonly client: Client;
  readonly own: Pair;
  /** Everything shown, by the name of its conversation. */
  readonly shown: (name: string) => Entry[];
  /** Resolves when this many entries were shown there. */
  readonly until: (name: string, count: number) => Promise<void>;
}

async function connect(
  options: {
    readonly own?: Pair;
    readonly pinned?: Buffer;
    readonly token?: Buffer;
    readonly stream?: Buffer;
    readonly port?: number;
  } = {},
): Promise<Stranger> {
  const own = options.own ?? keyPair();
  const client = await Client.connect({ host: '127.0.0.1', port: server.port, ...options, own });
  const entries = new Map<string, Entry[]>();
  const shown = (name: string): Entry[] => entries.get(name) ?? [];
  client.on('entry', (conversation: Conversation, entry: Entry) => {
    entries.set(conversation.n, [...shown(conversation.n), entry]);
  });
  const until = async (name: string, count: number): Promise<void> => {
    while (shown(name).length < count) await once(client, 'entry');
  };
  return { client, own, shown, until };
}

describe('a client written from docs/PROTOCOL.md', () => {
  it('talks with the real program, in texts that fit a datagram and texts that do not', async () => {
    const data = `${folder.path}/native`;
    await register(server.server, 'native', data);
    const { client, shown, until } = await connect();
    expect(await client.register('Stranger', PASSWORD)).toMatchObject({ n: 'Stranger' });
    const room = await client.join('crossing');

    const to = ['--server', server.server, '--user', 'native', '--data', data];
    const tail = new Natter(['tail', ...to, '--room', 'crossing', '--json'], { input: '' });
    await tail.first('joined');
    const long = 'é'.repeat(2048);
    const first = await client.post(room, 'hello from a stranger');
    const second = await client.post(room, long);
    await client.post(room, 'waves', 2);
    await tail.until('three messages', (run) => run.events('message').length === 3);
    expect(tail.events('message')).toMatchObject([
      { seq: 1, from: 'Stranger', text: 'hello from a stranger', id: first.id, kind: 'text' },
      { seq: 2, text: long, id: second.id, at: new Date(second.at).toISOString() },
      { seq: 3, text: 'waves', kind: 'action' },
    ]);

    const send = new Natter(['send', ...to, '--to', '#crossing', 'hello,', 'stranger'], { input: '' });
    expect(await send.exit).toBe(0);
    await until('crossing', 4);
    expect(shown('crossing').map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(shown('crossing')[3]).toMatchObject({ author: 'native', text: 'hello, stranger', kind: 1 });
    expect(client.connection.counts.segments).toBeGreaterThan(0);

    expect(await client.who(room.l)).toMatchObject([
      { n: 'native', s: 1 },
      { n: 'Stranger', s: 1 },
    ]);
    tail.kill();
    await tail.exit;
    await client.close();
  });

  it('comes back in one round trip, is known by its key, and fetches what it missed', async () => {
    const before = await connect();
    await before.client.register('returning', PASSWORD);
    const room = await before.client.join('history');
    for (let number = 1; number <= 5; number++) await before.client.post(room, `number ${number}`);
    await before.client.cursor(room, 3);
    const { server: pinned, token } = before.client.connection;
    await before.client.close();
    expect(token).toBeDefined();

    const { client, shown, until } = await connect({ own: before.own, pinned, ...(token && { token }) });
    expect(client.connection.counts.datagramsIn).toBe(1);
    await client.loginDevice('RETURNING');
    await until('history', 5);
    expect(shown('history').map(({ text }) => text)).toEqual([1, 2, 3, 4, 5].map((n) => `number ${n}`));
    expect(client.conversations.get(room.l)).toMatchObject({ c: 3, h: 5 });
    await client.close();
    expect(client.connection.ended).toMatchObject({ code: 0 });
  });

  it('repeats a post over another connection, and it stays one entry', async () => {
    const before = await connect();
    await before.client.register('doubtful', PASSWORD);
    const first = await before.client.post(await before.client.join('once'), 'said once');
    const { connection, stream } = before.client;

    const { client, shown, until } = await connect({ own: before.own, pinned: connection.server, stream });
    await client.loginDevice('doubtful');
    const room = await client.join('once');
    expect(await client.post(room, 'said once')).toEqual(first);
    expect(await client.post(room, 'and another')).toMatchObject({ seq: 2 });
    await until('once', 2);
    expect(shown('once').map(({ text }) => text)).toEqual(['said once', 'and another']);
    await Promise.all([before.client.close(), client.close()]);
  });

  it('logs in by password, and is told how a refusal is called', async () => {
    const first = await connect();
    await first.client.register('careful', PASSWORD);
    const { client } = await connect({ pinned: first.client.connection.server });
    await expect(client.ask(20, { n: 'anything' })).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
    await expect(client.loginDevice('careful')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    await expect(client.login('careful', 'not the password')).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
    expect(await client.login('careful', PASSWORD)).toMatchObject({ n: 'careful' });
    await expect(client.ask(99, {})).rejects.toMatchObject({ code: 'UNKNOWN_OPERATION' });
    await expect(client.ask(20, {})).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(client.direct('nobody-of-that-name')).rejects.toMatchObject({ code: 'NO_SUCH_USER' });
    const room = await client.join('care');
    await expect(client.post(room, 'as if from the server', 5)).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
    });
    await expect(client.post(room, 'bell\u0007')).rejects.toMatchObject({ code: 'TEXT_NOT_ALLOWED' });
    expect(await client.post(room, 'as oneself')).toMatchObject({ seq: 1 });
    await client.leave(room);
    await expect(client.post(room, 'from outside')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    await Promise.all([first.client.close(), client.close()]);
  });

  it('sees who types and who comes', async () => {
    const [one, two] = [await connect(), await connect()];
    await one.client.register('watcher', PASSWORD);
    const room = await one.client.join('gallery');
    const seen: string[] = [];
    one.client.on('ephemeral', ({ log, kind, subject, value }) => {
      if (log === room.l && subject === 'writer') seen.push(`${kind} ${value}`);
    });
    await two.client.register('writer', PASSWORD);
    const theirs = await two.client.join('gallery');
    while (!seen.includes('1 1')) await once(one.client, 'ephemeral');
    two.client.typing(theirs, true);
    while (!seen.includes('2 1')) await once(one.client, 'ephemeral');
    expect(seen).toEqual(['1 1', '2 1']);
    await Promise.all([one.client.close(), two.client.close()]);
  });

  it('goes on under new keys and from another port', async () => {
    const { client, shown, until } = await connect();
    await client.register('wanderer', PASSWORD);
    const room = await client.join('road');
    await client.post(room, 'before');
    client.connection.rekey();
    await client.post(room, 'under new keys');
    await client.connection.move();
    await client.post(room, 'from another port');
    await until('road', 3);
    expect(shown('road').map(({ text }) => text)).toEqual(['before', 'under new keys', 'from another port']);
    expect(client.connection.generation).toBe(1);
    expect(client.connection.counts.pathChallenges).toBeGreaterThan(0);
    await client.close();
  });

  it('says and shows everything once and in order over a link that loses, doubles and reorders', async () => {
    const faults = { lose: 0.1, duplicate: 0.1, reorder: 0.1, seed: 7 };
    const relay = await Relay.open({ host: '127.0.0.1', port: server.port }, faults);
    const port = Number(relay.address.split(':')[1]);
    const [one, two] = [await connect({ port }), await connect({ port })];
    await one.client.register('patient', PASSWORD);
    await two.client.register('listener', PASSWORD);
    const room = await one.client.join('storm');
    await two.client.join('storm');
    const texts = Array.from({ length: 60 }, (_, index) => `gust ${index + 1}`);
    await Promise.all(texts.map((text) => one.client.post(room, text)));
    await Promise.all([one.until('storm', texts.length), two.until('storm', texts.length)]);
    for (const { shown } of [one, two]) {
      expect(shown('storm').map(({ seq }) => seq)).toEqual(texts.map((_, index) => index + 1));
      expect(shown('storm').map(({ text }) => text)).toEqual(texts);
    }
    expect(relay.counters.lost).toBeGreaterThan(0);
    await Promise.all([one.client.close(), two.client.close()]);
    relay.close();
  });

  it('shows its key to nobody whose key has changed', async () => {
    await expect(connect({ pinned: keyPair().publicKey })).rejects.toMatchObject({ code: 'KEY_CHANGED' });
  });
});
