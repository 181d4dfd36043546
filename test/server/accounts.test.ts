import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Operation } from '../../src/chat/operations.js';
import { CloseCode } from '../../src/net/types.js';
import { type TestClient, TestServer } from '../support/chat-server.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('registering', () => {
  it('welcomes with the lobby and nothing else', async () => {
    const server = new TestServer();
    const ada = await server.connect();
    const welcome = await ada.register('Ada');
    expect(welcome).toMatchObject({ n: 'Ada', c: [{ l: 1, k: 0, n: 'lobby', h: 0, c: 0, m: 1 }] });
  });

  it('refuses a name that is taken in another case, one that looks alike, and one that is none', async () => {
    const server = new TestServer();
    await server.register('paypal');
    const other = await server.connect();
    const start = (n: string) => other.refused(Operation.RegisterStart, { n, r: 'request' });
    expect(await start('PayPal')).toBe('NAME_TAKEN');
    expect(await start('p\u0430yp\u0430l')).toMatch(/^NAME_/);
    expect(await start('')).toBe('NAME_EMPTY');
    expect(await start('a b')).toMatch(/^NAME_/);
  });

  it('lets only one of two win who register the same name at once', async () => {
    const server = new TestServer();
    const [one, two] = [await server.connect(), await server.connect()];
    for (const client of [one, two]) client.ask(Operation.RegisterStart, { n: 'ada', r: 'request' }, 1);
    await server.settle();
    for (const client of [one, two])
      client.ask(Operation.RegisterFinish, { n: 'ada', r: `record ${client.conn}`, d: false, l: '' }, 2);
    await server.settle();
    const answers = [one, two].map((client) => client.reply(2));
    expect(answers.filter((answer) => answer?.done)).toHaveLength(1);
    expect(answers.find((answer) => !answer?.done)?.body.c).toBe('NAME_TAKEN');
  });

  it('answers a finish that comes again after a crash as the first time', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    server.io.close(ada.conn);
    const again = await server.connect(ada.key);
    const finish = { n: 'ada', r: 'password of ada', d: false, l: 'a test' };
    expect(await again.do(Operation.RegisterFinish, finish)).toMatchObject({ n: 'ada' });
  });

  it('limits registrations of one address', async () => {
    const server = new TestServer({ limits: { registrationsPerAddressPerMinute: 2 } });
    for (const name of ['ada', 'ben']) await server.register(name);
    const third = await server.connect();
    const cleo = { n: 'cleo', r: 'request' };
    expect(await third.refused(Operation.RegisterStart, cleo)).toBe('TOO_MANY_ATTEMPTS');
    const elsewhere = await server.connect(undefined, '2001:db8::7 4000');
    expect(await elsewhere.refused(Operation.RegisterStart, cleo)).toBe('done');
  });
});

