/** Clients that mean harm to a server's memory, disk or time, by files: refused clearly, and nobody else notices. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, type Conversation, Files, keyPair, type Pair, recordOf } from '../stranger/index.mjs';
import { hashOf, randomBytes, writeRandom } from '../support/files.js';
import { residentMb } from '../support/memory.js';
import { Party } from '../support/party.js';

const PASSWORD = 'correct horse battery';
/** Its threads take 150 MB, what readers have not acknowledged 64 MiB, and that once more until it is collected. */
const SERVER_MB = 350;
const CHUNK = 65_536;

let party: Party;
let number = 0;

beforeAll(async () => {
  party = await Party.open(['ana', 'bo']);
});

afterAll(() => party.close());

interface Stranger {
  readonly client: Client;
  readonly files: Files;
}

const devices = new Map<string, Pair>();

/** One account and one device with a connection more: stretching a password takes a third of a second. */
async function stranger(name = 'mallory'): Promise<Stranger> {
  const known = devices.get(name);
  const own = known ?? keyPair();
  const client = await Client.connect({ host: '127.0.0.1', port: party.port, own });
  if (known) await client.loginDevice(name);
  else await client.register(name, PASSWORD, true);
  devices.set(name, own);
  return { client, files: new Files(client) };
}

const close = (people: readonly Stranger[]) => Promise.all(people.map(({ client }) => client.close()));

/** An honest file goes through as if nothing were. */
async function othersAreServed(): Promise<void> {
  const run = number++;
  const path = writeRandom(party.path(`honest${run}.bin`), 3_000_000, run);
  const into = party.folder(`honest${run}`);
  const get = await party.get('bo', into, ['--once']);
  const put = party.put('ana', '@bo', path);
  expect(await put.exit, put.stderr).toBe(0);
  expect(await get.exit, get.stderr).toBe(0);
  expect(await hashOf(`${into}/honest${run}.bin`)).toBe(await hashOf(path));
}

