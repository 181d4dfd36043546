import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import type { Message } from '../../src/chat/events.js';
import { run as register } from '../../src/ui/commands/register.js';
import { run as send } from '../../src/ui/commands/send.js';
import { run as tail } from '../../src/ui/commands/tail.js';
import { run as who } from '../../src/ui/commands/who.js';
import { FakeConsole } from '../support/fake-console.js';
import { type FakeWorld, fakeOpen, fakeWorld } from '../support/script-client.js';

const ANA = { server: '127.0.0.1:7777', user: 'ana' };

let world: FakeWorld;
let console: FakeConsole;
beforeEach(() => {
  world = fakeWorld();
  console = new FakeConsole();
});

/** Timers stand still until they are advanced; streams and promises go on. */
function useVirtualTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}
afterEach(() => {
  vi.useRealTimers();
});

async function failure(running: Promise<unknown>): Promise<NatterError> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof NatterError) return error;
  throw error ?? new Error('it did not fail');
}

function message(seq: number, more: Partial<Message> = {}): Message {
  const common = { room: '#lobby', seq, id: `x${seq}`, from: 'bo', text: `t${seq}`, at: 1_795_353_000_000 };
  return { ...common, kind: 'text', mine: false, delivery: 'ok', ...more };
}

describe('send', () => {
  test('says its arguments as one text and prints what was accepted', async () => {
    expect(await send({ ...ANA, to: '#dev', json: true }, ['hello', 'there'], console, fakeOpen(world))).toBe(
      0,
    );
    expect(console.json).toEqual([{ event: 'accepted', id: 'id1', room: '#dev', seq: 1 }]);
    expect(world.calls).toContain('join #dev');
    expect(world.clients[0]?.closed).toBe(true);
  });

  test('prints nothing without --json, and the fingerprint on standard error at first contact', async () => {
    await send({ ...ANA, to: '#dev' }, ['hello'], console, fakeOpen(world));
    expect(console.out).toBe('');
    expect(console.err).toContain('aa:bb');
  });

  test('says every line of its input in order, and never has more than 128 on their way', async () => {
    const running = send({ ...ANA, to: '#dev', json: true }, [], console, fakeOpen(world));
    console.end(Array.from({ length: 5000 }, (_, index) => `${index + 1}`).join('\n'));
    expect(await running).toBe(0);
    expect(world.rooms.get('#dev')?.map((entry) => entry.text)).toEqual(
      Array.from({ length: 5000 }, (_, index) => `${index + 1}`),
    );
    expect(console.json.map((line) => line.seq)).toEqual(
      Array.from({ length: 5000 }, (_, index) => index + 1),
    );
    expect(world.mostOutstanding).toBeLessThanOrEqual(128);
  });

  test('keeps lines whole that hold other kinds of line ends', async () => {
    const running = send({ ...ANA, to: '#dev' }, [], console, fakeOpen(world));
    console.end('a\u2028b\r\nlast');
    await running;
    expect(world.rooms.get('#dev')?.map((entry) => entry.text)).toEqual(['a\u2028b', 'last']);
  });

  test('puts a multi-byte character together that came in two pieces', async () => {
    const running = send({ ...ANA, to: '#dev' }, [], console, fakeOpen(world));
    const bytes = Buffer.from('Zoë\n');
    console.stdin.write(bytes.subarray(0, 3));
    setImmediate(() => console.stdin.end(bytes.subarray(3)));
    await running;
    expect(world.rooms.get('#dev')?.[0]?.text).toBe('Zoë');
  });

  test('passes its key on with every line', async () => {
    await send({ ...ANA, to: '#dev', key: 'k' }, ['one'], console, fakeOpen(world));
    const running = send({ ...ANA, to: '#dev', key: 'k' }, [], console, fakeOpen(world));
    console.end('a\nb\n');
    await running;
    expect(world.calls.filter((call) => call.startsWith('say'))).toEqual([
      'say #dev one key=k',
      'say #dev a key=k',
      'say #dev b key=k',
    ]);
  });

  test('says the rest when one is refused, prints which, and fails with 1', async () => {
    world.fate = (text) => (text === 'bad' ? 'failed' : 'ok');
    const running = send({ ...ANA, to: '#dev', json: true }, [], console, fakeOpen(world));
    console.end('good\nbad\n\nlast\u0007\nfine\n');
    const error = await failure(running);
    expect(error.message).toBe('3 of 5 messages were not sent; the lines above say which and why.');
    expect(world.rooms.get('#dev')?.map((entry) => entry.text)).toEqual(['good', 'fine']);
    expect(console.json.filter((line) => line.event === 'error')).toMatchObject([
      { code: 'TEXT_EMPTY', line: 3 },
      { code: 'TEXT_NOT_ALLOWED', line: 4 },
      { line: 2, text: 'bad' },
    ]);
    expect(console.err).toMatch(/Not sent, line 2: "bad"/);
    expect(console.err).not.toContain('\u0007');
  });

  test('gives up when nothing is answered, says which were not sent, and fails with NO_ANSWER', async () => {
    world.fate = (text) => (Number(text) > 3 ? 'silent' : 'ok');
    const running = send({ ...ANA, to: '#dev' }, [], console, fakeOpen(world), 50);
    console.end(Array.from({ length: 300 }, (_, index) => `${index + 1}`).join('\n'));
    expect((await failure(running)).code).toBe('NO_ANSWER');
    expect(console.err).toContain('Not sent, line 4: "4"');
    expect(console.err).not.toContain('line 3:');
    expect(console.err).toContain('Nothing after line 132 was sent.');
    expect(world.clients[0]?.closed).toBe(true);
  });

  test('fails with NO_ANSWER when not even the login is answered', async () => {
    const open = fakeOpen(world);
    const mute = async (options: Parameters<typeof open>[0]) => {
      const client = await open(options);
      client.login = () => new Promise(() => undefined);
      return client;
    };
    const error = await failure(send({ ...ANA, to: '#dev' }, ['x'], console, mute, 30));
    expect(error.code).toBe('NO_ANSWER');
    expect(error.message).toContain('127.0.0.1:7777');
  });

  test('follows a message that is numbered anew', async () => {
    world.fate = () => 'silent';
    const running = send({ ...ANA, to: '#dev', json: true }, ['x'], console, fakeOpen(world));
    await vi.waitUntil(() => world.calls.some((call) => call.startsWith('say')));
    const renamed = message(0, { id: 'new', mine: true, delivery: 'sending' });
    world.clients[0]?.emit({ event: 'delivery', message: renamed, was: 'id1' });
    world.clients[0]?.emit({ event: 'delivery', message: { ...renamed, seq: 9, delivery: 'ok' } });
    expect(await running).toBe(0);
    expect(console.json).toMatchObject([{ event: 'accepted', id: 'new', seq: 9 }]);
  });

  test('an unknown person is an error', async () => {
    const error = await failure(send({ ...ANA, to: '@nobody' }, ['x'], console, fakeOpen(world)));
    expect(error.code).toBe('NO_SUCH_USER');
  });

  test('says what was not sent also when it did not come to that', async () => {
    const console = new FakeConsole();
    const nobody = async () => {
      throw new NatterError('NO_ANSWER', 'Nobody answered.');
    };
    expect((await failure(send({ ...ANA, to: '#dev' }, ['hello', 'there'], console, nobody))).code).toBe(
      'NO_ANSWER',
    );
    expect(console.err).toContain('Not sent, line 1: "hello there": Nobody answered.');
  });

  test('told to stop, it says what was not sent', async () => {
    world.fate = () => {
      setImmediate(() => console.stop.abort());
      return 'silent';
    };
    const running = send({ ...ANA, to: '#dev' }, ['x'], console, fakeOpen(world));
    expect((await failure(running)).code).toBe('STOPPED');
    expect(console.err).toContain('Not sent, line 1: "x"');
  });
});

