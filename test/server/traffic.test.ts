import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Server, startServer } from '#natter/actors/server/server.js';
import { EventKind, FileState, Operation } from '../../src/chat/operations.js';
import { CHUNK_BYTES } from '../../src/net/constants.js';
import { hashOf, RawClient } from '../support/raw-client.js';

const ANY = { host: '127.0.0.1', port: 0 };
const LOBBY = 1;
const CHUNKS = 40;
const PART_CHUNKS = 6;
/** Not a whole number of chunks. */
const FILE = Buffer.alloc(CHUNKS * CHUNK_BYTES - 1000, 'a file of which no two chunks are equal, nearly');
for (let chunk = 0; chunk < CHUNKS; chunk++) FILE.writeUInt32BE(chunk, chunk * CHUNK_BYTES);

let data: string;
let server: Server;
let clients: RawClient[];

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'natter-traffic-'));
  clients = [];
  server = await start();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop(5_000);
  rmSync(data, { recursive: true, force: true });
});

function start(): Promise<Server> {
  return startServer({ data, listen: ANY, log: 'silent', workers: 2, metrics: ANY });
}

async function person(name: string): Promise<RawClient> {
  const client = await new RawClient().connect(server.port);
  clients.push(client);
  return client.register(name);
}

/** The same device on a new connection. */
async function again(client: RawClient, n: string): Promise<RawClient> {
  const next = await new RawClient(client.keys).connect(server.port);
  clients.push(next);
  await next.do(Operation.LoginDevice, { n });
  return next;
}

async function offer(client: RawClient, l: number, s = FILE.length): Promise<number> {
  const i = Buffer.alloc(16, clients.length);
  return Number((await client.do(Operation.Offer, { l, i, n: 'pile.bin', s, t: 'text/plain' })).f);
}

/** Asks until the file is held, as clients do. */
async function finish(client: RawClient, f: number): Promise<void> {
  const told = () =>
    client.events.some(
      ({ event, body }) => event === EventKind.File && body.f === f && body.s === FileState.Held,
    );
  const { s } = await client.do(Operation.Finish, { f, h: hashOf(FILE) });
  if (s !== FileState.Held) await client.until(told);
}

/** The server wanted this many chunks of a file. */
function wanted(client: RawClient, f: number): number {
  return client.wants.get(f)?.length ?? 0;
}

async function metric(name: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${server.metricsAt?.port}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(page)?.[1]);
}

it('carries a file through to who wants it while it is still being sent, and to who comes later', async () => {
  const [ada, ben] = [await person('ada'), await person('ben')];
  const f = await offer(ada, LOBBY);
  await ben.do(Operation.Download, { f });
  ben.fetch(f, FILE.length);
  ada.supply(f, FILE);
  expect(await ada.do(Operation.Upload, { f })).toEqual({ b: 0 });
  expect((await ben.fetched(f)).equals(FILE)).toBe(true);
  await finish(ada, f);
  expect(await ben.do(Operation.Download, { f })).toEqual({
    s: FileState.Held,
    z: FILE.length,
    h: hashOf(FILE),
  });
  const cleo = await person('cleo');
  await cleo.do(Operation.Download, { f });
  cleo.fetch(f, FILE.length);
  expect((await cleo.fetched(f)).equals(FILE)).toBe(true);
  expect(wanted(ada, f)).toBe(CHUNKS);
  expect(await metric('natter_file_chunks_verified')).toBe(CHUNKS);
}, 30_000);

it('wants nothing twice that it has verified, over reconnects, dead threads and its own restart', async () => {
  let ada = await person('ada');
  const f = await offer(ada, LOBBY);
  let had = 0;
  let repeated = 0;
  for (const happens of ['disconnect', 'files', 'core-0', 'core-1', 'restart'] as const) {
    const enough = had + PART_CHUNKS;
    // One by one: what is under way when a thread dies is lost, and was not verified. An Upload that is repeated
    // changes nothing and says how much is verified by now.
    for (;;) {
      had = Number((await ada.do(Operation.Upload, { f })).b) / CHUNK_BYTES;
      if (had >= enough) break;
      const { delivered } = ada;
      ada.supply(f, FILE, 1);
      await ada.until(() => ada.delivered > delivered);
    }
    repeated += await metric('natter_file_chunks_repeated');
    if (happens === 'disconnect') await ada.close();
    else if (happens !== 'restart') await server.system.kill(happens);
    else {
      await server.stop(5_000);
      server = await start();
    }
    if (happens === 'disconnect' || happens === 'restart') ada = await again(ada, 'ada');
  }
  ada.supply(f, FILE);
  await ada.do(Operation.Upload, { f });
  await finish(ada, f);
  // This life of the server took the rest, and no more.
  expect(repeated + (await metric('natter_file_chunks_repeated'))).toBe(0);
  expect(await metric('natter_file_chunks_verified')).toBe(CHUNKS - had);
  const ben = await person('ben');
  await ben.do(Operation.Download, { f });
  ben.fetch(f, FILE.length);
  expect((await ben.fetched(f)).equals(FILE)).toBe(true);
}, 60_000);

it('gives nothing to who is not in the room, nor any more to who has left it', async () => {
  const [ada, ben] = [await person('ada'), await person('ben')];
  const l = Number((await ada.do(Operation.Join, { n: 'garden' })).l);
  const f = await offer(ada, l);
  ben.fetch(f, FILE.length);
  await expect(ben.do(Operation.Download, { f })).rejects.toThrow('NOT_A_MEMBER');
  await ben.do(Operation.Join, { n: 'garden' });
  await ben.do(Operation.Download, { f });
  await ben.do(Operation.Leave, { l });
  ada.supply(f, FILE);
  await ada.do(Operation.Upload, { f });
  await finish(ada, f);
  await ben.do(Operation.Away, { a: false });
  expect(ben.came.get(f)).toBeUndefined();
}, 30_000);

it('takes an empty file', async () => {
  const ada = await person('ada');
  const f = await offer(ada, LOBBY, 0);
  await ada.do(Operation.Upload, { f });
  const { s } = await ada.do(Operation.Finish, { f, h: hashOf(Buffer.alloc(0)) });
  if (s !== FileState.Held) await ada.until(() => ada.events.some(({ body }) => body.s === FileState.Held));
  expect(await ada.do(Operation.Files, { l: LOBBY, b: 0 })).toMatchObject({
    f: [{ f, s: 0, st: FileState.Held }],
  });
}, 30_000);
