import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Kind } from '../../src/actors/runtime/actor.js';
import { EntryKind, Operation, PresenceState } from '../../src/chat/operations.js';
import { Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec } from '../../src/net/entry.js';
import { headCodec, pushCodec } from '../../src/net/talk.js';
import { type TestClient, TestServer } from '../support/chat-server.js';

const LOBBY = 1;
const GARDEN = 2;
const RETRY_MS = 500;
const CORES = ['core-0', 'core-1'] as const;

/** Says the counters 1..count in a log as a client does: a window at a time, again until each is accepted. */
class Poster {
  readonly client: TestClient;
  readonly accepted = new Map<number, number>();
  readonly #count: number;

  constructor(client: TestClient, count: number) {
    this.client = client;
    this.#count = count;
  }

  get done(): boolean {
    this.#read();
    return this.accepted.size === this.#count;
  }

  /** @param disorder numbers that decide the order, and which are sent twice */
  round(disorder: readonly number[]): void {
    this.#read();
    const window: number[] = [];
    for (let counter = 1; counter <= this.#count && window.length < 8; counter++)
      if (!this.accepted.has(counter)) window.push(counter);
    const sent = window.flatMap((counter, i) =>
      (disorder[i] ?? 0) % 5 === 0 ? [counter, counter] : [counter],
    );
    const keyed = sent.map((counter, i) => ({ counter, key: disorder[i % disorder.length] ?? 0 }));
    for (const { counter } of keyed.sort((a, b) => a.key - b.key))
      this.client.post(GARDEN, counter, `${counter}`, EntryKind.Text);
  }

  #read(): void {
    for (const { log, counter, seq } of this.client.accepted()) {
      if (log !== GARDEN) continue;
      // However often it is answered, it is the same entry.
      expect(this.accepted.get(counter) ?? seq).toBe(seq);
      this.accepted.set(counter, seq);
    }
  }
}

/** Ends after so many turns: the server is then in the middle of something. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

/** Each reader has been pushed the newest entry or been told that there is one. */
function knowsHead(client: TestClient, log: number, head: number): boolean {
  const pushed = client.all(FrameType.Push, pushCodec).filter((push) => push.log === log);
  const heads = client.all(FrameType.Head, headCodec).filter((told) => told.log === log);
  return Math.max(0, ...pushed.map(({ seq }) => seq), ...heads.map(({ seq }) => seq)) === head;
}

it('keeps what it accepted once and in order, whatever comes twice or late and whichever core dies', async () => {
  const round = fc.record({
    disorder: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
    dies: fc.constantFrom(undefined, undefined, ...CORES),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(10_000),
      fc.array(round, { minLength: 3, maxLength: 8 }),
      async (seed, rounds) => {
        const server = new TestServer({ seed });
        const clients = [await server.register('ada'), await server.register('ben')];
        for (const client of clients) await client.do(Operation.Join, { n: 'garden' });
        const posters = clients.map((client) => new Poster(client, 20));
        for (let i = 0; posters.some((poster) => !poster.done); i++) {
          expect(i).toBeLessThan(60);
          const { disorder, dies } = rounds[i % rounds.length] ?? { disorder: [0], dies: undefined };
          for (const poster of posters) poster.round(disorder);
          // The first rounds are the wild ones; then the server must get well by itself.
          if (dies && i < rounds.length) {
            await server.system.until(turns((disorder[0] ?? 0) % 60));
            server.system.kill(dies);
            await server.system.advance(50);
            server.system.respawn(dies);
          }
          await server.system.advance(RETRY_MS);
        }
        const log = server.logs.entries.get(GARDEN) ?? [];
        expect(log).toHaveLength(40);
        for (const { client, accepted } of posters) {
          const name = client === clients[0] ? 'ada' : 'ben';
          const own = log.flatMap((bytes, i) => {
            const entry = entryCodec.decode(new Reader(bytes));
            return entry.author === name ? [{ seq: i + 1, counter: Number(entry.body.toString()) }] : [];
          });
          expect(own.map(({ counter }) => counter)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
          for (const { seq, counter } of own) expect(accepted.get(counter)).toBe(seq);
          expect(client.connection?.closed).toBeUndefined();
        }
        await server.system.advance(2_000);
        for (const client of clients) expect(knowsHead(client, GARDEN, 40)).toBe(true);
        expect(server.system.failures).toEqual([]);
      },
    ),
    { numRuns: 30, seed: 7 },
  );
}, 120_000);

it('brings sessions back after their thread died, without a word from the client', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  for (const core of CORES) {
    server.system.kill(core);
    await server.system.advance(100);
    server.system.respawn(core);
    await server.system.advance(1_500);
  }
  ada.post(LOBBY, 1, 'still here');
  await server.settle();
  expect(ben.pushed(LOBBY)).toEqual(['ada: still here']);
  const offline = ben.ephemerals().filter(({ subject, value }) => subject === 'ada' && value[0] === 0);
  expect(offline).toEqual([]);
  expect((await ben.do(Operation.Who, { l: 0, a: '' })).u).toMatchObject([{ n: 'ada' }, { n: 'ben' }]);
});

