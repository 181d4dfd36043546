/** The real command line against a real server, as a script would use it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';

const folder = temporaryFolder();
const secret = { NATTER_PASSWORD: 'password of ana' };
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(`${folder.path}/server`);
  await register(server.server, 'ana', `${folder.path}/ana`);
  await register(server.server, 'Zoë', `${folder.path}/zoe`);
});

afterAll(async () => {
  server.run.kill();
  await server.run.exit;
  folder.remove();
});

async function natter(
  args: readonly string[],
  options: { user?: string; data?: string; env?: Record<string, string>; input?: string } = {},
) {
  const { user = 'ana', data = 'ana', env = {}, input = '' } = options;
  const account = ['--server', server.server, '--user', user, '--data', `${folder.path}/${data}`];
  const run = new Natter([...args, ...account], { env, input });
  const exit = await run.exit;
  return {
    exit,
    run,
    out: run.stdout,
    sentence: run.stderr.trimEnd().split('\n').at(-1) ?? '',
    json: run.lines,
  };
}

describe('send and tail', () => {
  test('a message is durable, has one id, and is read again with its own words', async () => {
    const sent = await natter(['send', '--to', 'notes', '--json', 'grüße', '👩‍💻', 'ok']);
    expect(sent.exit).toBe(0);
    const [accepted] = sent.json;
    expect(accepted).toEqual({ event: 'accepted', id: expect.any(String), room: '#notes', seq: 1 });
    const read = await natter(['tail', '--room', '#notes', '--since', '0', '--until-idle', '200', '--json'], {
      user: 'Zoë',
      data: 'zoe',
    });
    expect(read.exit).toBe(0);
    expect(read.json[0]).toEqual({ event: 'joined', room: '#notes', seq: 1 });
    expect(read.run.events('message')).toEqual([
      {
        event: 'message',
        room: '#notes',
        seq: 1,
        from: 'ana',
        text: 'grüße 👩‍💻 ok',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        id: accepted?.id,
        kind: 'text',
      },
    ]);
  });

  test('a thousand lines arrive once each and in order', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index + 1}`);
    const sent = await natter(['send', '--to', '#many', '--json'], { input: `${lines.join('\n')}\n` });
    expect([sent.exit, sent.run.events('accepted').length]).toEqual([0, 1000]);
    const read = await natter(['tail', '--room', '#many', '--since', '0', '--until-idle', '200', '--json']);
    expect(read.run.events('message').map((line) => line.text)).toEqual(lines);
  });

  test('the same key twice is one entry', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect((await natter(['send', '--to', '#keyed', '--key', 'k1', 'once'])).exit).toBe(0);
    }
    const read = await natter(['tail', '--room', 'keyed', '--since', '0', '--until-idle', '200', '--json']);
    expect(read.run.events('message')).toHaveLength(1);
  });

  test('a private message is read later by the one it was for, under the name of the sender', async () => {
    expect((await natter(['send', '--to', '@Zoë', 'psst'])).exit).toBe(0);
    const read = await natter(['tail', '--room', '@ana', '--since', '0', '--until-idle', '200', '--json'], {
      user: 'Zoë',
      data: 'zoe',
    });
    expect(read.run.events('message')).toMatchObject([{ room: '@ana', from: 'ana', text: 'psst' }]);
  });

  test('what is refused is named, and the rest is sent', async () => {
    const sent = await natter(['send', '--to', '#partly'], { input: 'good\nb\u001bad\nfine\n' });
    expect(sent.exit).toBe(1);
    expect(sent.run.stderr).toContain('Not sent, line 2');
    expect(sent.sentence).toBe('1 of 3 messages were not sent; the lines above say which and why.');
    const read = await natter(['tail', '--room', 'partly', '--since', '0', '--until-idle', '200', '--json']);
    expect(read.run.events('message').map((line) => line.text)).toEqual(['good', 'fine']);
  });
});

describe('failures end with their exit code and one sentence', () => {
  test('an unknown person: 1', async () => {
    const { exit, sentence, out } = await natter(['send', '--to', '@nobody-here', 'hi']);
    expect([exit, out]).toEqual([1, '']);
    expect(sentence).toMatch(/^Nobody of that name/);
  });

  test('a name that is taken, or looks like one: 1', async () => {
    const env = { NATTER_PASSWORD: 'another password' };
    for (const user of ['ANA', 'Ana', 'Zoe\u0308']) {
      expect((await natter(['register'], { user, data: 'other', env })).exit).toBe(1);
    }
  });

  test('a wrong password, an unknown account, and a device nobody remembers: 3', async () => {
    const env = { NATTER_PASSWORD: 'wrong password' };
    const wrong = await natter(['who'], { data: 'other', env });
    const unknown = await natter(['who'], { user: 'nosuchuser', data: 'other', env });
    const device = await natter(['who'], { data: 'third' });
    expect([wrong.exit, unknown.exit, device.exit]).toEqual([3, 3, 3]);
    expect(wrong.sentence).toBe(unknown.sentence);
    expect(device.sentence).toContain('NATTER_PASSWORD');
  });

  test('nobody there: 4 after 20 s', async () => {
    const run = new Natter(
      ['who', '--server', '127.0.0.1:9', '--user', 'ana', '--data', `${folder.path}/ana`],
      {
        env: secret,
        input: '',
      },
    );
    const started = performance.now();
    expect(await run.exit).toBe(4);
    expect(performance.now() - started).toBeGreaterThan(15_000);
    expect(run.stderr.trimEnd().split('\n').at(-1)).toMatch(/^Nobody answered at .*\.$/);
  }, 40_000);
});

describe('keys and devices', () => {
  test('the fingerprint is printed at first contact only, and is the one the server printed', async () => {
    const first = await natter(['who'], { data: 'fourth', env: secret });
    const again = await natter(['who'], { data: 'fourth', env: secret });
    const listening = server.run.events('listening')[0];
    expect(first.run.stderr).toContain(String(listening?.key));
    expect(again.run.stderr).toBe('');
  });

  test('a changed key is a hard failure until it is forgotten', async () => {
    const other = await serve(`${folder.path}/changing-1`);
    const data = `${folder.path}/fifth`;
    await register(other.server, 'ana', data);
    other.run.kill();
    expect(await other.run.exit).toBe(0);
    const changed = await serve(`${folder.path}/changing-2`, [], other.port);
    try {
      const ask = () =>
        new Natter(['register', '--server', changed.server, '--user', 'ana', '--data', data], {
          env: secret,
          input: '',
        });
      const refused = ask();
      expect(await refused.exit).toBe(3);
      expect(refused.stderr).toContain(`natter forget ${changed.server}`);
      expect(await new Natter(['forget', changed.server, '--data', data], { input: '' }).exit).toBe(0);
      expect(await ask().exit).toBe(0);
    } finally {
      changed.run.kill();
      await changed.run.exit;
    }
  }, 60_000);
});

test('chat without a terminal says its lines and leaves', async () => {
  const chat = await natter(['chat'], { input: '/join plain\nhello :tada:\n/who\n' });
  expect(chat.exit).toBe(0);
  expect(chat.out).toMatch(/^#plain \d\d:\d\d ana: hello 🎉$/m);
  expect(chat.out).toMatch(/online: .*ana/);
});

test('natter alone tries it here, when asked to line by line', async () => {
  const run = new Natter(['--data', `${folder.path}/here`], { input: '1\nmia\nhello from here\n' });
  expect(await run.exit, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/^#lobby \d\d:\d\d mia: hello from here$/m);
}, 60_000);

test('natter alone with no input is a wrong use', async () => {
  const run = new Natter(['--data', `${folder.path}/nothing`], { input: '' });
  expect(await run.exit).toBe(2);
  expect(run.stderr.trimEnd().split('\n').at(-1)).toMatch(/^The input ended .*\.$/);
});
