import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/actors/refusal.js';
import { NatterError } from '../../src/chat/error.js';
import { Reader } from '../../src/net/bytes.js';
import { entryCodec } from '../../src/net/entry.js';
import { type TestClient, TestServer } from '../support/chat-server.js';

const LOBBY = 1;

function texts(server: TestServer): string[] {
  const entries = server.logs.entries.get(LOBBY) ?? [];
  return entries.map((entry) => entryCodec.decode(new Reader(entry)).body.toString());
}

function postAll(client: TestClient, counters: readonly number[]): void {
  for (const counter of counters) client.post(LOBBY, counter, `${counter}`);
}

describe('posts that come in disorder', () => {
  it('are put in order, and none has to be sent again', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    postAll(ada, [3, 1, 5, 2, 4, 7, 6]);
    await server.settle();
    expect(texts(server)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(ada.refusals().size).toBe(0);
  });

  it('are put in order also by a session that does not know where the stream was', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    postAll(ada, [1, 2, 3]);
    await server.settle();
    const again = await server.connect(ada.key);
    await again.login('ada');
    ada.stream.copy(again.stream);
    postAll(again, [6, 5, 2, 4, 7]);
    await server.settle();
    expect(texts(server)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(again.refusals().size).toBe(0);
    expect(again.accepted().map(({ counter, seq }) => [counter, seq])).toContainEqual([2, 2]);
  });

  it('are answered after a second with the number that is missing, once for all that wait for it', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    postAll(ada, [1, 3, 4]);
    await server.system.advance(900);
    expect(ada.refusals().size).toBe(0);
    await server.system.advance(200);
    const [[request, code] = []] = ada.refusals();
    expect(code).toBe('GAP');
    expect(ada.refusals().size).toBe(1);
    expect(ada.reply(request ?? 0)?.body.d).toEqual({ expected: 2 });
    postAll(ada, [2, 3, 4]);
    await server.settle();
    expect(texts(server)).toEqual(['1', '2', '3', '4']);
  });

  it('keep their order per stream and log only: another stream is not held up', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    postAll(ada, [2]);
    postAll(ben, [1]);
    await server.settle();
    expect(ben.accepted()).toHaveLength(1);
  });
});

it('answers a post that comes again with the same place, and publishes it once', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  postAll(ada, [1, 1, 1]);
  await server.settle();
  postAll(ada, [1]);
  await server.settle();
  expect(ada.accepted().map(({ seq }) => seq)).toEqual([1, 1, 1, 1]);
  expect(ada.pushed(LOBBY)).toEqual(['ada: 1']);
});

it('says how long to wait when posts come too fast, and takes them then', async () => {
  const server = new TestServer({ limits: { postsPerS: 10, postsBurst: 2 } });
  const ada = await server.register('ada');
  postAll(ada, [1, 2, 3]);
  await server.settle();
  expect([...ada.refusals().values()]).toEqual(['RATE_LIMITED']);
  await server.system.advance(100);
  postAll(ada, [3]);
  await server.settle();
  expect(texts(server)).toEqual(['1', '2', '3']);
});

it('refuses texts that are empty, too long, full of controls or no text at all, with the reason', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  for (const text of ['', ' \n ', 'x'.repeat(4097), 'a\u0007b']) ada.post(LOBBY, 1, text);
  await server.settle();
  const codes = [...ada.refusals().values()];
  expect(codes).toEqual(['TEXT_EMPTY', 'TEXT_EMPTY', 'TEXT_TOO_LONG', 'TEXT_NOT_ALLOWED']);
});

it('takes a full disk as an error to be told, and goes on when it has room again', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  server.logs.full = true;
  postAll(ada, [1]);
  await server.settle();
  expect([...ada.refusals().values()]).toEqual(['DISK_FULL']);
  server.logs.full = false;
  postAll(ada, [1]);
  await server.settle();
  expect(texts(server)).toEqual(['1']);
});

it.each(['READ_ONLY', 'DISK_FULL', 'DATA_CORRUPT'] as const)(
  'does not tell clients which files %s is about',
  (code) => {
    const refusal = refusalOf(
      new NatterError(code, 'Cannot write /srv/logs.mdb.', { path: '/srv/logs.mdb' }),
    );
    expect(refusal.c).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain('/srv');
  },
);
