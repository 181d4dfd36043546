import { expect, test } from 'vitest';
import { pinKey } from '../../src/actors/client/pins.js';
import { Operation } from '../../src/chat/operations.js';
import { CloseCode } from '../../src/net/types.js';
import { CREDENTIALS, FakeClient, FakeProfile, SCREEN, SCRIPT } from '../support/virtual-client.js';

function operations(client: FakeClient): number[] {
  return client.server.requests.map((request) => request.operation);
}

test('logs in, says something in the lobby and hears others', async () => {
  const client = new FakeClient();
  await client.login();
  const id = await client.core.say('#lobby', 'hello', 'text');
  await client.time.until(() => client.deliveries('hello').length > 0);
  client.server.say(1, 'bo', 'hi ana');
  await client.time.until(() => client.shown().length > 0);
  expect(client.shown()).toEqual(['hi ana']);
  expect(client.of('delivery')).toMatchObject([
    { message: { id, seq: 1, delivery: 'ok', room: '#lobby', mine: true } },
  ]);
  expect(client.of('link').map((event) => event.state)).toEqual([
    'dialling',
    'handshaking',
    'authenticating',
    'syncing',
    'live',
  ]);
});

test('what comes in the same datagram as the welcome is not lost', async () => {
  const client = new FakeClient();
  const login = client.core.login('host:1', CREDENTIALS);
  await client.time.until(() => client.server.connections.size === 1);
  client.server.say(1, 'bo', 'just in time');
  await client.time.resolve(login);
  await client.time.pass(10);
  expect(client.shown()).toEqual(['just in time']);
});

test('pins the key at first contact, tells its fingerprint, and says nothing the second time', async () => {
  const client = new FakeClient();
  await client.login();
  expect(client.of('pinned')).toMatchObject([{ server: 'host:1' }]);
  expect(client.profile.pinOf('host:1')?.key).toEqual(client.server.key);
  const again = new FakeClient(SCRIPT, client, client.profile);
  await again.login();
  expect(again.of('pinned')).toEqual([]);
});

test('refuses a server whose key changed, without sending it anything, and names the way out', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.key = Buffer.alloc(32, 8);
  client.server.requests.length = 0;
  const again = new FakeClient(SCRIPT, client, client.profile);
  const login = again.core.login('host:1', {
    user: 'ana',
    password: 'correct horse',
    register: false,
    remember: false,
  });
  await expect(again.time.resolve(login)).rejects.toMatchObject({
    code: 'KEY_CHANGED',
    message: expect.stringContaining('natter forget host:1'),
  });
  expect(again.link).toBe('failed');
  expect(client.server.requests).toEqual([]);
});

test('a key is held against the pin also after the handshake: another process may have pinned meanwhile', async () => {
  const profile = new FakeProfile();
  expect(await pinKey(profile, 'host:1', Buffer.alloc(32, 1))).toEqual(expect.any(String));
  expect(await pinKey(profile, 'host:1', Buffer.alloc(32, 1))).toBeUndefined();
  await expect(pinKey(profile, 'host:1', Buffer.alloc(32, 2))).rejects.toMatchObject({ code: 'KEY_CHANGED' });
});

test('a key that changes while connected ends the session for good', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.key = Buffer.alloc(32, 8);
  client.server.drop();
  await client.time.until(() => client.link === 'failed');
  expect(client.of('error')).toMatchObject([{ code: 'KEY_CHANGED' }]);
});

test('a wrong password fails the login, and the next login may try again', async () => {
  const client = new FakeClient();
  const wrong = client.core.login('host:1', {
    user: 'ana',
    password: 'wrong horse',
    register: false,
    remember: false,
  });
  await expect(client.time.resolve(wrong)).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  await client.login();
  expect(client.link).toBe('live');
});

test('a login without a password and without a remembered device says so before it dials', async () => {
  const client = new FakeClient();
  const login = client.core.login('host:1', { user: 'ana', register: false, remember: false });
  await expect(client.time.resolve(login)).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  expect(client.server.handshakes).toBe(0);
});

