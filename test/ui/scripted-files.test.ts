/** `natter put` and `natter get` as a script uses them: real processes, a real server. test/faults breaks more. */
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '#natter/actors/client/client.js';
import { hashOf, writeRandom } from '../support/files.js';
import { type Line, Natter, register } from '../support/natter.js';
import { Party } from '../support/party.js';
import { Relay } from '../support/relay.js';

const MB = 1 << 20;
let party: Party;

beforeAll(async () => {
  party = await Party.open(['ana', 'bo', 'cleo']);
}, 60_000);

afterAll(() => party.close());

async function file(name: string, bytes: number): Promise<{ path: string; hash: string }> {
  const path = writeRandom(party.path(name), bytes, name.length);
  return { path, hash: await hashOf(path) };
}

/** For people instead of programs. */
function plain(user: string, args: readonly string[]): Natter {
  const account = ['--server', party.at, '--user', user, '--data', party.path(user)];
  return new Natter([...args, ...account], { input: '' });
}

function transfers(run: Natter, state?: string): Line[] {
  return run.events('transfer').filter((line) => state === undefined || line.state === state);
}

async function succeeds(run: Natter): Promise<void> {
  expect(await run.exit, run.stderr).toBe(0);
}

function stop(run: Natter, signal: NodeJS.Signals): Promise<number> {
  run.kill(signal);
  return run.exit;
}

function sentence(run: Natter): string {
  return run.stderr.trimEnd().split('\n').at(-1) ?? '';
}

describe('put and get', () => {
  test.each([
    ['nothing', 0],
    ['one byte', 1],
    ['one chunk', 65_536],
    ['some megabytes', 5 * MB + 3],
  ])('bring %s to the other side, whole', async (name, bytes) => {
    const into = party.path(`got ${name}`);
    const sent = await file(`${name}.bin`, bytes);
    const taking = await party.get('bo', into, ['--once']);
    const sending = party.put('ana', '@bo', sent.path);
    await succeeds(sending);
    await succeeds(taking);
    const [held] = transfers(sending, 'done');
    const [got] = transfers(taking, 'done');
    expect(held).toMatchObject({ hash: sent.hash, bytes, size: bytes, name: `${name}.bin`, from: 'ana' });
    expect(got).toMatchObject({ id: held?.id, hash: sent.hash, bytes, from: 'ana', repeated: 0 });
    expect(got?.path).toBe(`${into}/${name}.bin`);
    expect(await hashOf(String(got?.path))).toBe(sent.hash);
    expect(readdirSync(into)).toEqual([`${name}.bin`]);
  });

  test('need not run at the same time, and say the same in lines for people', async () => {
    const into = party.path('later');
    const sent = await file('later.bin', MB);
    const sending = plain('ana', ['put', '--to', '@bo', sent.path]);
    await succeeds(sending);
    expect(sending.stdout).toBe(`later.bin  1.0 MB  ${sent.hash}\n`);
    const taking = plain('bo', ['get', '--into', into, '--once']);
    await succeeds(taking);
    expect(taking.stdout).toBe(`${into}/later.bin  1.0 MB  ${sent.hash}\n`);
    expect(taking.stderr).not.toContain('\u001b');
  });

  test('in a room everybody else takes it, not who sent it', async () => {
    for (const user of ['ana', 'bo', 'cleo'])
      await succeeds(party.run(user, ['send', '--to', 'shared', 'hi']));
    const own = await party.get('ana', party.path('shared of ana'));
    const others = await Promise.all(
      ['bo', 'cleo'].map((user) => party.get(user, party.path(`shared of ${user}`))),
    );
    const sent = await file('shared.bin', MB);
    await succeeds(party.put('ana', '#shared', sent.path));
    for (const run of others) {
      await run.until('the file', () => transfers(run, 'done').length > 0);
      const [got] = transfers(run, 'done');
      expect(got).toMatchObject({ to: '#shared', from: 'ana', hash: sent.hash });
      expect(await hashOf(String(got?.path))).toBe(sent.hash);
    }
    for (const run of [own, ...others]) expect(await stop(run, 'SIGINT'), run.stderr).toBe(0);
    expect(transfers(own)).toEqual([]);
  });

  test('tail prints a file as an entry that is its name', async () => {
    const sent = await file('named.bin', 10);
    await succeeds(party.put('ana', '#named', sent.path));
    const tail = party.run('ana', ['tail', '--room', 'named', '--since', '0', '--until-idle', '200']);
    await succeeds(tail);
    expect(tail.events('message')).toMatchObject([
      { kind: 'file', text: 'named.bin', file: { name: 'named.bin', size: 10 } },
    ]);
  });

  test('take only from whom --from names; what others offer still waits', async () => {
    const into = party.path('from');
    const sent = await file('from.bin', 10);
    const taking = await party.get('bo', into, ['--from', 'cleo', '--once']);
    await succeeds(party.put('ana', '@bo', sent.path));
    await succeeds(party.put('cleo', '@bo', sent.path));
    await succeeds(taking);
    expect(transfers(taking).every((line) => line.from === 'cleo')).toBe(true);
    const rest = await party.get('bo', into, ['--once']);
    await succeeds(rest);
    expect(transfers(rest, 'done')).toMatchObject([{ from: 'ana', path: `${into}/from (2).bin` }]);
  });
});

