import { beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/chat/events.js';
import { type ChatParts, run as chat } from '../../src/ui/commands/chat.js';
import { FakeConsole } from '../support/fake-console.js';
import { fakeOpenRing, ringWorld } from '../support/fake-ring.js';
import { type FakeWorld, fakeOpen, fakeWorld } from '../support/script-client.js';

let world: FakeWorld;
let parts: ChatParts;
let servers: number;
beforeEach(() => {
  world = fakeWorld();
  servers = 0;
  parts = {
    // A client in a thread answers before it has told what follows from the answer.
    ring: async () => {
      throw new Error('no ring here');
    },
    open: (options) =>
      fakeOpen(world)({ ...options, onEvent: (events) => setImmediate(() => options.onEvent(events)) }),
    here: async () => {
      servers += 1;
      return {
        server: '127.0.0.1:7777',
        stop: async () => {
          servers -= 1;
        },
      };
    },
    joined: async () => undefined,
    last: async () => ({}),
  };
});

const ANA = { server: '127.0.0.1:7777', user: 'ana', plain: true };

function entry(seq: number, more: Partial<Message> = {}): Message {
  const common = { room: '#lobby', seq, id: `x${seq}`, from: 'bo', text: 'hi', at: 1_795_353_000_000 };
  return { ...common, kind: 'text', mine: false, delivery: 'ok', ...more };
}

describe('the linear client', () => {
  test('says lines, runs commands, prints what is durable, and leaves at the end of the input', async () => {
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    console.end('hello :tada:\n/me waves\n/sticker cat\n//join is a command\n/who\n');
    expect(await running).toBe(0);
    expect(world.calls.filter((call) => call.startsWith('say'))).toEqual([
      'say #lobby hello 🎉',
      'say #lobby waves',
      'say #lobby cat',
      'say #lobby /join is a command',
    ]);
    expect(console.out).toMatch(/^#lobby \d\d:\d\d ana: hello 🎉$/m);
    expect(console.out).toMatch(/^#lobby \d\d:\d\d \* ana waves$/m);
    expect(console.out).toMatch(/^#lobby \d\d:\d\d ana: \[sticker cat: a cat that sits and looks at you\]$/m);
    expect(console.out).toMatch(/^1 online: ana$/m);
    expect(world.clients[0]?.closed).toBe(true);
  });

  test('goes to a room that is joined, and says there', async () => {
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    console.end('/join dev\nhello\n/quit\nnot said\n');
    expect(await running).toBe(0);
    expect(world.calls.filter((call) => call.startsWith('say'))).toEqual(['say #dev hello']);
    expect(console.err).toContain('What you type goes to #dev now.');
  });

  test('prints what others say so that nothing can pose as another line', async () => {
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    await console.until('You are ana');
    world.clients[0]?.emit(
      {
        event: 'message',
        message: entry(1, { text: 'one\n#lobby 12:00 ana: fake\u001b[2J' }),
        history: false,
      },
      { event: 'presence', user: 'bo', state: 'away', room: '#lobby' },
    );
    await console.until('bo is away');
    console.end();
    await running;
    expect(console.out).toMatch(/^#lobby \d\d:\d\d bo: one\n {4}#lobby 12:00 ana: fake\[2J\n$/);
    expect(console.err).toContain('bo is away in #lobby.');
  });

  test('tells somebody who is not there from somebody whom nobody knows', async () => {
    world.accounts.set('bo', '');
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    console.end('/whois bo\n/whois zed\n');
    expect(await running).toBe(0);
    expect(console.out).toContain('bo is offline.\n');
    expect(console.err).toContain('Nobody of that name is registered');
  });

  test('tells of an unknown command and goes on', async () => {
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    console.end('/jion dev\nstill here\n');
    expect(await running).toBe(0);
    expect(console.err).toContain('did you mean /join?');
    expect(world.calls).toContain('say #lobby still here');
  });

  test('ends with 1 when something said did not get through', async () => {
    world.fate = () => 'failed';
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    console.end('hello\n');
    expect(await running).toBe(1);
    expect(console.err).toContain('Not sent: "hello"');
    expect(console.sentence).toBe('1 of your messages did not get through; say them again.');
  });

  test('changes the password with secrets asked for, not typed into a line of history', async () => {
    const console = new FakeConsole().asTerminal();
    const running = chat(ANA, [], console, parts);
    await console.until('You are ana');
    console.type('/password\n');
    await console.until('Present password:');
    console.type('secret\r');
    await console.until('New password:');
    console.type('a new one\r');
    await console.until('New password again:');
    console.type('a new one\r');
    await console.until('Forget all other');
    console.type('n\n');
    await console.until('is changed');
    console.end('/quit\n');
    expect(await running).toBe(0);
    expect(world.calls).toContain('changePassword secret a new one');
    expect(console.err).not.toContain('a new one');
  });

  test('a signal ends it', async () => {
    const console = new FakeConsole();
    const running = chat(ANA, [], console, parts);
    await console.until('You are ana');
    console.stop.abort();
    expect(await running).toBe(0);
  });
});

describe('setting up line by line', () => {
  test('tries it here: a server, an account, the lobby', async () => {
    const console = new FakeConsole({});
    const running = chat({}, [], console, parts);
    console.type('1\nmia\n');
    await console.until('You are mia');
    expect(servers).toBe(1);
    console.end('hello\n');
    expect(await running).toBe(0);
    expect(world.accounts.get('mia')).toMatch(/^[\w-]{24}$/);
    expect(world.calls).toContain('say #lobby hello');
    expect(servers).toBe(0);
  });

  test('registers at a server', async () => {
    const console = new FakeConsole({});
    const running = chat({}, [], console, parts);
    console.end('2\n127.0.0.1:7777\nmia\nr\nlong secret\ny\n');
    expect(await running).toBe(0);
    expect(world.accounts.get('mia')).toBe('long secret');
    expect(console.err).toContain('answers in 1.0 ms');
  });

  test('asks again what was not understood', async () => {
    const console = new FakeConsole({});
    const running = chat({}, [], console, parts);
    console.end('perhaps\n4\n');
    expect(await running).toBe(0);
    expect(console.err).toContain('Please answer with one of');
  });

  test.each([
    ['', 'nothing'],
    ['1\n', 'a choice'],
    ['2\nh:1\nana\nl\n', 'all but the password'],
  ])('%j and then the end of the input is a wrong use', async (typed) => {
    const console = new FakeConsole({});
    const running = chat({}, [], console, parts);
    console.end(typed);
    await expect(running).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('--server'),
    });
  });

  test('fails at once with a wrong password where nobody can react', async () => {
    const console = new FakeConsole({});
    const running = chat({}, [], console, parts);
    console.end('2\nh:1\nana\nl\nwrong\nn\n');
    await expect(running).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  test('uses the login of last time', async () => {
    world.remembered.add('ana');
    const console = new FakeConsole({});
    const last = async () => ({ server: '127.0.0.1:7777', user: 'ana' });
    const running = chat({}, [], console, { ...parts, last });
    console.end('hello\n');
    expect(await running).toBe(0);
    expect(world.calls[0]).toBe('login ana -');
  });

  test('goes back to the ring of last time, notes it, and asks only when told to', async () => {
    const around = ringWorld();
    const noted: string[] = [];
    const again: ChatParts = {
      ...parts,
      ring: fakeOpenRing(around),
      last: async () => ({ ring: 'walkers', user: 'mia', goesTo: 'ring' }),
      joined: async (_, ring, nick) => void noted.push(`${nick} in ${ring}`),
    };
    const console = new FakeConsole({});
    const running = chat({}, [], console, again);
    console.end('hello\n');
    expect(await running).toBe(0);
    expect(around.world.calls).toContain('say #lobby hello');
    expect(noted).toEqual(['mia in walkers']);
    const asked = new FakeConsole({});
    const asking = chat({ setup: true }, [], asked, again);
    asked.end('4\n');
    expect(await asking).toBe(0);
    expect(asked.err).toContain('Your choice');
    expect(around.opened).toHaveLength(1);
  });
});