test('an empty password is refused before the account is made', async () => {
  const client = new FakeClient();
  const register = client.core.login('host:1', {
    user: 'bo',
    password: '',
    register: true,
    remember: false,
  });
  await expect(client.time.resolve(register)).rejects.toMatchObject({ code: 'PASSWORD_TOO_SHORT' });
});

test('a registered account is logged in at once', async () => {
  const client = new FakeClient();
  await client.login({ user: 'bo', password: 'battery staple', register: true });
  expect(client.of('welcome')).toMatchObject([{ user: 'bo' }]);
  expect(client.server.passwords.get('bo')).toBe('battery staple');
});

test('a registration whose answer was lost with the connection ends as a login by the device', async () => {
  const client = new FakeClient();
  client.server.fate = (frame) =>
    frame.toServer || client.server.passwords.get('bo') === undefined ? [5] : [];
  const login = client.core.login('host:1', {
    user: 'bo',
    password: 'battery staple',
    register: true,
    remember: false,
  });
  await client.time.until(() => client.server.passwords.has('bo'));
  client.server.fate = () => [5];
  client.server.drop();
  await expect(client.time.resolve(login)).resolves.toEqual({ user: 'bo' });
  expect(operations(client).filter((each) => each === Operation.RegisterFinish)).toHaveLength(1);
  expect(operations(client)).toContain(Operation.LoginDevice);
});

test('a registration that was cut off before its end is made again', async () => {
  const client = new FakeClient();
  let cut = false;
  client.server.fate = () => (cut ? [] : [5]);
  const login = client.core.login('host:1', {
    user: 'bo',
    password: 'battery staple',
    register: true,
    remember: false,
  });
  await client.time.until(() => operations(client).includes(Operation.RegisterStart));
  await client.time.pass(5);
  cut = true;
  await client.time.pass(100);
  cut = false;
  for (const connection of client.server.open) connection.end();
  await expect(client.time.resolve(login)).resolves.toEqual({ user: 'bo' });
});

test('after a lost connection the device logs in by itself, without the password', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.requests.length = 0;
  client.server.drop();
  expect(client.link).not.toBe('failed');
  await client.time.until(() => client.of('link').filter((event) => event.state === 'live').length === 2);
  expect(operations(client)).toEqual([Operation.LoginDevice]);
  expect(client.of('link').map((event) => event.state)).toContain('reconnecting');
});

test('a remembered device needs no password in the next process', async () => {
  const client = new FakeClient();
  await client.login({ remember: true });
  const again = new FakeClient(SCRIPT, client, client.profile);
  client.server.requests.length = 0;
  const { password: _, ...nothing } = { user: 'ana', password: '', register: false, remember: false };
  await again.time.resolve(again.core.login('host:1', nothing));
  expect(operations(client)).toEqual([Operation.LoginDevice]);
});

test('a remembered device that the server forgot falls back to the password', async () => {
  const client = new FakeClient();
  await client.login({ remember: true });
  client.server.devices.clear();
  const again = new FakeClient(SCRIPT, client, client.profile);
  await again.login();
  expect(again.link).toBe('live');
});

test('a remembered device that the server forgot is forgotten here, too, when there is no password', async () => {
  const client = new FakeClient();
  await client.login({ remember: true });
  client.server.devices.clear();
  const again = new FakeClient(SCRIPT, client, client.profile);
  const login = again.core.login('host:1', { user: 'ana', register: false, remember: true });
  await expect(again.time.resolve(login)).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  expect(client.profile.remembered('host:1', 'ana')).toBeUndefined();
});

test('a server that never answers fails the login after 20 s with NO_ANSWER', async () => {
  const client = new FakeClient();
  client.server.unreachable = true;
  const before = client.time.now();
  const login = client.core.login('host:1', {
    user: 'ana',
    password: 'correct horse',
    register: false,
    remember: false,
  });
  await expect(client.time.resolve(login)).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(client.time.now() - before).toBe(20_000);
});