describe('a server', () => {
  it('keeps its memory when many want everything and acknowledge nothing', async () => {
    const owner = await stranger();
    const room = await owner.client.join('bait');
    const file = await owner.files.send(room, 'bait.bin', randomBytes(6_000_000, 1));
    const before = residentMb(party.server.pid);
    const readers: Stranger[] = [];
    for (let n = 0; n < 24; n++) {
      const reader = await stranger();
      await reader.client.join('bait');
      await reader.files.open(file);
      reader.client.connection.isDeaf = true;
      for (let again = 0; again < 10; again++) reader.files.want(file, 0, 64);
      readers.push(reader);
    }
    await othersAreServed();
    expect(residentMb(party.server.pid)).toBeLessThan(SERVER_MB);
    console.log(
      `server: ${before.toFixed(0)} MB, with 24 deaf readers ${residentMb(party.server.pid).toFixed(0)} MB`,
    );
    await close([owner, ...readers]);
  }, 120_000);

  it('answers no want that is nonsense, and serves the others', async () => {
    const owner = await stranger();
    const room = await owner.client.join('wants');
    const bytes = randomBytes(200_000, 2);
    const file = await owner.files.send(room, 'wanted.bin', bytes);
    const flood = await stranger();
    await flood.client.join('wants');
    await flood.files.open(file);
    // Beyond the file's end, of files that are not open here or not there at all, and the same again and again.
    for (const first of [4, 2 ** 40, Number.MAX_SAFE_INTEGER - 64]) flood.files.want(file, first, 64);
    for (let other = file + 1; other < file + 400; other++) flood.files.want(other, 0, 64);
    for (let again = 0; again < 2_000; again++) flood.files.want(file, 0, 4);
    for (const count of [0, 65, Number.MAX_SAFE_INTEGER]) {
      const lawless = await stranger();
      lawless.files.want(file, 0, count);
      const [code] = await once(lawless.client, 'end');
      expect(code).toBe(2);
    }
    const honest = await stranger('honest');
    await honest.client.join('wants');
    expect((await honest.files.receive(file)).equals(bytes)).toBe(true);
    await othersAreServed();
    expect(residentMb(party.server.pid)).toBeLessThan(SERVER_MB);
    await close([owner, flood, honest]);
  }, 120_000);

  it('refuses a flood of offers, and says for how long', async () => {
    const { client, files } = await stranger();
    const room = await client.join('offers');
    const refusals: { code?: string; details?: { seconds?: number } }[] = [];
    for (let burst = 0; burst < 4; burst++)
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          files.offer(room, { name: `${burst} ${n}`, size: 1 }).catch((error) => refusals.push(error)),
        ),
      );
    expect(refusals.length).toBeGreaterThan(20);
    expect(refusals[0]).toMatchObject({ code: 'RATE_LIMITED', details: { seconds: expect.any(Number) } });
    await othersAreServed();
    await client.close();
  }, 120_000);

  it('believes no size: what is too large is refused, what is not there is not made up', async () => {
    const { client, files } = await stranger();
    const room = await client.join('sizes');
    const offer = (size: number) => files.offer(room, { name: 'lie.bin', size });
    await expect(offer(2 ** 41)).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(offer(-1)).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(offer(1.5)).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(offer(2 ** 39)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    const quota: Promise<unknown>[] = [offer(60 * 2 ** 30), offer(60 * 2 ** 30), offer(60 * 2 ** 30)];
    const settled = await Promise.allSettled(quota);
    expect(settled.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'QUOTA_EXCEEDED' } },
    ]);
    await client.close();
  }, 120_000);

  it('keeps no chunk that is not its own hash, and no whole that is not its hash', async () => {
    const { client, files } = await stranger();
    const room = await client.join('hashes');
    const bytes = randomBytes(3 * CHUNK, 3);
    const { f } = await files.offer(room, { name: 'twisted.bin', size: bytes.length });
    await client.ask(41, { f });
    const wrong = recordOf(randomBytes(CHUNK, 4), 0);
    wrong.writeUInt8(wrong.readUInt8(0) ^ 1, 0);
    for (let chunk = 0; chunk < 3; chunk++) {
      // Of another length than the size says, beyond the file's end, and of a hash that does not match.
      files.piece(f, chunk, 100, 0, Buffer.alloc(100));
      files.piece(f, chunk + 1_000_000, wrong.length, 0, wrong.subarray(0, 1_000));
      for (let at = 0; at < wrong.length; at += 1_000)
        files.piece(f, chunk, wrong.length, at, wrong.subarray(at, at + 1_000));
    }
    const { b } = (await client.ask(41, { f })) as { b: number };
    expect(b).toBe(0);
    // The WANTs so far came while there was nothing to supply: those of an upload that begins anew are answered.
    await client.ask(44, { f, u: true });
    await files.upload(f, bytes);

    const into = party.folder('lies');
    const get = await party.get('bo', into, ['--from', 'mallory', '--once']);
    const lie = await files.offer(await client.direct('bo'), { name: 'lie.bin', size: 3 * CHUNK });
    await expect(files.upload(lie.f, bytes, Buffer.alloc(32, 7))).rejects.toMatchObject({
      code: 'HASH_MISMATCH',
    });
    expect(await get.exit).toBe(1);
    expect(get.events('transfer').at(-1)).toMatchObject({ state: 'failed', code: 'HASH_MISMATCH' });
    expect(readdirSync(into)).toEqual([]);
    await othersAreServed();
    await client.close();
  }, 120_000);

  it('waits for a sender that stops in the middle without keeping anybody else', async () => {
    const halves: Stranger[] = [];
    let room: Conversation | undefined;
    const files: number[] = [];
    const bytes = randomBytes(10 * CHUNK, 6);
    for (let n = 0; n < 10; n++) {
      const half = await stranger();
      room = await half.client.join('halves');
      const { f } = await half.files.offer(room, { name: `half ${n}`, size: bytes.length });
      await half.client.ask(41, { f });
      const record = recordOf(bytes, 0);
      for (let at = 0; at < record.length / 2; at += 1_000)
        half.files.piece(f, 0, record.length, at, record.subarray(at, at + 1_000));
      files.push(f);
      halves.push(half);
    }
    const reader = await stranger('honest');
    await reader.client.join('halves');
    const receiving = reader.files.receive(files[0] ?? 0);
    await othersAreServed();
    // It may still come to an end.
    await halves[0]?.files.upload(files[0] ?? 0, bytes);
    expect((await receiving).equals(bytes)).toBe(true);
    expect(residentMb(party.server.pid)).toBeLessThan(SERVER_MB);
    await close([reader, ...halves]);
  }, 120_000);
});