describe('what goes wrong ends with its exit code and one sentence', () => {
  test('a target that is not there, a file that is none, a folder that can be none', async () => {
    const { path } = await file('wrong.bin', 10);
    const nobody = party.put('ana', '@nobody', path);
    const missing = party.put('ana', '#never', party.path('missing'));
    const isFolder = party.put('ana', '#never', party.folder('a folder'));
    const isFile = party.run('ana', ['get', '--into', path]);
    const two = party.run('ana', ['put', '--to', '#never', path, path]);
    const exits = await Promise.all([nobody, missing, isFolder, isFile, two].map((run) => run.exit));
    expect(exits).toEqual([1, 1, 1, 1, 2]);
    expect(nobody.events('error')).toMatchObject([{ code: 'NO_SUCH_USER' }]);
    expect(missing.events('error')).toMatchObject([{ code: 'FILE_MISSING' }]);
    expect(sentence(isFolder)).toMatch(/ is a folder or a device; .*\.$/);
    expect(sentence(isFile)).toMatch(/^No file can be put into /);
  });

  test('a file that is declined while it is sent: put ends at once, and nothing of it stays', async () => {
    const path = party.path('unwanted.bin');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 32);
    let hear: (id: string) => void = () => undefined;
    const offer = new Promise<string>((resolve) => {
      hear = resolve;
    });
    const cleo = await openClient({
      data: party.path('cleo'),
      server: party.at,
      threaded: false,
      onEvent: (events) => {
        for (const each of events)
          if (each.event === 'transfer' && each.transfer.name === 'unwanted.bin') hear(each.transfer.id);
      },
    });
    try {
      await cleo.login(party.at, { user: 'cleo', register: false, remember: true });
      const sending = party.put('ana', '@cleo', path);
      const id = await offer;
      await sending.until('something sent', (run) =>
        transfers(run, 'running').some(({ bytes }) => bytes !== 0),
      );
      await cleo.rejectFile(id);
      const since = performance.now();
      expect(await sending.exit).toBe(1);
      expect(performance.now() - since).toBeLessThan(5_000);
      expect(transfers(sending).at(-1)?.state).toBe('rejected');
      expect(sending.events('error')).toMatchObject([{ code: 'FILE_REJECTED' }]);
      expect(sentence(sending)).toBe('cleo does not want the file.');
    } finally {
      await cleo.close();
    }
    expect(readdirSync(party.path('server/server/files/spool'))).toEqual([]);
  }, 60_000);
});

