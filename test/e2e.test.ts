import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Client, openClient } from '#natter/actors/client/client.js';
import { type Server, startServer } from '#natter/actors/server/server.js';
import type { ClientEvent, Credentials } from '../src/chat/events.js';

const PASSWORD = 'correct horse battery';

/** A client with its own data folder, and everything it told. */
class Person {
  readonly events: ClientEvent[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(
    readonly name: string,
    readonly client: Client,
  ) {}

  static async open(name: string, data: string, threaded = false): Promise<Person> {
    let person: Person | undefined;
    const client = await openClient({
      data,
      server: address(),
      threaded,
      onEvent: (events) => person?.take(events),
    });
    person = new Person(name, client);
    return person;
  }

  take(events: readonly ClientEvent[]): void {
    this.events.push(...events);
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as this holds of what was told. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  login(more: Partial<Credentials> = {}): Promise<{ user: string }> {
    return this.client.login(address(), {
      user: this.name,
      password: PASSWORD,
      register: false,
      // Remembered devices log in without the half second that stretching a password takes.
      remember: true,
      ...more,
    });
  }

  of<E extends ClientEvent['event']>(event: E): Extract<ClientEvent, { event: E }>[] {
    return this.events.filter((each): each is Extract<ClientEvent, { event: E }> => each.event === event);
  }

  room(name: string) {
    return this.of('room').findLast((event) => event.room.room === name)?.room;
  }

  heard(text: string): () => boolean {
    return () => this.of('message').some((event) => event.message.text === text && event.message.seq > 0);
  }

  delivered(text: string): () => boolean {
    return () =>
      this.of('delivery').some((event) => event.message.text === text && event.message.delivery === 'ok');
  }
}

const folder = mkdtempSync(join(tmpdir(), 'natter-e2e-'));
const people: Person[] = [];
let server: Server;

function address(): string {
  return `127.0.0.1:${server.port}`;
}

async function person(name: string, data = name, threaded = false): Promise<Person> {
  const made = await Person.open(name, join(folder, data), threaded);
  people.push(made);
  return made;
}

function start(port = 0): Promise<Server> {
  return startServer({
    data: join(folder, 'server'),
    listen: { host: '127.0.0.1', port },
    workers: 1,
    log: 'silent',
  });
}

beforeAll(async () => {
  server = await start();
});

afterEach(async () => {
  for (const each of people.splice(0)) await each.client.close();
});

afterAll(async () => {
  await server.stop(5_000);
  rmSync(folder, { recursive: true, force: true });
});

test('two people register and talk in the lobby', async () => {
  const ana = await person('ana');
  const bo = await person('bo');
  await ana.login({ register: true });
  await bo.login({ register: true });
  expect(ana.of('pinned')).toHaveLength(1);
  const id = await ana.client.say('#lobby', 'good morning', 'text');
  await bo.until(bo.heard('good morning'));
  await ana.until(ana.delivered('good morning'));
  await bo.client.say('#lobby', 'and to you', 'text');
  await ana.until(ana.heard('and to you'));
  const told = bo.of('message').find((event) => event.message.text === 'good morning')?.message;
  expect(told).toMatchObject({ id, from: 'ana', room: '#lobby', mine: false, delivery: 'ok' });
});

test('a private message to somebody who is away is read at the next login, also on another device', async () => {
  const ana = await person('ana');
  const bo = await person('bo');
  await ana.login();
  await ana.client.say('@bo', 'call me', 'text');
  await ana.until(ana.delivered('call me'));
  await bo.login();
  const room = await bo.client.follow('@ana', 0);
  await bo.until(bo.heard('call me'));
  expect(room).toMatchObject({ room: '@ana', kind: 'direct', head: 1 });
  // Said while he is here, it opens by itself and arrives.
  await ana.client.say('@bo', 'still there?', 'text');
  await bo.until(bo.heard('still there?'));
});

test('a private conversation that was not there opens with its first message', async () => {
  const ana = await person('ana');
  const eve = await person('eve');
  await ana.login();
  await eve.login({ register: true });
  await eve.client.say('@ana', 'hello, stranger', 'text');
  await ana.until(ana.heard('hello, stranger'));
  expect(ana.of('room').map((event) => event.room.room)).toContain('@eve');
});

test('rooms are made by joining, have a topic and members, and can be left', async () => {
  const ana = await person('ana');
  const bo = await person('bo');
  await ana.login();
  await bo.login();
  await ana.client.join('tea');
  await bo.client.join('#Tea');
  await ana.client.topic('#tea', 'leaves only');
  await bo.until(() => bo.of('room').some((event) => event.room.topic === 'leaves only'));
  expect(await bo.client.rooms()).toContainEqual({ name: 'tea', topic: 'leaves only', members: 2 });
  expect((await bo.client.who('#tea')).map(({ user }) => user).sort()).toEqual(['ana', 'bo']);
  await bo.client.leave('#tea');
  await bo.until(() => bo.of('left').some((event) => event.room === '#tea'));
  expect((await ana.client.who('#tea')).map(({ user }) => user)).toEqual(['ana']);
  await expect(bo.client.topic('#tea', 'coffee')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  await expect(bo.client.say('@nobody.here', 'psst', 'text')).rejects.toMatchObject({ code: 'NO_SUCH_USER' });
});

test('a wrong password, an unknown name and a taken name are told apart only where that is safe', async () => {
  const ana = await person('ana', 'nobody');
  const wrong = await ana.login({ password: 'wrong horse battery' }).catch((error) => error);
  const unknown = await ana.login({ user: 'zed' }).catch((error) => error);
  expect(wrong).toMatchObject({ code: 'WRONG_PASSWORD' });
  expect(unknown).toMatchObject({ code: 'WRONG_PASSWORD', message: wrong.message });
  await expect(ana.login({ register: true })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
});

test('history is paged backwards, read cursors follow the account from device to device', async () => {
  const ana = await person('ana', 'ana', true);
  const other = await person('ana', 'ana-elsewhere', true);
  const bo = await person('bo');
  for (const each of [ana, other, bo]) await each.login();
  for (let n = 1; n <= 30; n++) await bo.client.say('#tea', `cup ${n}`, 'text');
  for (const each of [ana, other]) await each.until(each.heard('cup 30'));
  await other.client.history('#tea', 21, 10);
  await other.until(() => other.of('message').filter((event) => event.history).length === 10);
  const { head } = await ana.client.join('#tea');
  await ana.client.read('#tea', head - 3);
  await other.until(() => other.room('#tea')?.unread === 3);
});

test('a remembered device needs no password; forgotten, it does', async () => {
  const bo = await person('bo');
  await bo.login();
  await bo.client.close();
  const again = await person('bo');
  await again.client.login(address(), { user: 'bo', register: false, remember: false });
  const devices = await again.client.devices();
  const mine = devices.find((device) => device.me);
  const other = await person('bo', 'bo-elsewhere');
  await other.login();
  await other.client.forgetDevice(mine?.key ?? '');
  await again.until(() => again.of('link').at(-1)?.state === 'failed');
  await again.client.close();
  const locked = await person('bo');
  await expect(
    locked.client.login(address(), { user: 'bo', register: false, remember: false }),
  ).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
});

test('a password is changed with the old one, and the old one is worth nothing afterwards', async () => {
  const eve = await person('eve');
  await eve.login();
  await expect(eve.client.changePassword('not the password', 'another horse', false)).rejects.toMatchObject({
    code: 'WRONG_PASSWORD',
  });
  await eve.client.changePassword(PASSWORD, 'another horse', false);
  const again = await person('eve', 'eve-elsewhere');
  await expect(again.login()).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  await again.login({ password: 'another horse' });
});

test('a screen sees who comes, is away, types and goes', async () => {
  const ana = await person('ana', 'ana', true);
  const bo = await person('bo');
  await ana.login();
  await bo.login();
  const states = () => ana.of('presence').filter((event) => event.user === 'bo' && event.room === '#lobby');
  await ana.until(() => states().at(-1)?.state === 'online');
  await bo.client.away(true);
  await ana.until(() => states().at(-1)?.state === 'away');
  await bo.client.typing('#lobby', true);
  await ana.until(() => ana.of('typing').some((event) => event.user === 'bo' && event.on));
  await bo.client.close();
  await ana.until(() => states().at(-1)?.state === 'offline');
});

test('a server that is restarted is found again; what was said meanwhile arrives once, in order', async () => {
  const ana = await person('ana');
  const bo = await person('bo');
  await ana.login();
  await bo.login();
  await ana.client.say('#tea', 'before', 'text');
  await bo.client.join('#tea');
  const { port } = server;
  await server.stop(5_000);
  for (let n = 1; n <= 5; n++) await ana.client.say('#tea', `meanwhile ${n}`, 'text');
  server = await start(port);
  await ana.until(ana.delivered('meanwhile 5'));
  await bo.until(bo.heard('meanwhile 5'));
  const heard = bo.of('message').map((event) => event.message.text);
  expect(heard.filter((text) => text.startsWith('meanwhile'))).toEqual(
    [1, 2, 3, 4, 5].map((n) => `meanwhile ${n}`),
  );
  expect(ana.of('link').map((event) => event.state)).not.toContain('failed');
});

test('a server with another key is refused until it is forgotten', async () => {
  const ana = await person('ana');
  await ana.login();
  await ana.client.close();
  const { port } = server;
  await server.stop(5_000);
  const impostor = await startServer({
    data: join(folder, 'impostor'),
    listen: { host: '127.0.0.1', port },
    workers: 1,
    log: 'silent',
  });
  try {
    const again = await person('ana');
    await expect(again.login()).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    expect(await again.client.probe(address())).toMatchObject({ known: false });
  } finally {
    await impostor.stop(5_000);
    server = await start(port);
  }
});