it('takes in what a client says while its session comes back', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  for (const core of CORES) server.system.kill(core);
  await server.system.advance(100);
  ada.post(LOBBY, 1, 'anybody?');
  for (const core of CORES) server.system.respawn(core);
  await server.system.advance(1_000);
  expect(ada.accepted()).toHaveLength(1);
});

it('restores accounts, rooms and memberships from the journal', async () => {
  const before = new TestServer();
  const ada = await before.register('ada');
  await before.register('ben');
  await ada.do(Operation.Join, { n: 'garden' });
  await ada.do(Operation.Topic, { l: GARDEN, t: 'tomatoes' });
  await ada.do(Operation.Direct, { n: 'ben' });
  const after = new TestServer({ logs: before.logs });
  const again = await after.connect(ada.key);
  const { c } = await again.do(Operation.LoginDevice, { n: 'ada' });
  expect(c).toMatchObject([
    { l: LOBBY, m: 2 },
    { l: GARDEN, n: 'garden', t: 'tomatoes', m: 1, h: 1 },
    { l: 3, k: 2, n: 'ben' },
  ]);
});

it('closes a session whose device was forgotten while its thread was dead', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const { connection } = ada;
  if (connection) connection.key.fill(200);
  for (const core of CORES) server.system.kill(core);
  await server.system.advance(50);
  for (const core of CORES) server.system.respawn(core);
  await server.system.advance(1_000);
  expect(connection?.closed).toBeDefined();
});

it('subscribes everybody again when the I/O actor failed and came back', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  await ben.do(Operation.Join, { n: 'garden' });
  server.system.tell({ kind: Kind.Io, key: 0 }, 999, Buffer.alloc(0));
  await server.system.advance(5_000);
  expect(server.system.failures).toHaveLength(1);
  ada.post(LOBBY, 1, 'did something happen?');
  await server.settle();
  expect(ben.pushed(LOBBY)).toEqual(['ada: did something happen?']);
  expect(server.io.tables.get(GARDEN)?.readers).toEqual(new Set([ben.conn]));
});

it('drops every session when the sockets are gone with their thread', async () => {
  const server = new TestServer();
  await server.register('ada');
  server.system.kill('io');
  server.io.connections.clear();
  await server.system.advance(100);
  server.system.respawn('io');
  await server.system.advance(3_000);
  const sessions = CORES.map((core) => server.system.system(core).stats().actors.session ?? 0);
  expect(sessions).toEqual([0, 0]);
  const ben = await server.register('ben');
  expect((await ben.do(Operation.Who, { l: 0, a: '' })).u).toMatchObject([{ n: 'ben' }]);
});

it('keeps who is away away, also when presence and sessions come back', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  await ada.do(Operation.Away, { a: true });
  for (const core of CORES) {
    server.system.kill(core);
    await server.system.advance(100);
    server.system.respawn(core);
    await server.system.advance(1_500);
  }
  expect((await ada.do(Operation.Who, { l: 0, a: '' })).u).toMatchObject([
    { n: 'ada', s: PresenceState.Away },
  ]);
});

it('shows in the end who came and went while the lobby was dead', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  server.io.close(ben.conn);
  await server.system.advance(1_950);
  for (const core of CORES) server.system.kill(core);
  await server.system.advance(40);
  for (const core of CORES) server.system.respawn(core);
  const cleo = await server.register('cleo');
  await server.system.advance(5_000);
  const last = new Map(ada.ephemerals().map(({ subject, value }) => [subject, value[0]]));
  expect(last.get('cleo')).toBe(PresenceState.Online);
  expect(cleo.connection?.closed).toBeUndefined();
});
