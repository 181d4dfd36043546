/** What dies in the middle of a file goes on where it was: nothing that was verified is sent again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '#natter/actors/server/server.js';
import { hashOf, writeRandom } from '../support/files.js';
import { type Line, Natter, register, temporaryFolder } from '../support/natter.js';
import { Party } from '../support/party.js';
import { Relay, type RelayFaults } from '../support/relay.js';

const FAULTLESS: RelayFaults = { lose: 0, duplicate: 0, reorder: 0, seed: 3 };
const SIZE = Number(process.env.NATTER_KILL_MB ?? 16) * 1e6;
/** Slow enough that there is a middle. */
const BYTES_PER_S = 5e6;
/** Headers, acks and handshakes per byte of a file, and what is on its way when an end dies: at most 4 MiB are asked for. */
const OVERHEAD = 1.05;
const LOST_PER_KILL = 2e6;

const of = (run: Natter, state: string): Line[] =>
  run.events('transfer').filter((line) => line.state === state);

function progress(run: Natter): number {
  return Math.max(0, ...run.events('transfer').map((line) => Number(line.bytes)));
}

describe('a file whose ends die', () => {
  let party: Party;
  const relays: Relay[] = [];

  beforeEach(async () => {
    party = await Party.open([]);
  });

  afterEach(async () => {
    for (const relay of relays.splice(0)) relay.close();
    await party.close();
  });

  async function link(faults: RelayFaults): Promise<Relay> {
    const relay = await Relay.open({ host: '127.0.0.1', port: party.port }, faults);
    relays.push(relay);
    return relay;
  }

  it('goes on after the sender, the receiver and the server were killed, and no verified chunk is sent again', async () => {
    const path = writeRandom(party.path('large.bin'), SIZE, 1);
    const into = party.folder('into');
    const up = await link({ ...FAULTLESS, bytesPerS: BYTES_PER_S });
    const down = await link({ ...FAULTLESS, bytesPerS: BYTES_PER_S });
    await party.register('ana', up.address);
    await party.register('bo', down.address);
    let get = await party.get('bo', into, [], down.address);
    let put = party.put('ana', '@bo', path, up.address);
    let repeated = 0;

    await put.until('a quarter', (run) => progress(run) > SIZE / 4);
    put.kill('SIGKILL');
    await put.exit;
    put = party.put('ana', '@bo', path, up.address);
    await put.until('to go on', (run) => progress(run) > 0);
    expect(progress(put)).toBeGreaterThan(SIZE / 4 - LOST_PER_KILL);

    await get.until('nearly half', (run) => progress(run) > 0.45 * SIZE);
    get.kill('SIGKILL');
    await get.exit;
    get = await party.get('bo', into, [], down.address);

    await get.until('two thirds', (run) => progress(run) > 0.65 * SIZE);
    repeated += await party.metric('natter_file_chunks_repeated');
    await party.killServer();
    await party.restartServer();

    expect(await put.exit, put.stderr).toBe(0);
    await get.until('the file', (run) => of(run, 'done').length > 0, 30_000);
    const hash = await hashOf(path);
    expect(of(put, 'done')).toMatchObject([{ hash, repeated: 0 }]);
    expect(of(get, 'done')).toMatchObject([{ hash, repeated: 0 }]);
    expect(await hashOf(`${into}/large.bin`)).toBe(hash);
    repeated += await party.metric('natter_file_chunks_repeated');
    expect(repeated).toBe(0);
    // Sender and server died on the way up, receiver and server on the way down.
    const most = OVERHEAD * SIZE + 2 * LOST_PER_KILL;
    expect(up.counters.bytesUp).toBeLessThan(most);
    expect(down.counters.bytesDown).toBeLessThan(most);
    console.log(
      `bytes for ${SIZE / 1e6} MB and two deaths: ${(up.counters.bytesUp / 1e6).toFixed(2)} MB up, ${(down.counters.bytesDown / 1e6).toFixed(2)} MB down`,
    );
  }, 120_000);

  it('goes on over a link that loses a fifth of everything', async () => {
    const size = 2_000_000;
    const path = writeRandom(party.path('lossy.bin'), size, 2);
    const into = party.folder('into');
    const relay = await link({ ...FAULTLESS, lose: 0.2, duplicate: 0.05, reorder: 0.05 });
    for (const user of ['ana', 'bo']) await party.register(user, relay.address);
    const get = await party.get('bo', into, [], relay.address);
    let put = party.put('ana', '@bo', path, relay.address);
    await put.until('a part', (run) => progress(run) > size / 10);
    put.kill('SIGKILL');
    await put.exit;
    put = party.put('ana', '@bo', path, relay.address);
    expect(await put.exit, put.stderr).toBe(0);
    await get.until('the file', (run) => of(run, 'done').length > 0, 60_000);
    const hash = await hashOf(path);
    expect(of(get, 'done')).toMatchObject([{ hash, repeated: 0 }]);
    expect(await hashOf(`${into}/lossy.bin`)).toBe(hash);
    expect(await party.metric('natter_file_chunks_repeated')).toBe(0);
    expect(relay.counters.lost).toBeGreaterThan(0);
  }, 120_000);
});

describe('a thread of the server that dies under a file', () => {
  for (const thread of ['core-0', 'files', 'io']) {
    it(`is ${thread}, and nobody has to do anything`, async () => {
      const folder = temporaryFolder();
      const server = await startServer({
        data: `${folder.path}/server`,
        listen: { host: '127.0.0.1', port: 0 },
        log: 'silent',
      });
      const relay = await Relay.open(
        { host: '127.0.0.1', port: server.port },
        { ...FAULTLESS, bytesPerS: BYTES_PER_S },
      );
      const runs: Natter[] = [];
      const run = (user: string, ...args: string[]) => {
        const to = ['--server', relay.address, '--user', user, '--data', `${folder.path}/${user}`, '--json'];
        const started = new Natter([...args, ...to], { input: '' });
        runs.push(started);
        return started;
      };
      try {
        for (const user of ['ana', 'bo']) await register(relay.address, user, `${folder.path}/${user}`);
        const path = writeRandom(`${folder.path}/large.bin`, 5e6, 4);
        const get = run('bo', 'get', '--into', `${folder.path}/into`, '--once');
        await get.first('ready');
        const put = run('ana', 'put', '--to', '@bo', path);
        await get.until('a third', () => progress(get) > 1.5e6);
        await server.system.kill(thread);
        expect(await put.exit, put.stderr).toBe(0);
        expect(await get.exit, get.stderr).toBe(0);
        const hash = await hashOf(path);
        expect(of(get, 'done')).toMatchObject([{ hash, repeated: 0 }]);
        expect(await hashOf(`${folder.path}/into/large.bin`)).toBe(hash);
      } finally {
        for (const one of runs) one.kill('SIGKILL');
        await Promise.all(runs.map((one) => one.exit));
        relay.close();
        await server.stop(5_000);
        folder.remove();
      }
    }, 90_000);
  }
});
