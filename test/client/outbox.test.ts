import { expect, test } from 'vitest';
import { Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { type Post, postCodec } from '../../src/net/talk.js';
import type { Frame } from '../support/fake-connection.js';
import type { Refused } from '../support/fake-server.js';
import { FakeClient } from '../support/virtual-client.js';

async function loggedIn(): Promise<FakeClient> {
  const client = new FakeClient();
  await client.login();
  return client;
}

/** Says lines `from` to `to` and returns their ids. */
async function sayLines(client: FakeClient, to: number, key = '', from = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let line = from; line <= to; line++)
    ids.push(await client.core.say('#lobby', `line ${line}`, 'text', key));
  return ids;
}

function lines(to: number, from = 1): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
}

function answered(client: FakeClient, count: number): () => boolean {
  return () => client.of('delivery').filter((event) => event.message.delivery !== 'sending').length >= count;
}

/** Refuses what fits, once or always. */
function refuse(text: string, refusal: Refused, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (_: Post, said: string) => (said === text && left-- > 0 ? refusal : undefined);
}

const NOT_ALLOWED: Refused = { c: 'NOT_ALLOWED', m: 'You may not say this here.' };

/** Deterministic: every third frame is lost, every fifth comes twice, every seventh is late. */
function badLink() {
  let count = 0;
  return () => {
    count++;
    if (count % 3 === 0) return [];
    if (count % 5 === 0) return [5, 9];
    return count % 7 === 0 ? [120] : [5];
  };
}

test('200 lines over a link that loses, doubles and reorders are in the log once and in order', async () => {
  const client = await loggedIn();
  client.server.fate = badLink();
  await sayLines(client, 200);
  await client.time.until(answered(client, 200), 600_000);
  expect(client.server.texts(1)).toEqual(lines(200));
  const ids = client.of('delivery').map((event) => event.message.id);
  expect(new Set(ids).size).toBe(200);
});

test('never more than 64 posts of one log are under way', async () => {
  const client = await loggedIn();
  const counters: number[] = [];
  let accepted = 0;
  client.server.fate = (frame) => {
    if (!frame.toServer) accepted++;
    return [5];
  };
  client.server.judge = (post) => {
    counters.push(post.counter);
    return undefined;
  };
  await sayLines(client, 300);
  await client.time.pass(5);
  expect(accepted).toBeGreaterThan(0);
  expect(Math.max(...counters)).toBeLessThanOrEqual(64);
  await client.time.until(answered(client, 300));
});

test('what was unanswered when the connection went is sent again over the next, and is there once', async () => {
  const client = await loggedIn();
  // Taken in and committed, but neither the answers nor the pushes come back.
  client.server.fate = (frame) => (frame.toServer ? [5] : []);
  await sayLines(client, 5);
  await client.time.pass(100);
  expect(client.server.texts(1)).toEqual(lines(5));
  client.server.fate = () => [5];
  client.server.drop();
  await client.time.until(answered(client, 5));
  await client.time.pass(2_000);
  expect(client.server.texts(1)).toEqual(lines(5));
  for (const line of lines(5)) expect(client.deliveries(line)).toEqual(['ok']);
  // One's own are shown where they were said; the log's copy is not shown again.
  expect(client.shown()).toEqual([]);
});

test('what is said while disconnected is sent once connected', async () => {
  const client = await loggedIn();
  client.server.unreachable = true;
  client.server.drop();
  await sayLines(client, 3);
  await client.time.pass(30_000);
  expect(client.deliveries('line 1')).toEqual([]);
  client.server.unreachable = false;
  await client.time.until(answered(client, 3));
  expect(client.server.texts(1)).toEqual(lines(3));
});

test('an answer that was lost is made up for by the entry itself', async () => {
  const client = await loggedIn();
  client.server.fate = (frame) => (!frame.toServer && frame.type === 0x11 ? [] : [5]);
  const [id] = await sayLines(client, 1);
  await client.time.until(answered(client, 1), 400);
  expect(client.of('delivery')).toMatchObject([{ message: { id, seq: 1, delivery: 'ok' } }]);
});

