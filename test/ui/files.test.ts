import { chmodSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import type { Transfer } from '../../src/chat/events.js';
import { run as get } from '../../src/ui/commands/get.js';
import { run as put } from '../../src/ui/commands/put.js';
import { FakeConsole } from '../support/fake-console.js';
import {
  type FakeClient,
  type FakeWorld,
  fakeOpen,
  fakeWorld,
  transferOf,
} from '../support/script-client.js';

const ANA = { server: '127.0.0.1:7777', user: 'ana' };
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'natter-files-')));
const FILE = join(folder, 'photo.png');
writeFileSync(FILE, 'not really');
const HASH = 'ab'.repeat(32);

let world: FakeWorld;
let console: FakeConsole;
beforeEach(() => {
  world = fakeWorld();
  console = new FakeConsole();
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function failure(running: Promise<unknown>): Promise<NatterError> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof NatterError) return error;
  throw error ?? new Error('it did not fail');
}

/** Resolves with the client once a command was given to it. */
async function called(command: string): Promise<FakeClient> {
  await vi.waitUntil(() => world.calls.some((call) => call.startsWith(command)));
  const client = world.clients.at(-1);
  if (!client) throw new Error('there is no client');
  return client;
}

function states(): unknown[] {
  return console.json.filter((line) => line.event === 'transfer').map((line) => line.state);
}

function incoming(id: string, more: Partial<Transfer> = {}): Transfer {
  return transferOf(id, 'offered', { direction: 'in', from: 'bo', ...more });
}

describe('put', () => {
  const start = (more: object = {}, patienceMs?: number) =>
    put({ ...ANA, to: '#dev', ...more }, [FILE], console, fakeOpen(world), patienceMs);

  test('joins, offers the file by its whole path, and ends when the server holds it', async () => {
    const running = start({ json: true });
    const client = await called('sendFile');
    expect(world.calls).toEqual(expect.arrayContaining(['join #dev', `sendFile #dev ${FILE}`]));
    client.tell('file1', 'running', { bytes: 100, rate: 50.4 });
    client.tell('file1', 'verifying', { bytes: 1000 });
    client.tell('file1', 'done', { bytes: 1000, path: FILE, hash: HASH });
    expect(await running).toBe(0);
    expect(states()).toEqual(['running', 'verifying', 'done']);
    expect(console.json[0]).toEqual({
      ...{ event: 'transfer', id: 'file1', name: 'file1.bin', size: 1000, from: 'ana', to: '#dev' },
      ...{ type: 'application/octet-stream', state: 'running', bytes: 100, rate: 50, repeated: 0 },
    });
    expect(console.json[2]).toMatchObject({ path: FILE, hash: HASH, bytes: 1000 });
    expect(client.closed).toBe(true);
  });

  test('prints name, size and hash, and nothing else', async () => {
    const running = start();
    const client = await called('sendFile');
    client.tell('file1', 'running', { bytes: 100 });
    client.tell('file1', 'done', { size: 1_500_000, hash: HASH, name: 'photo.png' });
    expect(await running).toBe(0);
    expect(console.out).toBe(`photo.png  1.5 MB  ${HASH}\n`);
    expect(console.err).not.toContain('%');
  });

  test('tells a running transfer at most four times a second, and every change of state', async () => {
    const running = start({ json: true });
    const client = await called('sendFile');
    for (let bytes = 0; bytes < 1000; bytes += 1) client.tell('file1', 'running', { bytes });
    client.tell('file1', 'accepted');
    client.tell('file1', 'running', { bytes: 999 });
    client.tell('file1', 'done');
    await running;
    expect(states()).toEqual(['running', 'accepted', 'running', 'done']);
  });

  test('knows its own transfer also by what was told before its id was', async () => {
    const open = async (options: Parameters<ReturnType<typeof fakeOpen>>[0]) => {
      const client = await fakeOpen(world)(options);
      const { sendFile } = client;
      client.sendFile = async (...args) => {
        const [own] = world.clients;
        own?.tell('another', 'failed', { reason: 'This is none of ours.' });
        own?.tell('file1', 'done');
        return sendFile.apply(client, args);
      };
      return client;
    };
    expect(await put({ ...ANA, to: '#dev', json: true }, [FILE], console, open)).toBe(0);
    expect(states()).toEqual(['done']);
  });

  test.each([
    ['failed', { code: 'FILE_CHANGED', reason: 'It changed.' }, 'FILE_CHANGED', false],
    ['failed', { code: 'QUOTA_EXCEEDED', reason: 'Too much.' }, 'QUOTA_EXCEEDED', true],
    ['rejected', {}, 'FILE_REJECTED', false],
    ['paused', { code: 'DISK_FULL', reason: 'The disk of the server is full.' }, 'DISK_FULL', true],
  ] as const)('a transfer that is %s ends it with the reason %j', async (state, more, code, resumable) => {
    const running = start({ json: true });
    (await called('sendFile')).tell('file1', state, more);
    expect((await failure(running)).code).toBe(code);
    expect(states()).toEqual([state]);
    expect(console.err.includes('the same command goes on')).toBe(resumable);
  });

  test('a file that the client refuses is an error with its reason', async () => {
    world.refusals.set(FILE, new NatterError('FILE_TOO_LARGE', 'It is too large.'));
    expect((await failure(start())).code).toBe('FILE_TOO_LARGE');
  });

  test('what is no readable file is refused before anything goes over the network', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, '');
    chmodSync(secret, 0);
    const code = async (file: string) =>
      (await failure(put({ ...ANA, to: '#dev' }, [file], console, fakeOpen(world)))).code;
    expect(await code(join(folder, 'missing'))).toBe('FILE_MISSING');
    expect(await code(join(FILE, 'below'))).toBe('FILE_MISSING');
    expect(await code(folder)).toBe('FILE_UNREADABLE');
    expect(await code('/dev/null')).toBe('FILE_UNREADABLE');
    expect(await code('-')).toBe('USAGE');
    // Root may read whatever its rights are.
    if (process.getuid?.() !== 0) expect(await code(secret)).toBe('FILE_UNREADABLE');
    expect(world.clients).toEqual([]);
  });

  test('an unknown person is an error', async () => {
    expect((await failure(start({ to: '@nobody' }))).code).toBe('NO_SUCH_USER');
  });

  test('a signal ends it, and it says how to go on', async () => {
    const running = start();
    const client = await called('sendFile');
    client.tell('file1', 'running', { bytes: 100 });
    console.stop.abort();
    expect((await failure(running)).code).toBe('STOPPED');
    expect(console.err).toContain('the same command goes on');
    expect(client.closed).toBe(true);
  });

  test('a server that is away longer than 20 s is no answer; one that comes back in time is waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const running = failure(start());
    await vi.waitFor(() => expect(world.calls.join()).toContain('sendFile'));
    const [client] = world.clients;
    let isOver = false;
    running.then(() => {
      isOver = true;
    });
    // Nothing for an hour is no reason to give up while the server is there.
    await vi.advanceTimersByTimeAsync(3_600_000);
    for (let round = 0; round < 3; round += 1) {
      client?.link('reconnecting');
      await vi.advanceTimersByTimeAsync(19_000);
      client?.link('live');
    }
    expect(isOver).toBe(false);
    client?.link('reconnecting');
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await running).code).toBe('NO_ANSWER');
    expect(console.err).toContain('the same command goes on');
  });
});