describe('logging in with a password', () => {
  it('refuses a wrong password and an unknown user alike', async () => {
    const server = new TestServer();
    await server.register('ada');
    const client = await server.connect();
    const wrong = await client.login('ada', 'guess');
    const unknown = await client.login('nobody-here', 'guess');
    expect(wrong).toEqual(unknown);
    expect(wrong.body.c).toBe('WRONG_PASSWORD');
  });

  it('refuses a proof made for another connection or device', async () => {
    const server = new TestServer();
    await server.register('ada');
    const client = await server.connect();
    await client.request(Operation.LoginStart, { n: 'ada', r: 'request' });
    const proof = { n: 'ada', r: 'password of ada', m: Buffer.alloc(32), d: false, l: '' };
    expect(await client.refused(Operation.LoginFinish, proof)).toBe('WRONG_PASSWORD');
  });

  it('allows three wrong passwords a minute per address, and gives a right one back', async () => {
    const server = new TestServer();
    await server.register('ada');
    const client = await server.connect();
    for (let i = 0; i < 5; i++) expect((await client.login('ada')).done).toBe(true);
    const guesser = await server.connect();
    const codes: unknown[] = [];
    for (let i = 0; i < 4; i++) codes.push((await guesser.login('ada', `guess ${i}`)).body.c);
    expect(codes).toEqual(['WRONG_PASSWORD', 'WRONG_PASSWORD', 'WRONG_PASSWORD', 'TOO_MANY_ATTEMPTS']);
    const elsewhere = await server.connect(undefined, '198.51.100.9 4000');
    expect((await elsewhere.login('ada')).done).toBe(true);
    await server.system.advance(20_000);
    expect((await guesser.login('ada')).done).toBe(true);
  });

  it('counts one network as one guesser, and an IPv4 address as itself on an IPv6 socket', async () => {
    const server = new TestServer();
    await server.register('ada');
    const guess = async (path: string) => {
      const client = await server.connect(undefined, path);
      return (await client.login('ada', 'guess')).body.c;
    };
    for (let host = 1; host < 4; host++) await guess(`2001:db8:0:1::${host} 4000`);
    for (let port = 1; port < 4; port++) await guess(`::ffff:192.0.2.7 ${port}`);
    expect(await guess('2001:db8:0:1:aaaa::7 4000')).toBe('TOO_MANY_ATTEMPTS');
    expect(await guess('2001:db8:0:2::1 4000')).toBe('WRONG_PASSWORD');
    expect(await guess('192.0.2.7 4000')).toBe('TOO_MANY_ATTEMPTS');
    expect(await guess('::ffff:192.0.2.8 4000')).toBe('WRONG_PASSWORD');
  });

  it('lets twenty in at once who know the password, one after the other', async () => {
    const server = new TestServer();
    await server.register('ada');
    const begun: { client: TestClient; request: number }[] = [];
    for (let i = 0; i < 20; i++) {
      const client = await server.connect();
      begun.push({ client, request: client.ask(Operation.LoginStart, { n: 'ada', r: 'request' }) });
    }
    await server.settle();
    let [rounds, left] = [0, begun];
    for (; left.length > 0 && rounds < 20; rounds++) {
      const answered = left.filter(({ client, request }) => client.reply(request)?.done);
      left = left.filter((each) => !answered.includes(each));
      for (const { client } of answered)
        expect(await client.refused(Operation.LoginFinish, client.proof('ada'))).toBe('done');
    }
    expect(rounds).toBe(7);
  });

  it('keeps a fourth waiting only while one of three may still prove the password', async () => {
    for (const name of ['ada', 'nobody-here']) {
      const server = new TestServer();
      await server.register('ada');
      const begin = async () => {
        const client = await server.connect();
        return { client, request: client.ask(Operation.LoginStart, { n: name, r: 'request' }) };
      };
      const guesses = [await begin(), await begin(), await begin()];
      await server.settle();
      const fourth = await begin();
      await server.settle();
      expect(fourth.client.reply(fourth.request)).toBeUndefined();
      // Who guessed wrong finds out by themselves and goes.
      for (const { client } of guesses) server.io.close(client.conn);
      await server.settle();
      expect(fourth.client.reply(fourth.request)?.body.c).toBe('TOO_MANY_ATTEMPTS');
      const fifth = await begin();
      await server.settle();
      expect(fifth.client.reply(fifth.request)?.body.c).toBe('TOO_MANY_ATTEMPTS');
    }
  });

  it('answers three a minute to a guesser who keeps attempts open, however many wait', async () => {
    const server = new TestServer();
    await server.register('ada');
    const asked: { client: TestClient; request: number }[] = [];
    for (let i = 0; i < 100; i++) {
      const client = await server.connect();
      asked.push({ client, request: client.ask(Operation.LoginStart, { n: 'ada', r: 'request' }) });
    }
    await server.settle();
    const answers = () => asked.map(({ client, request }) => client.reply(request));
    const answered = () => answers().filter((answer) => answer?.done).length;
    expect(answered()).toBe(3);
    expect(answers().filter((answer) => answer === undefined).length).toBeLessThanOrEqual(64);
    await server.system.advance(10_000);
    expect(answered()).toBe(3);
    expect(answers()).not.toContain(undefined);
  });

  it('limits guesses from all addresses together', async () => {
    const server = new TestServer({ limits: { loginsPerAccountPerMinute: 4 } });
    await server.register('ada');
    const codes: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const client = await server.connect(undefined, `198.51.100.${i} 4000`);
      codes.push((await client.login('ada', 'guess')).body.c);
    }
    expect(codes.at(-1)).toBe('TOO_MANY_ATTEMPTS');
    expect(codes.slice(0, 4)).not.toContain('TOO_MANY_ATTEMPTS');
  });

  it('gives up an attempt when another one begins on its connection', async () => {
    const server = new TestServer();
    await server.register('ada');
    const client = await server.connect();
    for (const request of [1, 2]) client.ask(Operation.LoginStart, { n: 'ada', r: 'request' }, request);
    await server.settle();
    expect(client.reply(2)?.done).toBe(true);
    expect(client.reply(1)?.body.c ?? 'NOT_LOGGED_IN').toBe('NOT_LOGGED_IN');
    expect((await client.login('ada')).done).toBe(true);
    expect(server.errors).toEqual([]);
  });

  it('limits guesses of one address for whatever names, right ones aside', async () => {
    const server = new TestServer({ limits: { loginsPerAddressPerMinute: 4 } });
    await server.register('ada');
    const client = await server.connect();
    for (let i = 0; i < 6; i++) expect((await client.login('ada')).done).toBe(true);
    const guesser = await server.connect();
    const codes: unknown[] = [];
    for (let i = 0; i < 5; i++) codes.push((await guesser.login(`name-${i}`, 'guess')).body.c);
    expect(codes.slice(0, 4)).not.toContain('TOO_MANY_ATTEMPTS');
    expect(codes.at(-1)).toBe('TOO_MANY_ATTEMPTS');
    const elsewhere = await server.connect(undefined, '198.51.100.9 4000');
    expect((await elsewhere.login('ada')).done).toBe(true);
  });

  it('ends a session in which nobody logs in', async () => {
    const server = new TestServer();
    const client = await server.connect();
    const { connection } = client;
    await server.system.advance(MINUTE_MS + 1);
    expect(connection?.closed?.code).toBe(CloseCode.Limit);
    expect(server.system.system('core-0').stats().actors.session ?? 0).toBe(0);
  });
});