test('a command that nobody answers for 20 s fails with NO_ANSWER', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.unreachable = true;
  const before = client.time.now();
  await expect(client.time.resolve(client.core.rooms())).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(client.time.now() - before).toBe(20_000);
});

test('a bad address and an unknown host are told at once', async () => {
  const client = new FakeClient();
  const credentials = { user: 'ana', password: 'correct horse', register: false, remember: false };
  for (const server of ['host:99999', 'a b', '[::1', 'nowhere.invalid:1'])
    await expect(client.time.resolve(client.core.login(server, credentials))).rejects.toMatchObject({
      code: 'BAD_ADDRESS',
    });
});

test('silence while something is owed starts a handshake beside the connection, and the new one goes on', async () => {
  const client = new FakeClient();
  await client.login();
  const [old] = client.server.connections;
  // The server has forgotten the connection, as after a crash: what goes over it is lost, but it answers handshakes.
  client.server.deaf.add(old);
  await client.core.say('#lobby', 'still there?', 'text');
  const saidAt = client.time.now();
  await client.time.until(() => client.deliveries('still there?').includes('ok'));
  expect(client.server.handshakes).toBe(2);
  expect(client.time.now() - saidAt).toBeGreaterThanOrEqual(1_500);
  expect(client.time.now() - saidAt).toBeLessThan(2_000);
  expect(old?.closed).toBeDefined();
  // A blip of less than 3 s: the screen saw no reconnecting.
  expect(client.of('link').map((event) => event.state)).not.toContain('reconnecting');
  expect(client.server.texts(1)).toEqual(['still there?']);
});

test('a connection that is heard again before the new one is ready goes on', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.unreachable = true;
  await client.core.say('#lobby', 'hello', 'text');
  await client.time.pass(2_000);
  client.server.unreachable = false;
  client.server.holdHandshakes = true;
  await client.time.until(() => client.deliveries('hello').includes('ok'));
  await client.time.pass(1_000);
  expect(client.server.handshakes).toBe(1);
  expect(client.link).toBe('live');
  expect(client.server.connections.size).toBe(1);
});

test('silence that lasts 3 s is shown as reconnecting, and as live once the same connection is heard again', async () => {
  const client = new FakeClient(SCREEN);
  await client.login();
  await client.time.pass(1_000);
  client.server.unreachable = true;
  await client.core.say('#lobby', 'hello', 'text');
  const saidAt = client.time.now();
  await client.time.until(() => client.link === 'reconnecting');
  expect(client.time.now() - saidAt).toBe(3_000);
  client.server.unreachable = false;
  client.server.holdHandshakes = true;
  await client.time.until(() => client.link === 'live');
  expect(client.server.connections.size).toBe(1);
  expect(client.server.handshakes).toBe(1);
  expect(client.deliveries('hello')).toContain('ok');
});

test('a server that died while nobody said anything is shown within 7 s, and live again when it is back', async () => {
  const client = new FakeClient(SCREEN);
  await client.login();
  await client.time.pass(60_000);
  expect(client.of('link').map((event) => event.state)).not.toContain('reconnecting');
  client.server.unreachable = true;
  const diedAt = client.time.now();
  await client.time.until(() => client.link === 'reconnecting');
  expect(client.time.now() - diedAt).toBeLessThanOrEqual(7_000);
  await client.time.pass(30_000);
  expect(client.link).toBe('reconnecting');
  client.server.unreachable = false;
  await client.time.until(() => client.link === 'live');
});

test('an answer that is due in a moment is not taken for silence because something else was sent before', async () => {
  const client = new FakeClient();
  await client.login();
  // The first is answered at once; the second, 1.4 s later, within 200 ms: over 1.5 s after the first.
  await client.core.say('#lobby', 'one', 'text');
  await client.time.pass(1_400);
  client.server.fate = () => [100];
  await client.core.say('#lobby', 'two', 'text');
  await client.time.until(() => client.deliveries('two').includes('ok'));
  expect(client.server.handshakes).toBe(1);
});

