/** Numbers are sent and counted at the other end, while watchers come, go, stall and fail. Needs dist. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Client, openClient } from '#natter/actors/client/client.js';
import type { Frame } from '#natter/actors/inspect/frames.js';
import { Inspector, type Watch } from '#natter/actors/inspect/inspector.js';
import { type Server, startServer } from '#natter/actors/server/server.js';
import { temporaryFolder } from '../support/natter.js';

const NUMBERS = 1_500;
const AT_ONCE = 25;
const unlimited = 1e9;

let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
const clients: Client[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  server = await startServer({
    data: join(folder.path, 'server'),
    listen: { host: '127.0.0.1', port: 0 },
    workers: 2,
    log: 'silent',
    limits: { postsPerS: unlimited, postsBurst: unlimited, framesPerS: unlimited, framesBurst: unlimited },
  });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.stop(3_000);
  folder.remove();
});

/** Logs in and enters the room. @param heard every text that comes, in order */
async function enter(user: string, heard: (text: string) => void): Promise<Client> {
  const at = `127.0.0.1:${server.port}`;
  const client = await openClient({
    data: join(folder.path, user),
    server: at,
    threaded: false,
    onEvent: (events) => {
      for (const event of events) if (event.event === 'message') heard(event.message.text);
    },
  });
  clients.push(client);
  await client.login(at, { user, password: 'long enough', register: true, remember: false });
  await client.join('#numbers');
  return client;
}

/** Watchers of every kind, a new one each time it is called; at most a few at once. */
class Visitors {
  readonly #inspector = new Inspector([server.inspectable]);
  readonly #watches: Watch[] = [];
  #actors: readonly string[] = [];
  #count = 0;
  frames = 0;

  next(): void {
    const n = this.#count++;
    const chosen = this.#actors[n % Math.max(1, this.#actors.length)];
    this.#watches.push(this.#inspector.watch((frame) => this.#take(frame, n), { chosen, ring: n % 2 === 0 }));
    if (this.#watches.length > 4) this.#watches.shift()?.close();
    // Nobody is left for a moment: the threads begin anew.
    if (n % 20 === 19) this.close();
  }

  close(): void {
    for (const watch of this.#watches.splice(0)) watch.close();
  }

  #take(frame: Frame, n: number): boolean {
    this.frames++;
    if (frame.whole && frame.actors !== undefined)
      this.#actors = frame.actors.map(({ thread, actor }) => `${thread} ${actor}`);
    if (n % 5 === 3) throw new Error('it fell over');
    return n % 5 !== 4;
  }
}

it('nothing is lost, doubled or put out of order because somebody watches', async () => {
  const heard: number[] = [];
  let wake: () => void = () => undefined;
  const ana = await enter('ana', () => undefined);
  await enter('bo', (text) => {
    heard.push(Number(text));
    wake();
  });
  const visitors = new Visitors();
  const coming = setInterval(() => visitors.next(), 30);
  for (let n = 0; n < NUMBERS; n++) {
    await ana.say('#numbers', String(n), 'text');
    // A watched server must keep up as it does unwatched: no more than so many are on their way.
    while (heard.length < n - AT_ONCE) await new Promise<void>((resolve) => (wake = resolve));
  }
  while (heard.length < NUMBERS) await new Promise<void>((resolve) => (wake = resolve));
  clearInterval(coming);
  visitors.close();
  expect(heard).toEqual(Array.from({ length: NUMBERS }, (_, n) => n));
  // They did see something; how much depends on how fast the numbers went.
  expect(visitors.frames).toBeGreaterThan(5);
  for (const name of server.system.names) {
    expect(await server.system.thread(name).deadLetters(1_000)).toEqual([]);
    expect(server.system.restarts(name)).toBe(0);
  }
}, 60_000);