describe('a device', () => {
  it('needs no password for a day after its last use, and for good when it is remembered', async () => {
    const server = new TestServer();
    const temporary = await server.register('ada');
    const kept = await server.connect();
    await kept.login('ada', undefined, true);
    for (const { conn } of [temporary, kept]) server.io.close(conn);
    await server.system.advance(DAY_MS - MINUTE_MS);
    const early = await server.connect(temporary.key);
    expect(await early.refused(Operation.LoginDevice, { n: 'ADA' })).toBe('done');
    server.io.close(early.conn);
    await server.system.advance(DAY_MS + 2 * 60 * MINUTE_MS);
    const late = await server.connect(temporary.key);
    expect(await late.refused(Operation.LoginDevice, { n: 'ada' })).toBe('DEVICE_UNKNOWN');
    const remembered = await server.connect(kept.key);
    expect(await remembered.refused(Operation.LoginDevice, { n: 'ada' })).toBe('done');
  });

  it('does not expire under a session that stays', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    await server.system.advance(3 * DAY_MS);
    server.io.close(ada.conn);
    const again = await server.connect(ada.key);
    expect(await again.refused(Operation.LoginDevice, { n: 'ada' })).toBe('done');
  });

  it('is not told whether the name or the device is wrong', async () => {
    const server = new TestServer();
    await server.register('ada');
    const client = await server.connect();
    const wrongDevice = await client.request(Operation.LoginDevice, { n: 'ada' });
    expect(wrongDevice).toEqual(await client.request(Operation.LoginDevice, { n: 'nobody-here' }));
  });

  it('is forgotten by logging out, and the session can log in again', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    await ada.do(Operation.Logout, {});
    expect(await ada.refused(Operation.Rooms, { a: '' })).toBe('NOT_LOGGED_IN');
    expect(await ada.refused(Operation.LoginDevice, { n: 'ada' })).toBe('DEVICE_UNKNOWN');
    expect((await ada.login('ada')).done).toBe(true);
  });

  it('is listed, and closed when another one forgets it', async () => {
    const server = new TestServer();
    const laptop = await server.register('ada');
    const phone = await server.connect();
    await phone.login('ada', undefined, true);
    const { d } = await laptop.do(Operation.Devices, {});
    expect(d).toMatchObject([
      { l: 'a test', me: true },
      { l: 'a test', me: false },
    ]);
    const { connection } = phone;
    await laptop.do(Operation.DeviceForget, { k: phone.key });
    expect(connection?.closed?.code).toBe(CloseCode.Revoked);
    expect(laptop.connection?.closed).toBeUndefined();
    const again = await server.connect(phone.key);
    expect(await again.refused(Operation.LoginDevice, { n: 'ada' })).toBe('DEVICE_UNKNOWN');
    expect(await laptop.refused(Operation.DeviceForget, { k: phone.key })).toBe('DEVICE_UNKNOWN');
  });

  it('does not stay when it is forgotten while it logs in, whoever comes first', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const server = new TestServer({ seed });
      const laptop = await server.register('ada');
      const phone = await server.connect();
      await phone.login('ada', undefined, true);
      server.io.close(phone.conn);
      const again = await server.connect(phone.key);
      const { connection } = again;
      const login = again.ask(Operation.LoginDevice, { n: 'ada' });
      for (let turn = 0; turn < seed % 20; turn++) await setImmediate();
      await laptop.do(Operation.DeviceForget, { k: phone.key });
      const refused = again.reply(login)?.done === false;
      expect(refused || connection?.closed?.code === CloseCode.Revoked, `seed ${seed}`).toBe(true);
    }
  });
});

