import { beforeEach, describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import type { Message } from '../../src/chat/events.js';
import { encodeInvite } from '../../src/chat/invite.js';
import { type RingFlags, run as ring, ringStart } from '../../src/ui/commands/ring.js';
import { FakeConsole } from '../support/fake-console.js';
import { type FakeRing, fakeOpenRing, KEY, type RingWorld, ringWorld } from '../support/fake-ring.js';

let ringed: RingWorld;
let console: FakeConsole;
beforeEach(() => {
  ringed = ringWorld();
  console = new FakeConsole({ USER: 'mia' });
});

const run = (flags: RingFlags = {}) =>
  ring({ name: 'walkers', json: true, ...flags }, [], console, fakeOpenRing(ringed));
const only = (): FakeRing => ringed.rings[0] as FakeRing;
const lines = (event: string) => console.json.filter((line) => line.event === event);

function privately(more: Partial<Message>): Message {
  const common = { room: '@bo', seq: 3, id: 'p1', from: 'mia', text: 'psst', at: 1_795_353_000_000 };
  return { ...common, kind: 'text', mine: true, delivery: 'held', ...more };
}

describe('the flags of a ring', () => {
  const start = (flags: RingFlags) => ringStart(flags, { USER: 'mia' });
  const refusal = (flags: RingFlags): string => {
    try {
      start(flags);
    } catch (error) {
      return (error as NatterError).code;
    }
    return '';
  };

  test('name a community in lower case, whoever writes it, and oneself as the system does', () => {
    expect(start({ name: 'Walkers' })).toMatchObject({
      community: 'walkers',
      nick: 'mia',
      listen: { host: '0.0.0.0', port: 7777 },
      peers: [],
      lan: true,
    });
    expect(start({ name: 'Walkers' })).not.toHaveProperty('place');
  });

  test('take name, addresses and key from a link, and what else was said beside it', () => {
    const secret = Buffer.alloc(32, 7);
    const peers = [{ host: '192.0.2.7', port: 7 }];
    const join = encodeInvite({ community: 'walkers', secret, peers });
    const peer = [{ host: 'there', port: 1 }];
    expect(start({ join, peer, nick: 'zoë', lan: false })).toMatchObject({
      community: 'walkers',
      secret,
      peers: [...peer, ...peers],
      nick: 'zoë',
      lan: false,
    });
  });

  test('must not disagree, and must say which community', () => {
    const join = encodeInvite({ community: 'walkers', peers: [] });
    expect(refusal({})).toBe('USAGE');
    expect(refusal({ join, name: 'WALKERS' })).toBe('');
    expect(refusal({ join, name: 'runners' })).toBe('BAD_ARGUMENT');
    expect(refusal({ name: 'x', at: { lat: 1, lon: 2 }, city: 'Vienna' })).toBe('USAGE');
    expect(refusal({ name: 'x'.repeat(5_000) })).toBe('NAME_TOO_LONG');
  });
});

describe('a ring for programs', () => {
  test('says first where it listens, then what is so, and leaves at the end of the input', async () => {
    const running = run({ listen: { host: '127.0.0.1', port: 0 } });
    await console.until('"joined"');
    console.end();
    expect(await running).toBe(0);
    expect(console.json.slice(0, 3)).toEqual([
      { event: 'listening', host: '127.0.0.1', port: 40_000, pid: process.pid, key: KEY },
      { event: 'ring', peers: 0, state: 'alone' },
      { event: 'joined', room: '#lobby', seq: 0 },
    ]);
    expect(ringed.world.calls.at(-1)).toBe('quit');
    expect(only().closed).toBe(true);
  });

  test('counts what it said as through when that is told like what others say', async () => {
    ringed.world.fate = () => 'silent';
    const running = run();
    await console.until('"joined"');
    console.type('hello\n/whois bo\n');
    await console.until('offline');
    only().hear(1, 'hello', { id: 'id1', mine: true, from: 'mia' });
    console.end();
    expect(await running).toBe(0);
    expect(lines('message')).toHaveLength(1);
  });

  test('a signal ends it, which the others are told', async () => {
    const running = run();
    await console.until('"joined"');
    console.stop.abort();
    expect(await running).toBe(0);
    expect(ringed.world.calls).toContain('quit');
  });

  test('says lines to the group in front, which commands change', async () => {
    const running = run();
    console.end(
      'hello\n/join-interest Chess\nknights\n/join-geo 30\nwho walks?\n/lobby\nback\n//near is a word\n',
    );
    expect(await running).toBe(0);
    const said = ringed.world.calls.filter((call) => /^(say|near|interest)/.test(call));
    expect(said).toEqual([
      'say #lobby hello',
      'interest chess',
      'say +chess knights',
      'near 30',
      'say ~mia who walks?',
      'say #lobby back',
      'say #lobby /near is a word',
    ]);
    expect(lines('message').map(({ text }) => text)).toContain('who walks?');
    expect(lines('joined').map(({ room }) => room)).toEqual(['#lobby', '+chess', '~mia', '#lobby']);
  });

  test('tells what is said with its author and clock, people with what they share, groups with their members', async () => {
    const running = run();
    await console.until('"joined"');
    only().hear(1, 'hi', { author: 'bbbb', clock: '0190', from: 'bo~b67v' });
    only().emit(
      {
        event: 'presence',
        room: '#lobby',
        user: 'bo',
        state: 'online',
        author: 'bbbb',
        near: 'u2edk',
        interests: ['go'],
      },
      { event: 'group', group: '~bo', kind: 'geo', members: ['bo', 'mia'], by: 'bo', km: 25 },
      { event: 'ring', peers: 2, state: 'stable', successor: 'bbbb', predecessor: 'cccc', sinceMs: 9 },
      { event: 'error', code: 'RATE_LIMITED', message: 'Slower.' },
    );
    console.end();
    await running;
    expect(lines('message')).toMatchObject([
      { room: '#lobby', from: 'bo~b67v', author: 'bbbb', clock: '0190' },
    ]);
    expect(lines('presence')).toMatchObject([
      { user: 'bo', author: 'bbbb', near: 'u2edk', interests: ['go'] },
    ]);
    expect(lines('group')).toEqual([
      { event: 'group', group: '~bo', kind: 'geo', members: ['bo', 'mia'], by: 'bo', km: 25 },
    ]);
    expect(lines('ring').at(-1)).toEqual({
      event: 'ring',
      peers: 2,
      state: 'stable',
      successor: 'bbbb',
      predecessor: 'cccc',
    });
    expect(lines('error')).toEqual([{ event: 'error', code: 'RATE_LIMITED', message: 'Slower.' }]);
  });

  test('answers commands as events', async () => {
    const running = run();
    await console.until('"joined"');
    only().people = [{ user: 'bo', state: 'away', author: 'bbbb' }];
    only().list = [{ group: '+go', kind: 'interest', members: ['bo', 'mia'] }];
    only().status = { peers: 1, state: 'stable', successor: 'bbbb', predecessor: 'bbbb', sinceMs: 1 };
    only().peers = [{ user: 'bo', author: 'bbbb', place: 0.5, role: 'successor', link: 'live', lagMs: 2 }];
    console.end('/list-users\n/status\n/list-geo\n/list-geo 48.2,16.4\n/invite\n/ring\n/list\n/whois cyd\n');
    expect(await running).toBe(0);
    expect(lines('presence')).toEqual([
      { event: 'presence', user: 'bo', state: 'away', author: 'bbbb' },
      { event: 'presence', user: 'cyd', state: 'offline' },
    ]);
    expect(lines('group')).toEqual([
      { event: 'group', group: '+go', kind: 'interest', members: ['bo', 'mia'] },
    ]);
    expect(lines('ring').at(-1)).toMatchObject({ peers: 1, state: 'stable' });
    expect(lines('place')).toEqual([{ event: 'place' }, { event: 'place', cell: 'u2edk', city: 'Vienna' }]);
    expect(lines('invite')[0]?.link).toMatch(/^natter:\/\/join/);
    expect(lines('peer')).toMatchObject([
      { user: 'bo', place: 0.5, role: 'successor', link: 'live', lagMs: 2 },
    ]);
    expect(lines('tag')).toEqual([{ event: 'tag', tag: 'go', people: 2 }]);
  });

  test('answers a wrong form, a command of a server, and nonsense as errors, and goes on', async () => {
    const running = run();
    console.end(
      '/msg bo\n/password\n/join-geo 1\n/join-geo far\n/at 91,0\n/nonsense\n/join dev\nstill here\n',
    );
    expect(await running).toBe(0);
    expect(lines('error').map(({ code }) => code)).toEqual([
      'USAGE',
      'NOT_ALLOWED',
      'BAD_ARGUMENT',
      'BAD_ARGUMENT',
      'BAD_ARGUMENT',
      'UNKNOWN_COMMAND',
      'NO_SUCH_ROOM',
    ]);
    expect(ringed.world.calls).toContain('say #lobby still here');
  });

  test('prints private words once, and what becomes of them each time', async () => {
    const running = run();
    await console.until('"joined"');
    const { room, ...rest } = privately({});
    only().emit(
      { event: 'message', history: false, message: { ...rest, room, seq: 0, delivery: 'sending' } },
      { event: 'delivery', message: privately({ delivery: 'held' }) },
      { event: 'delivery', message: privately({ delivery: 'delivered' }) },
    );
    console.end();
    expect(await running).toBe(0);
    expect(lines('message')).toMatchObject([{ room: '@bo', id: 'p1', text: 'psst' }]);
    expect(lines('delivery')).toEqual([
      { event: 'delivery', id: 'p1', state: 'held' },
      { event: 'delivery', id: 'p1', state: 'delivered' },
    ]);
  });

  test('takes another port when the usual one is taken, but not instead of one that was asked for', async () => {
    const taken = () => new NatterError('PORT_TAKEN', 'Somebody listens there already; choose another port.');
    ringed.failures.push(taken());
    const running = run();
    console.end();
    expect(await running).toBe(0);
    expect(ringed.opened.map(({ listen }) => listen.port)).toEqual([7777, 0]);
    ringed.failures.push(taken());
    await expect(run({ listen: { host: '127.0.0.1', port: 9 } })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
  });

  test('is not for people too', async () => {
    await expect(run({ plain: true })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a ring line by line', () => {
  const plain = () => run({ json: false, plain: true });

  test('says whether one is connected, to how many, and since when', async () => {
    const running = plain();
    await console.until('You are mia in #lobby');
    expect(console.err).toContain('You are alone in the ring');
    only().emit({ event: 'ring', peers: 2, state: 'stable', sinceMs: 0 });
    await console.until('You are in the ring with 2 others; it is stable since');
    for (const peers of [0, 1]) only().emit({ event: 'ring', peers, state: 'joining', sinceMs: 0 });
    only().emit({ event: 'ring', peers: 3, state: 'stable', sinceMs: 0 });
    await console.until('You are in the ring with 3 others');
    expect(console.err.match(/Joining the ring/g)).toHaveLength(1);
    console.end();
    expect(await running).toBe(0);
  });

  test('runs the commands of old, by their old spellings', async () => {
    const running = plain();
    await console.until('You are mia');
    only().people = [{ user: 'bo', state: 'online' }];
    only().list = [
      { group: '~mia', kind: 'geo', members: ['mia', 'bo'], by: 'mia', km: 30 },
      { group: '+go', kind: 'interest', members: ['mia'] },
    ];
    ringed.world.accounts.set('bo', '');
    console.end(
      '/list-users\n/list-geo\n/join-geo 30\n/status\n/send-private-message bo psst\n/ring\n/invite\n',
    );
    expect(await running).toBe(0);
    expect(console.out).toContain('1 online: bo\n');
    expect(console.out).toContain('Others reach you at 127.0.0.1:40000.\n');
    expect(console.out).toContain('You share no place. /where LAT,LON or /where CITY');
    expect(console.out).toContain('What you say in ~mia goes to everybody in this group nearby.');
    expect(console.out).toContain('~mia: 2 within 30 km, founded by mia: bo, mia\n');
    expect(console.out).toContain('+go: 1: mia\n');
    expect(console.out).toContain("natter ring --join 'natter://join?");
    expect(ringed.world.calls).toContain('say @bo psst');
  });

  test('names people by name and mark where two share a name', async () => {
    const running = plain();
    ringed.world.accounts.set('bo~b67v', '');
    console.end('/msg bo~B67V psst\n/send-private-message bo~b6 psst\n');
    expect(await running).toBe(0);
    expect(ringed.world.calls).toContain('say @bo~b67v psst');
    expect(console.err).toContain('may not hold "~"');
  });

  test('tells what became of private words', async () => {
    const running = plain();
    await console.until('You are mia');
    only().emit(
      { event: 'delivery', message: privately({ delivery: 'held' }) },
      { event: 'delivery', message: privately({ delivery: 'delivered' }) },
      { event: 'delivery', message: privately({ id: 'p2', delivery: 'expired' }) },
    );
    console.end();
    expect(await running).toBe(0);
    expect(console.out.match(/@bo \d\d:\d\d mia: psst/g)).toHaveLength(2);
    expect(console.err).toContain('Held until bo comes: "psst"');
    expect(console.err).toContain('Delivered to bo: "psst"');
    expect(console.err).toContain('Expired, bo did not come for it: "psst"');
  });

  test('tells of somebody once, however often more is told of them', async () => {
    const running = plain();
    await console.until('You are mia');
    const bo = { event: 'presence', room: '#lobby', state: 'online', author: 'bbbb' } as const;
    only().emit({ ...bo, user: 'bo' }, { ...bo, user: 'bo', interests: ['go'] }, { ...bo, user: 'bo~b67v' });
    console.end();
    await running;
    expect(console.err.match(/is online/g)).toHaveLength(1);
  });
});