describe('what ends in the middle goes on with the same command', () => {
  const BYTES = 24 * MB;
  let relay: Relay;

  beforeAll(async () => {
    const faults = { lose: 0, duplicate: 0, reorder: 0, seed: 1, bytesPerS: 16 * MB };
    relay = await Relay.open({ host: '127.0.0.1', port: party.port }, faults);
    // What a device remembers, it remembers of the address it dials.
    await register(relay.address, 'dora', party.path('dora'));
  });

  afterAll(() => relay.close());

  /** Resolves with how much of it is at the receiving end, once that is some and not all. */
  async function inTheMiddle(run: Natter): Promise<number> {
    const partly = ({ bytes }: Line) => Number(bytes) > MB && Number(bytes) < BYTES;
    await run.until('some of it', () => transfers(run, 'running').some(partly));
    return Math.max(...transfers(run, 'running').map((line) => Number(line.bytes)));
  }

  /** What was there already when it began. */
  function hadAtFirst(run: Natter): number {
    return Number(transfers(run, 'running').find((line) => Number(line.bytes) > 0)?.bytes);
  }

  test('put that is killed', async () => {
    const sent = await file('killed.bin', BYTES);
    const first = party.put('dora', '#resumed', sent.path, relay.address);
    const held = await inTheMiddle(first);
    await stop(first, 'SIGKILL');
    const second = party.put('dora', '#resumed', sent.path, relay.address);
    await succeeds(second);
    expect(transfers(second, 'done')).toMatchObject([
      { id: transfers(first)[0]?.id, hash: sent.hash, repeated: 0 },
    ]);
    expect(hadAtFirst(second)).toBeGreaterThanOrEqual(held);
  }, 60_000);

  test('put that is interrupted, which says so and ends with 1', async () => {
    const sent = await file('interrupted.bin', BYTES);
    const first = party.put('dora', '#resumed', sent.path, relay.address);
    await inTheMiddle(first);
    expect(await stop(first, 'SIGINT')).toBe(1);
    expect(first.stderr).toContain('the same command goes on with the rest');
    const second = party.put('dora', '#resumed', sent.path, relay.address);
    await succeeds(second);
    expect(transfers(second)[0]?.id).toBe(transfers(first)[0]?.id);
  }, 60_000);

  test('but a file that was changed meanwhile is sent as a new one', async () => {
    const sent = await file('changed.bin', BYTES);
    const first = party.put('dora', '#resumed', sent.path, relay.address);
    await inTheMiddle(first);
    await stop(first, 'SIGKILL');
    writeFileSync(sent.path, 'something else');
    const second = party.put('dora', '#resumed', sent.path, relay.address);
    await succeeds(second);
    const [done] = transfers(second, 'done');
    expect(done).toMatchObject({ size: 14, hash: await hashOf(sent.path) });
    expect(done?.id).not.toBe(transfers(first)[0]?.id);
  }, 60_000);

  test.each([
    ['killed', 'SIGKILL', -1],
    ['interrupted', 'SIGINT', 0],
  ] as const)(
    'get that is %s; the file has its name only when it is whole',
    async (how, signal, exit) => {
      const into = party.path(`into ${how}`);
      const sent = await file(`get ${how}.bin`, BYTES);
      await succeeds(party.put('ana', '@dora', sent.path));
      const first = await party.get('dora', into, [], relay.address);
      const had = await inTheMiddle(first);
      expect(await stop(first, signal)).toBe(exit);
      expect(readdirSync(into).filter((name) => !name.startsWith('.'))).toEqual([]);
      const second = await party.get('dora', into, ['--once'], relay.address);
      await succeeds(second);
      const [done] = transfers(second, 'done');
      expect(done).toMatchObject({ hash: sent.hash, repeated: 0 });
      // The last second may not have been on the disk.
      expect(hadAtFirst(second)).toBeGreaterThan(had / 2);
      expect(await hashOf(String(done?.path))).toBe(sent.hash);
      expect(readdirSync(into)).toEqual([`get ${how}.bin`]);
    },
    60_000,
  );
});