describe('changing the password', () => {
  it('wants the old one first, within five minutes', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const start = () => ada.refused(Operation.PasswordStart, { r: 'request' });
    expect(await start()).toBe('NOT_ALLOWED');
    await ada.login('ada');
    expect(await start()).toBe('done');
    await server.system.advance(6 * MINUTE_MS);
    expect(await start()).toBe('NOT_ALLOWED');
  });

  it('makes the new one count, and closes all other devices when asked to', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const other = await server.connect();
    await other.login('ada');
    const { connection } = other;
    await ada.login('ada');
    await ada.do(Operation.PasswordStart, { r: 'request' });
    await ada.do(Operation.PasswordFinish, { r: 'new password', o: true });
    expect(connection?.closed?.code).toBe(CloseCode.Revoked);
    expect(ada.connection?.closed).toBeUndefined();
    const again = await server.connect();
    expect((await again.login('ada')).body.c).toBe('WRONG_PASSWORD');
    expect((await again.login('ada', 'new password')).done).toBe(true);
    const forgotten = await server.connect(other.key);
    expect(await forgotten.refused(Operation.LoginDevice, { n: 'ada' })).toBe('DEVICE_UNKNOWN');
  });
});

describe('an attempt that is looked at', () => {
  it('says whose it is by number, since when it runs and until when it waits, and nothing of who or what', async () => {
    const server = new TestServer();
    await server.register('ada');
    const guests = [await server.connect(), await server.connect()] as const;
    await guests[0].request(Operation.LoginStart, { n: 'ada', r: 'a blinded secret' });
    await guests[1].request(Operation.RegisterStart, { n: 'ben', r: 'a blinded secret' });
    const { tap, clock } = server.system.system('core-0');
    const attempts = [...tap.machines].filter(({ name }) => /login|registration/.test(name));
    const told = attempts.map((attempt) => attempt.detail().facts);
    const [begun, waitsUntil] = [0, 30_000].map((ms) => new Date(clock.wall() + ms).toISOString());
    expect(told).toEqual(guests.map(({ conn }) => ({ session: conn, begun, waitsUntil })));
    expect(JSON.stringify(told)).not.toMatch(/ada|ben|secret/);
  });
});