test('nothing is redialled while nothing is owed', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.unreachable = true;
  await client.time.pass(3_500);
  client.server.unreachable = false;
  await client.time.pass(60_000);
  expect(client.of('link').at(-1)?.state).toBe('live');
  expect(client.server.handshakes).toBe(1);
});

test('attempts to reconnect are spaced out up to 5 s and go on for ever', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.unreachable = true;
  client.server.drop();
  await client.time.pass(10 * 60_000);
  expect(client.link).not.toBe('failed');
  client.server.unreachable = false;
  const before = client.time.now();
  await client.time.until(() => client.link === 'live');
  expect(client.time.now() - before).toBeLessThan(15_000);
});

test('a device that was shut out is not let in again by itself', async () => {
  const client = new FakeClient();
  await client.login();
  for (const connection of [...client.server.connections])
    connection.end({ code: CloseCode.Revoked, text: 'the device was forgotten', local: false });
  await client.time.until(() => client.link === 'failed');
  expect(client.of('error')).toMatchObject([{ code: 'NOT_LOGGED_IN' }]);
  expect(client.server.handshakes).toBe(1);
});

test('probing tells the lag and the fingerprint, and pins nothing', async () => {
  const client = new FakeClient();
  const found = await client.time.resolve(client.core.probe('host:1'));
  expect(found).toMatchObject({ known: false, lagMs: expect.any(Number) });
  expect(client.profile.pinOf('host:1')).toBeUndefined();
  await client.login();
  expect(await client.time.resolve(client.core.probe('host:1'))).toMatchObject({ known: true });
});

test('quitting waits for what is unanswered, then says goodbye', async () => {
  const client = new FakeClient();
  await client.login();
  const [connection] = client.server.connections;
  await client.core.say('#lobby', 'last words', 'text');
  await client.time.resolve(client.core.quit(3_000));
  expect(client.server.texts(1)).toEqual(['last words']);
  expect(client.deliveries('last words')).toEqual(['ok']);
  expect(connection?.closed).toMatchObject({ code: CloseCode.Done });
  expect(client.link).toBe('offline');
});

test('quitting waits no longer than it was told, and fails what is left', async () => {
  const client = new FakeClient();
  await client.login();
  client.server.unreachable = true;
  await client.core.say('#lobby', 'into the void', 'text');
  const before = client.time.now();
  await client.time.resolve(client.core.quit(3_000));
  expect(client.time.now() - before).toBe(3_000);
  expect(client.deliveries('into the void')).toEqual(['failed']);
});

test('a screen hears about the lag when it changes', async () => {
  const client = new FakeClient(SCREEN);
  await client.login();
  await client.time.pass(10_000);
  const quiet = client.of('link').length;
  for (const connection of client.server.connections) connection.rttMs = 80;
  await client.time.pass(4_000);
  expect(client.of('link').slice(quiet)).toMatchObject([{ state: 'live', lagMs: 80 }]);
});

test('a login that is looked at says what it asked and until when it waits, and nothing of who or what', async () => {
  const client = new FakeClient();
  const login = client.core.login('host:1', CREDENTIALS);
  const facts = () =>
    [...client.tap.machines].find(({ name }) => name.startsWith('client-login'))?.detail().facts ?? {};
  await client.time.until(() => facts().asked === 1);
  const { waitsUntil, ...others } = facts();
  expect(others).toEqual({ deviceKnown: 0, hasPassword: 1, asked: 1 });
  const leftMs = Date.parse(String(waitsUntil)) - client.time.wall();
  expect(leftMs).toBeGreaterThan(10_000);
  expect(leftMs).toBeLessThanOrEqual(20_000);
  await client.time.resolve(login);
  expect(JSON.stringify(facts())).not.toMatch(/ana|horse/);
});
