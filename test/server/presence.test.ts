import { expect, it } from 'vitest';
import { Operation, PresenceState } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';

const LOBBY = 1;

/** What the lobby was shown of one person, in order. */
function shown(to: TestClient, of: string): number[] {
  const all = to
    .ephemerals()
    .filter(({ log, kind, subject }) => log === LOBBY && kind === 1 && subject === of);
  expect(all.map(({ version }) => version)).toEqual(
    [...new Set(all.map(({ version }) => version))].sort((a, b) => a - b),
  );
  return all.map(({ value }) => value[0] ?? -1);
}

it('shows coming, being away, coming back and going', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  await ben.do(Operation.Away, { a: true });
  await ben.do(Operation.Away, { a: false });
  server.io.close(ben.conn);
  await server.system.advance(1_000);
  expect(shown(ada, 'ben')).toEqual([1, 2, 1]);
  await server.system.advance(2_000);
  expect(shown(ada, 'ben')).toEqual([1, 2, 1, 0]);
  expect((await ada.do(Operation.Who, { l: 0, a: '' })).u).toMatchObject([
    { n: 'ada', s: PresenceState.Online },
  ]);
});

it('makes no flicker of a reconnect', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  server.io.close(ben.conn);
  await server.system.advance(1_500);
  const again = await server.connect(ben.key);
  await again.do(Operation.LoginDevice, { n: 'ben' });
  await server.system.advance(5_000);
  expect(shown(ada, 'ben')).toEqual([1]);
});

it('shows nobody as here who is away, when the threads of all sessions die', async () => {
  const server = new TestServer();
  const people = ['ben', 'cleo', 'dora', 'emil'];
  const ada = await server.register('ada');
  for (const name of people) await (await server.register(name)).do(Operation.Away, { a: true });
  const before = people.map((name) => shown(ada, name));
  server.system.kill('core-1');
  await server.system.advance(50);
  server.system.respawn('core-1');
  await server.system.advance(500);
  expect(people.map((name) => shown(ada, name))).toEqual(before);
});

it('takes somebody as away only when all devices are, and as gone when the last one goes', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const laptop = await server.register('ben');
  const phone = await server.connect();
  await phone.login('ben');
  await laptop.do(Operation.Away, { a: true });
  expect(shown(ada, 'ben')).toEqual([1]);
  server.io.close(phone.conn);
  await server.system.advance(3_000);
  expect(shown(ada, 'ben')).toEqual([1, 2]);
  server.io.close(laptop.conn);
  await server.system.advance(3_000);
  expect(shown(ada, 'ben')).toEqual([1, 2, 0]);
});

it('lists nobody after the longest name that can be typed, and fails at none', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const { l } = await ada.do(Operation.Join, { n: 'kitchen' });
  const longest = '\u6f22'.repeat(512);
  for (const log of [0, LOBBY, l])
    expect(await ada.do(Operation.Who, { l: log, a: longest })).toEqual({ u: [] });
  expect(server.system.system('core-0').stats().actorRestarts).toBe(0);
});