test('a refused post in the middle fails alone; those behind it arrive, in order and once', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 3', NOT_ALLOWED);
  const ids = await sayLines(client, 100);
  await client.time.until(answered(client, 100));
  expect(client.server.texts(1)).toEqual(['line 1', 'line 2', ...lines(100, 4)]);
  expect(client.deliveries('line 3')).toEqual(['failed']);
  const failed = client.of('delivery').find((event) => event.message.delivery === 'failed');
  expect(failed?.message).toMatchObject({ id: ids[2], reason: NOT_ALLOWED.m });
});

test('a message that is numbered anew says which id it had, and ends under the id that the log has', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 1', NOT_ALLOWED);
  const [, second] = await sayLines(client, 2);
  await client.time.until(answered(client, 2));
  const renamed = client.of('delivery').find((event) => event.was !== undefined);
  expect(renamed).toMatchObject({ was: second, message: { text: 'line 2', delivery: 'sending' } });
  const ok = client.of('delivery').find((event) => event.message.delivery === 'ok');
  expect(ok?.message.id).toBe(renamed?.message.id);
});

test('over a bad link refused posts take no others with them', async () => {
  const client = await loggedIn();
  client.server.fate = badLink();
  const bad = new Set(['line 1', 'line 17', 'line 18', 'line 64', 'line 65', 'line 200']);
  client.server.judge = (_, text) => (bad.has(text) ? NOT_ALLOWED : undefined);
  await sayLines(client, 200);
  await client.time.until(answered(client, 200), 600_000);
  expect(client.server.texts(1)).toEqual(lines(200).filter((line) => !bad.has(line)));
  expect(
    client
      .of('delivery')
      .flatMap((event) => (event.message.delivery === 'failed' ? [event.message.text] : []))
      .sort(),
  ).toEqual([...bad].sort());
});

test('a failed message can be said again, at the end and under a new id', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 1', NOT_ALLOWED, 1);
  const [id = ''] = await sayLines(client, 2);
  await client.time.until(answered(client, 2));
  await client.core.retry(id);
  await client.time.until(answered(client, 3));
  expect(client.server.texts(1)).toEqual(['line 2', 'line 1']);
  expect(client.of('delivery').filter((event) => event.was === id)).toHaveLength(1);
  expect(client.deliveries('line 1')).toEqual(['failed', 'ok']);
});

test('a failed message can be discarded, one that is under way cannot', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 1', NOT_ALLOWED, 1);
  const [id = ''] = await sayLines(client, 1);
  await expect(client.core.discard(id)).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await client.time.until(answered(client, 1));
  await client.core.discard(id);
  await expect(client.core.retry(id)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

test('what never left can be taken back, and those behind it move up', async () => {
  const client = await loggedIn();
  client.server.unreachable = true;
  const ids = await sayLines(client, 70);
  await client.core.discard(ids[66] ?? '');
  client.server.unreachable = false;
  await client.time.until(answered(client, 69));
  expect(client.server.texts(1)).toEqual(lines(70).filter((line) => line !== 'line 67'));
});

test('a rate limit is waited for, then everything goes on by itself, in order', async () => {
  const client = await loggedIn();
  let until = client.time.now() + 4_000;
  let taken = 0;
  client.server.judge = () => {
    if (client.time.now() < until) return { c: 'RATE_LIMITED', m: 'Slower.', d: { seconds: 2 } };
    if (++taken % 40 === 0) until = client.time.now() + 1_000;
    return undefined;
  };
  await sayLines(client, 100);
  await client.time.until(answered(client, 100));
  expect(client.server.texts(1)).toEqual(lines(100));
  for (const line of lines(100)) expect(client.deliveries(line)).toEqual(['ok']);
});

test('a stream that the server forgot is replaced by a fresh one', async () => {
  const client = await loggedIn();
  await sayLines(client, 3);
  await client.time.until(answered(client, 3));
  client.server.log(1).counters.clear();
  await sayLines(client, 6, '', 4);
  await client.time.until(answered(client, 6));
  expect(client.server.texts(1)).toEqual(lines(6));
});

test('an expired stream is replaced by a fresh one', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 1', { c: 'STREAM_EXPIRED', m: 'Too old.' }, 1);
  await sayLines(client, 3);
  await client.time.until(answered(client, 3));
  expect(client.server.texts(1)).toEqual(lines(3));
});

test('a script that is run again under its key says nothing twice', async () => {
  const client = await loggedIn();
  await sayLines(client, 3, 'nightly');
  await client.time.until(answered(client, 3));
  const again = new FakeClient(undefined, client);
  await again.login();
  const ids = await sayLines(again, 5, 'nightly');
  await again.time.until(answered(again, 5));
  expect(client.server.texts(1)).toEqual(lines(5));
  expect(ids.slice(0, 3)).toEqual(client.of('delivery').map((event) => event.message.id));
});

test('another account with the same key has a stream of its own', async () => {
  const client = await loggedIn();
  await sayLines(client, 1, 'nightly');
  await client.time.until(answered(client, 1));
  const other = new FakeClient(undefined, client);
  await other.login({ user: 'bo', password: 'battery staple', register: true });
  await sayLines(other, 1, 'nightly');
  await other.time.until(answered(other, 1));
  expect(client.server.texts(1)).toEqual(['line 1', 'line 1']);
});

test('under a key everything behind a refused line fails, and running it again completes it', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 2', NOT_ALLOWED);
  await sayLines(client, 4, 'nightly');
  await client.time.until(answered(client, 4));
  expect(client.server.texts(1)).toEqual(['line 1']);
  client.server.judge = () => undefined;
  const again = new FakeClient(undefined, client);
  await again.login();
  await sayLines(again, 4, 'nightly');
  await again.time.until(answered(again, 4));
  expect(client.server.texts(1)).toEqual(lines(4));
});