describe('tail', () => {
  test('prints joined first, then what was there after --since, then what comes', async () => {
    world.rooms.set('#lobby', [message(1), message(2), message(3, { mine: true, from: 'ana' })]);
    const options = { ...ANA, room: '#lobby', since: 1, untilIdle: 30, json: true };
    const running = tail(options, [], console, fakeOpen(world));
    await console.until('"seq":3,"from"');
    world.clients[0]?.emit({ event: 'message', message: message(4), history: false });
    expect(await running).toBe(0);
    expect(console.json.map((line) => [line.event, line.seq])).toEqual([
      ['joined', 3],
      ['message', 2],
      ['message', 3],
      ['message', 4],
    ]);
    expect(console.json[1]).toEqual({
      event: 'message',
      room: '#lobby',
      seq: 2,
      from: 'bo',
      text: 't2',
      at: new Date(1_795_353_000_000).toISOString(),
      id: 'x2',
      kind: 'text',
    });
    expect(world.calls.filter((call) => call.startsWith('read'))).toEqual([]);
  });

  test('without --since prints only what comes after joined', async () => {
    world.rooms.set('#lobby', [message(1)]);
    const running = tail({ ...ANA, room: '#lobby', untilIdle: 30, json: true }, [], console, fakeOpen(world));
    await console.until('joined');
    world.clients[0]?.emit({ event: 'message', message: message(2), history: false });
    await running;
    expect(console.json.map((line) => line.seq)).toEqual([1, 2]);
  });

  test('leaves out other rooms, history and what is not in the log yet', async () => {
    const running = tail({ ...ANA, room: '#lobby', untilIdle: 30, json: true }, [], console, fakeOpen(world));
    await console.until('joined');
    world.clients[0]?.emit(
      { event: 'message', message: message(2, { room: '#dev' }), history: false },
      { event: 'message', message: message(1), history: true },
      { event: 'message', message: message(0, { delivery: 'sending' }), history: false },
    );
    await running;
    expect(console.json.map((line) => line.event)).toEqual(['joined']);
  });

  test('starts to count idle time anew with each entry', async () => {
    useVirtualTimers();
    const running = tail(
      { ...ANA, room: '#lobby', untilIdle: 200, json: true },
      [],
      console,
      fakeOpen(world),
    );
    await console.until('joined');
    let isOver = false;
    running.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(120);
    world.clients[0]?.emit({ event: 'message', message: message(1), history: false });
    await vi.advanceTimersByTimeAsync(199);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await running).toBe(0);
  });

  test('prints presence as JSON, and as a notice otherwise', async () => {
    const presence = { event: 'presence', user: 'bo', state: 'online', room: '#lobby' } as const;
    const asJson = tail({ ...ANA, room: '#lobby', untilIdle: 30, json: true }, [], console, fakeOpen(world));
    await console.until('joined');
    world.clients[0]?.emit(presence);
    await asJson;
    expect(console.json[1]).toMatchObject({ event: 'presence', user: 'bo', state: 'online' });

    const plain = new FakeConsole();
    const asText = tail({ ...ANA, room: '#lobby', untilIdle: 30 }, [], plain, fakeOpen(world));
    await plain.until('entries');
    world.clients[1]?.emit(presence, {
      event: 'message',
      message: message(1, { text: 'one\ntwo\u001b[2J' }),
      history: false,
    });
    await asText;
    expect(plain.err).toContain('bo is online.');
    expect(plain.out).toMatch(/^\d\d:\d\d bo: one\n {4}two\[2J\n$/);
  });

  test('keeps texts exact in JSON and harmless for a terminal', async () => {
    const text = 'a\u001b[2J\u009b1m\u202e\u2028👩\u200d💻';
    const running = tail({ ...ANA, room: '#lobby', untilIdle: 30, json: true }, [], console, fakeOpen(world));
    await console.until('joined');
    world.clients[0]?.emit({ event: 'message', message: message(1, { text }), history: false });
    await running;
    expect(console.json[1]?.text).toBe(text);
    expect(console.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
  });

  test('names a file that was offered, with its size', async () => {
    const file = { id: 'f1', name: 'photo.png', size: 1_500_000, type: 'image/png' };
    world.rooms.set('#lobby', [message(1, { kind: 'file', text: 'photo.png', file })]);
    const entry = { event: 'message', kind: 'file', text: 'photo.png', file };
    for (const json of [true, false]) {
      await tail({ ...ANA, room: '#lobby', since: 0, untilIdle: 1, json }, [], console, fakeOpen(world));
    }
    const [, line] = console.out.split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject(entry);
    expect(console.out).toMatch(/^\d\d:\d\d bo: \[file photo\.png, 1\.5 MB\]$/m);
  });

  test('ends with NO_ANSWER when the link stays away', async () => {
    const running = tail({ ...ANA, room: '#lobby', json: true }, [], console, fakeOpen(world), 40);
    await console.until('joined');
    world.clients[0]?.link('reconnecting');
    expect((await failure(running)).code).toBe('NO_ANSWER');
  });

  test('goes on when the link comes back in time', async () => {
    useVirtualTimers();
    const running = tail({ ...ANA, room: '#lobby', json: true }, [], console, fakeOpen(world), 40);
    await console.until('joined');
    world.clients[0]?.link('reconnecting');
    await vi.advanceTimersByTimeAsync(39);
    world.clients[0]?.link('live');
    await vi.advanceTimersByTimeAsync(1_000);
    console.stop.abort();
    expect(await running).toBe(0);
  });
});

describe('who', () => {
  test('prints a presence line for each person', async () => {
    world.online.push({ user: 'Zoë', state: 'away' });
    expect(await who({ ...ANA, json: true }, [], console, fakeOpen(world))).toBe(0);
    expect(console.json).toEqual([
      { event: 'presence', user: 'ana', state: 'online' },
      { event: 'presence', user: 'Zoë', state: 'away' },
    ]);
  });

  test('asks for one room', async () => {
    await who({ ...ANA, room: '#dev' }, [], console, fakeOpen(world));
    expect(world.calls).toContain('who #dev');
    expect(console.out).toBe('ana  online\n');
  });
});

describe('passwords', () => {
  test('come from a file, whose last newline does not count', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'natter-')), 'password');
    writeFileSync(file, 'secret\n');
    const bare = new FakeConsole({});
    expect(await who({ ...ANA, passwordFile: file }, [], bare, fakeOpen(world))).toBe(0);
    expect(world.calls[0]).toBe('login ana secret');
  });

  test('a file that is not there is a wrong argument', async () => {
    const error = await failure(
      who({ ...ANA, passwordFile: '/nonexistent/x' }, [], console, fakeOpen(world)),
    );
    expect(error.code).toBe('BAD_ARGUMENT');
  });

  test('are tried again when the server had them wait in line, and not when it refused at once', async () => {
    const open = fakeOpen(world);
    let logins = 0;
    const crowded = async (options: Parameters<typeof open>[0]) => {
      const client = await open(options);
      const login = client.login.bind(client);
      client.login = (...args) => {
        if (++logins > 1) return login(...args);
        return Promise.reject(new NatterError('TOO_MANY_ATTEMPTS', 'Too many attempts; try again in 9 s.'));
      };
      return client;
    };
    const elapsed = vi.spyOn(performance, 'now');
    try {
      elapsed.mockReturnValueOnce(0).mockReturnValueOnce(10_000);
      expect(await who(ANA, [], console, crowded)).toBe(0);
      expect(logins).toBe(2);
      logins = 0;
      elapsed.mockReturnValueOnce(0).mockReturnValueOnce(50);
      expect((await failure(who(ANA, [], console, crowded))).code).toBe('TOO_MANY_ATTEMPTS');
      expect(logins).toBe(1);
    } finally {
      elapsed.mockRestore();
    }
  });

  test('are not needed on a remembered device', async () => {
    world.remembered.add('ana');
    expect(await who(ANA, [], new FakeConsole({}), fakeOpen(world))).toBe(0);
    expect(world.calls[0]).toBe('login ana -');
  });

  test('that nobody can be asked for: the server refused the device, and that is said', async () => {
    const error = await failure(who(ANA, [], new FakeConsole({}), fakeOpen(world)));
    expect(error.code).toBe('DEVICE_UNKNOWN');
    expect(error.message).toContain('NATTER_PASSWORD');
  });

  test('are asked for on a terminal without being shown', async () => {
    const terminal = new FakeConsole({}).asTerminal();
    const running = who(ANA, [], terminal, fakeOpen(world));
    await terminal.until('Password: ');
    terminal.type('wrong\u0015secrex\u007ft\r');
    expect(await running).toBe(0);
    expect(terminal.err).not.toContain('secre');
  });

  test('registering without one is a wrong use', async () => {
    const error = await failure(register({ ...ANA, user: 'bo' }, [], new FakeConsole({}), fakeOpen(world)));
    expect(error.code).toBe('USAGE');
  });

  test('registering on a terminal asks twice', async () => {
    const terminal = new FakeConsole({}).asTerminal();
    const running = register({ ...ANA, user: 'bo' }, [], terminal, fakeOpen(world));
    await terminal.until('Password: ');
    terminal.type('one two three\r');
    await terminal.until('again');
    terminal.type('one two three\r');
    expect(await running).toBe(0);
    expect(world.accounts.get('bo')).toBe('one two three');
  });

  test('a wrong one fails', async () => {
    const error = await failure(who(ANA, [], new FakeConsole({ NATTER_PASSWORD: 'no' }), fakeOpen(world)));
    expect(error.code).toBe('WRONG_PASSWORD');
  });

  test('a bad name is refused before anything is sent', async () => {
    const error = await failure(who({ ...ANA, user: 'a b' }, [], console, fakeOpen(world)));
    expect(error.code).toBe('NAME_NOT_ALLOWED');
    expect(world.calls).not.toContain('login a b secret');
  });
});