describe('get', () => {
  const start = (more: object = {}) =>
    get({ ...ANA, into: folder, json: true, ...more }, [], console, fakeOpen(world));

  test('says when it is ready, takes what waits, then what comes, until it is stopped', async () => {
    world.offered.push(incoming('one'));
    const running = start();
    const client = await called('acceptFile one');
    expect(console.json[0]).toEqual({ event: 'ready' });
    client.emit({ event: 'transfer', transfer: incoming('two', { from: 'zoe' }) });
    await called(`acceptFile two ${folder}`);
    client.tell('one', 'done', { direction: 'in', from: 'bo', path: join(folder, 'one.bin'), hash: HASH });
    console.stop.abort();
    expect(await running).toBe(0);
    expect(states()).toEqual(['offered', 'offered', 'done']);
    expect(console.json.at(-1)).toMatchObject({ path: join(folder, 'one.bin'), hash: HASH });
    expect(console.err).toContain('1 file is not whole yet');
  });

  test('takes an offer once, however often it is told, and never its own', async () => {
    world.offered.push(incoming('one'));
    const running = start();
    const client = await called('acceptFile one');
    client.emit({ event: 'transfer', transfer: incoming('one') });
    client.tell('mine', 'offered');
    client.emit({ event: 'transfer', transfer: incoming('two') });
    await called('acceptFile two');
    console.stop.abort();
    await running;
    expect(world.calls.filter((call) => call.startsWith('acceptFile'))).toHaveLength(2);
  });

  test('takes only what the one person offers', async () => {
    world.offered.push(incoming('one', { from: 'zoe' }), incoming('two', { from: 'BO' }));
    const running = start({ from: 'bo' });
    await called('acceptFile two');
    console.stop.abort();
    await running;
    expect(world.calls.join()).not.toContain('acceptFile one');
    expect(console.out).not.toContain('zoe');
  });

  test('goes on with what an earlier one began, but not with what somebody paused', async () => {
    world.offered.push(
      incoming('half', { state: 'accepted', bytes: 500 }),
      incoming('stalled', { state: 'paused', code: 'STALLED' }),
      incoming('held', { state: 'paused' }),
    );
    const running = start();
    await called('acceptFile stalled');
    console.stop.abort();
    await running;
    expect(world.calls.join()).toContain('acceptFile half');
    expect(world.calls.join()).not.toContain('acceptFile held');
  });

  test('once: ends with the first finished file', async () => {
    const running = start({ once: true });
    const client = await called('login');
    await vi.waitUntil(() => console.out.includes('ready'));
    client.emit({ event: 'transfer', transfer: incoming('one') });
    client.tell('one', 'done', { direction: 'in', from: 'bo' });
    expect(await running).toBe(0);
  });

  test('once: a file that fails is the failure', async () => {
    world.offered.push(incoming('one'));
    const running = start({ once: true });
    (await called('acceptFile')).tell('one', 'failed', {
      ...{ direction: 'in', from: 'bo', code: 'HASH_MISMATCH', reason: 'It is not what was sent.' },
    });
    expect((await failure(running)).code).toBe('HASH_MISMATCH');
  });

  test('once: why an earlier one stood still says nothing of this one', async () => {
    const reason = 'The disk is full; make room.';
    world.offered.push(incoming('one', { state: 'paused', code: 'DISK_FULL', reason }));
    const running = start({ once: true });
    (await called('acceptFile one')).tell('one', 'done', { direction: 'in', from: 'bo' });
    expect(await running).toBe(0);
    expect(console.err).not.toContain(reason);
  });

  test('once: a file that another process takes does not end it', async () => {
    world.offered.push(incoming('one'), incoming('two'));
    world.refusals.set('one', new NatterError('DATA_LOCKED', 'Another natter is busy with one.bin.'));
    const running = start({ once: true });
    (await called('acceptFile two')).tell('two', 'done', { direction: 'in', from: 'bo' });
    expect(await running).toBe(0);
    expect(console.err).toContain('Another natter is busy with one.bin.');
  });

  test('a file that fails, or cannot be taken, is told, and it goes on', async () => {
    world.offered.push(incoming('one'), incoming('two'));
    world.refusals.set('one', new NatterError('FILE_WITHDRAWN', 'It is gone.'));
    const running = start();
    const client = await called('acceptFile two');
    client.tell('two', 'failed', { direction: 'in', from: 'bo', code: 'HASH_MISMATCH', reason: 'Wrong.' });
    client.emit({ event: 'transfer', transfer: incoming('three') });
    await called('acceptFile three');
    console.stop.abort();
    expect(await running).toBe(0);
    expect(console.json.filter((line) => line.event === 'error')).toEqual([
      { event: 'error', code: 'FILE_WITHDRAWN', message: 'It is gone.', id: 'one', name: 'one.bin' },
      { event: 'error', code: 'HASH_MISMATCH', message: 'Wrong.', id: 'two', name: 'two.bin' },
    ]);
    expect(console.err).toContain('two.bin: Wrong.');
  });

  test('makes the folder it puts files into, and refuses one that can be none', async () => {
    const running = start({ into: join(folder, 'new', 'below') });
    await called('login');
    console.stop.abort();
    expect(await running).toBe(0);
    expect(statSync(join(folder, 'new', 'below')).isDirectory()).toBe(true);
    expect((await failure(start({ into: FILE }))).code).toBe('DATA_UNWRITABLE');
    expect(world.clients).toHaveLength(1);
  });

  test('what stands still is tried again every quarter of a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    world.offered.push(incoming('one'));
    const running = start();
    await vi.waitFor(() => expect(world.calls.join()).toContain('acceptFile one'));
    const paused = { direction: 'in', from: 'bo', code: 'STALLED', reason: 'Nothing comes.' } as const;
    for (const round of [1, 2]) {
      world.clients[0]?.tell('one', 'paused', paused);
      await vi.advanceTimersByTimeAsync(15_000);
      expect(world.calls.filter((call) => call === 'resumeFile one')).toHaveLength(round);
    }
    expect(console.err).toContain('one.bin: Nothing comes.');
    console.stop.abort();
    expect(await running).toBe(0);
  });
});