test('texts that cannot be said are refused before they are sent', async () => {
  const client = await loggedIn();
  await expect(client.core.say('#lobby', '  ', 'text')).rejects.toMatchObject({ code: 'TEXT_EMPTY' });
  await expect(client.core.say('#lobby', 'x'.repeat(5_000), 'text')).rejects.toMatchObject({
    code: 'TEXT_TOO_LONG',
  });
  await expect(client.core.say('#lobby', 'a\u001b[31m', 'text')).rejects.toMatchObject({
    code: 'TEXT_NOT_ALLOWED',
  });
  await expect(client.core.say('#lobby', 'unicornn', 'sticker')).rejects.toMatchObject({
    code: 'NO_SUCH_STICKER',
  });
  expect(client.server.posts).toEqual([]);
});

/** Which posts of `counter` come through: `passes` is asked with how often it was sent before. */
function postFate(passes: (counter: number, before: number) => boolean, replyMs = 5) {
  const sent = new Map<number, number>();
  return (frame: Frame) => {
    if (frame.type === FrameType.Reply) return [replyMs];
    if (frame.type !== FrameType.Post) return [5];
    const { counter } = postCodec.decode(new Reader(frame.body));
    const before = sent.get(counter) ?? 0;
    sent.set(counter, before + 1);
    return passes(counter, before) ? [5] : [];
  };
}

test('after a refusal nothing behind it is tried in the old stream', async () => {
  const client = await loggedIn();
  client.server.judge = refuse('line 1', NOT_ALLOWED);
  await sayLines(client, 10);
  await client.time.until(answered(client, 10));
  const [first] = client.server.posts;
  const old = client.server.posts.filter(
    (post) => Buffer.compare(post.stream, first?.stream ?? post.stream) === 0,
  );
  expect(old.map((post) => post.counter)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('posts that were too early wait for the missing one instead of being sent again and again', async () => {
  const client = await loggedIn();
  client.server.fate = postFate((counter, before) => counter !== 1 || before > 0);
  await sayLines(client, 64);
  await client.time.until(answered(client, 64));
  expect(client.server.texts(1)).toEqual(lines(64));
  // Once too early, once in their turn.
  expect(client.server.posts.length).toBeLessThanOrEqual(2 * 64);
});

test('a late word about a gap that is filled by now changes nothing', async () => {
  const client = await loggedIn();
  client.server.fate = postFate(
    (counter, before) => (counter === 1 ? before > 0 : before === 0 || before > 1),
    600,
  );
  await sayLines(client, 2);
  await client.time.until(answered(client, 2));
  expect(client.server.texts(1)).toEqual(lines(2));
  expect(client.of('delivery').filter((event) => event.was !== undefined)).toEqual([]);
});
