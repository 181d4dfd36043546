/**
 * Files of every kind and size between real processes. NATTER_LARGE=1 sends 5 GB of a sparse file instead of
 * 200 MB, and looks at the memory of every process.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashOf, writeRandom, writeSparse } from '../support/files.js';
import { peakMb } from '../support/memory.js';
import type { Line, Natter } from '../support/natter.js';
import { Party } from '../support/party.js';
import { Relay } from '../support/relay.js';

const isLarge = process.env.NATTER_LARGE === '1';
const SPARSE_BYTES = isLarge ? 5 * 2 ** 30 : 200e6;
/** Of a client; a server has six threads of its own, which take 150 MB before anything is sent. */
const CLIENT_MB = 150;
const SERVER_MB = 250;
const PNG = new URL('../../docs/img/wide.png', import.meta.url).pathname;

let party: Party;

beforeAll(async () => {
  party = await Party.open(['ana', 'bo', 'cy']);
});

afterEach(() => party.stopCommands());

afterAll(() => party.close());

const transfers = (run: Natter, state: string): Line[] =>
  run.events('transfer').filter((line) => line.state === state);

/** Sends one file and waits until both ends are done; both name the hash, which is that of both files. */
async function carry(path: string, to: string, into: string, run: Natter): Promise<string> {
  const before = transfers(run, 'done').length;
  const put = party.put('ana', to, path);
  expect(await put.exit, put.stderr).toBe(0);
  await run.until('the file', () => transfers(run, 'done').length > before, 60_000);
  const got = transfers(run, 'done').at(-1);
  const hash = await hashOf(path);
  expect(transfers(put, 'done')).toMatchObject([{ hash, size: statSync(path).size, repeated: 0 }]);
  expect(got).toMatchObject({ hash, from: 'ana', repeated: 0 });
  expect(String(got?.path).startsWith(into)).toBe(true);
  expect(await hashOf(String(got?.path))).toBe(hash);
  return String(got?.path);
}

describe('files between real processes', () => {
  it('arrive as they were, privately and in a room, from no bytes to some megabytes', async () => {
    const into = party.folder('small');
    const files = [0, 1, 65_536, 5_000_001].map((size) =>
      writeRandom(party.path(`${size}.bin`), size, size + 1),
    );
    const join = party.run('bo', ['tail', '--room', 'tea']);
    await join.first('joined');
    const get = await party.get('bo', into);
    for (const path of [...files, PNG]) await carry(path, '@bo', into, get);
    // The same again: it is offered anew, and finds its name taken.
    const again = await carry(files[3] ?? '', '#tea', into, get);
    expect(again).not.toContain('5000001.bin');
    expect(readdirSync(into).sort()).toHaveLength(6);
    expect(join.events('message').map((line) => [line.kind, line.text])).toEqual([['file', '5000001.bin']]);

    // Somebody who comes when everything is over finds what the room was given, and nothing else.
    const late = party.run('cy', ['tail', '--room', 'tea', '--since', '0']);
    await late.first('message');
    const later = party.folder('later');
    const run = await party.get('cy', later, ['--once']);
    expect(await run.exit, run.stderr).toBe(0);
    expect(readdirSync(later)).toEqual(['5000001.bin']);
    expect(await hashOf(`${later}/5000001.bin`)).toBe(await hashOf(files[3] ?? ''));
  }, 60_000);

  it('arrive although they have holes, and no process keeps them in memory', async () => {
    const into = party.folder('sparse');
    const path = writeSparse(party.path('sparse.img'), SPARSE_BYTES);
    const get = await party.get('bo', into);
    const peaks = { sender: 0, receiver: 0, server: 0 };
    const put = party.put('ana', '@bo', path);
    const look = () => {
      peaks.sender = Math.max(peaks.sender, peakMb(put.pid));
      peaks.receiver = Math.max(peaks.receiver, peakMb(get.pid));
      peaks.server = Math.max(peaks.server, peakMb(party.server.pid));
    };
    const watch = setInterval(look, 200);
    expect(await put.exit, put.stderr).toBe(0);
    await get.until('the file', () => transfers(get, 'done').length > 0, 120_000);
    clearInterval(watch);
    const [got] = transfers(get, 'done');
    expect(await hashOf(String(got?.path))).toBe(await hashOf(path));
    // Holes stay holes: what arrived takes no more of the disk than what was sent, but for some chunks.
    expect(statSync(String(got?.path)).blocks * 512).toBeLessThan(10e6);
    console.log(`most memory, MB: ${JSON.stringify(peaks)}`);
    expect(Math.max(peaks.sender, peaks.receiver)).toBeLessThan(CLIENT_MB);
    expect(peaks.server).toBeLessThan(SERVER_MB);
  }, 600_000);

  it('come whole when twenty are sent at once', async () => {
    const into = party.folder('many');
    const get = await party.get('bo', into);
    const paths = Array.from({ length: 20 }, (_, i) =>
      writeRandom(party.path(`many${i}.bin`), 100_000 * (i + 1), i),
    );
    const puts = paths.map((path) => party.put('ana', '@bo', path));
    for (const put of puts) expect(await put.exit, put.stderr).toBe(0);
    await get.until('all of them', () => transfers(get, 'done').length === paths.length, 60_000);
    for (const [i, path] of paths.entries())
      expect(await hashOf(`${into}/many${i}.bin`)).toBe(await hashOf(path));
    expect(readdirSync(into)).toHaveLength(paths.length);
  }, 120_000);

  it('begin to arrive while they are still being sent', async () => {
    const into = party.folder('early');
    const path = writeRandom(party.path('slow.bin'), 6_000_000, 9);
    const relay = await Relay.open(
      { host: '127.0.0.1', port: party.port },
      { lose: 0, duplicate: 0, reorder: 0, seed: 1, bytesPerS: 3_000_000 },
    );
    try {
      await party.register('di', relay.address);
      const get = await party.get('bo', into);
      const put = party.put('di', '@bo', path, relay.address);
      await get.until('some bytes', () => transfers(get, 'running').some((line) => Number(line.bytes) > 0));
      expect(relay.counters.bytesUp).toBeLessThan(6_000_000);
      expect(existsSync(`${into}/slow.bin`)).toBe(false);
      expect(await put.exit, put.stderr).toBe(0);
      await get.until('the file', () => transfers(get, 'done').length > 0);
      expect(await hashOf(`${into}/slow.bin`)).toBe(await hashOf(path));
    } finally {
      relay.close();
    }
  }, 60_000);
});
