import { afterEach, describe, expect, test } from 'vitest';
import type { ClientEvent, DrawnPeer, Person } from '../../src/chat/events.js';
import { FakeTerminal, message, NOW, room } from '../support/fake-terminal.js';

let fake: FakeTerminal;
afterEach(() => fake.close());

const F5 = '\x1b[15~';
const PEOPLE: readonly Person[] = [
  { user: 'mia', state: 'online', author: 'mmmm-aaaa' },
  { user: 'bo', state: 'online', author: 'bbbb', near: 'u2edk', interests: ['chess', 'go'] },
  { user: 'cyd', state: 'online', author: 'cccc', near: 'u2ed7', interests: ['go'] },
  { user: 'dee', state: 'online', author: 'dddd', near: 'gcpvj' },
];
const ring = (peers: number, state: 'alone' | 'joining' | 'stable' | 'repairing'): ClientEvent => ({
  event: 'ring',
  peers,
  state,
  sinceMs: 7 * 60_000,
});

async function inRing(columns = 80, rows = 24): Promise<FakeTerminal> {
  const started = await FakeTerminal.inRing({ columns, rows });
  started.emit({ event: 'members', room: '#lobby', members: PEOPLE });
  return started;
}

function peers(count: number): DrawnPeer[] {
  const names = ['mia', 'bo', 'cyd', 'dee', 'eli', 'fay', 'gus', 'hal'];
  return Array.from({ length: count }, (_, index) => ({
    user: names[index] ?? `p${index}`,
    author: `key${index}`,
    place: index / count,
    role: index === 0 ? 'self' : index < 4 ? 'successor' : index === count - 1 ? 'predecessor' : 'extra',
    link: index === 2 ? 'suspect' : 'live',
    lagMs: index * 10,
  }));
}

describe('the screen of a ring', () => {
  test('always says whether one is connected, to how many, and since when', async () => {
    fake = await inRing();
    await fake.terminal.waitFor('ring: joining..');
    for (const [event, text] of [
      [ring(0, 'alone'), 'ring: ALONE since 12:01'],
      [ring(1, 'joining'), 'ring: joining.. 1 peer'],
      [ring(6, 'stable'), 'ring: 6 peers, stable since 12:01 | encrypted'],
      [ring(5, 'repairing'), 'ring: 5 peers, REPAIRING since 12:01'],
    ] as const) {
      fake.emit(event);
      await fake.terminal.waitFor(text);
    }
  });

  test('needs no server for its commands, and says of those it has not where they work', async () => {
    fake = await inRing();
    fake.terminal.type('/join-geo 30\r');
    expect(await fake.called('near')).toEqual([30]);
    await fake.terminal.waitFor('~mia');
    fake.terminal.type('/password\r');
    await fake.terminal.waitFor('/password is for a server');
  });

  test('lists who is near by how near alone, and what others like', async () => {
    fake = await FakeTerminal.start({ columns: 80, rows: 24, env: { FAKE_RING: '1' } });
    fake.answer('location', { value: { cell: 'u2edk', city: 'Vienna' } });
    fake.answer('who', { value: PEOPLE });
    fake.emit({ event: 'welcome', user: 'mia', account: 'mmmm-aaaa' });
    fake.emit({ event: 'room', room: room('#lobby', { kind: 'lobby' }) });
    await fake.terminal.waitFor('near Vienna');
    await fake.terminal.waitFor('bo       here');
    await fake.terminal.waitFor('cyd      near');
    await fake.terminal.waitFor('+go       (2)');
    expect(fake.terminal.text()).not.toContain('dee');
    expect(fake.terminal.text()).not.toMatch(/\bkm\b/);
  });

  test('shows groups under their headings, with what they are about, and who enrolled one', async () => {
    fake = await inRing();
    fake.answer('who', { value: PEOPLE.slice(0, 2) });
    fake.emit({ event: 'room', room: room('~bo', { kind: 'geo' }) });
    fake.emit({ event: 'group', group: '~bo', kind: 'geo', members: ['bo', 'mia'], by: 'bo', km: 25 });
    fake.emit({ event: 'notice', text: 'bo has enrolled you in ~bo, those within 25 km.' });
    fake.emit({ event: 'room', room: room('+chess', { kind: 'interest' }) });
    await fake.terminal.waitFor('bo has enrolled you');
    await fake.terminal.waitFor('NEARBY');
    await fake.terminal.waitFor('INTERESTS');
    fake.terminal.type('\x1b2');
    await fake.terminal.waitFor('within 25 km, founded by bo');
    await fake.terminal.waitFor('2 here');
  });

  test('sorts what is said by clocks, however late it came, and keeps what is new in sight', async () => {
    fake = await inRing();
    fake.emit(message(1, 'second', { clock: '02', author: 'bbbb' }));
    fake.emit(message(2, 'third', { clock: '03', author: 'aaaa' }));
    fake.emit(message(3, 'first, late', { clock: '01', author: 'cccc' }));
    await fake.terminal.waitFor('first, late');
    const rows = fake.terminal.rows();
    const at = ['first, late', 'second', 'third'].map((text) => rows.findIndex((row) => row.includes(text)));
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  test('tells what becomes of private words', async () => {
    fake = await inRing();
    fake.emit({ event: 'room', room: room('@bo') });
    await fake.terminal.waitFor('@bo');
    fake.terminal.type('\x1b2');
    const mine = { room: '@bo', mine: true, from: 'mia' } as const;
    fake.emit(message(1, 'one', { ...mine, delivery: 'held', clock: '01' }));
    fake.emit(message(2, 'two', { ...mine, delivery: 'delivered', clock: '02' }));
    fake.emit(message(3, 'three', { ...mine, delivery: 'expired', clock: '03' }));
    await fake.terminal.waitFor('held until they come');
    await fake.terminal.waitFor('delivered');
    await fake.terminal.waitFor('EXPIRED - nobody came');
  });

  test('keeps somebody who is named otherwise from now on from coming and going', async () => {
    fake = await inRing();
    fake.emit({ event: 'presence', room: '#lobby', user: 'fay', state: 'online', author: 'ffff' });
    fake.at(NOW + 60_000);
    fake.emit({ event: 'presence', room: '#lobby', user: 'bo~b67v', state: 'online', author: 'bbbb' });
    fake.emit({ event: 'presence', room: '#lobby', user: 'bo~x2yz', state: 'online', author: 'eeee' });
    await fake.terminal.waitFor('bo~x2yz joined');
    // Whoever is met in the first moments was there already.
    expect(fake.terminal.text()).not.toContain('fay');
    expect(fake.terminal.text()).toContain('bo is written bo~b67v now.');
    expect(fake.terminal.text()).not.toContain('bo~b67v joined');
    expect(fake.terminal.text()).not.toContain('left');
  });
});

describe('the ring view', () => {
  test.each([
    [80, 24],
    [140, 40],
  ])('draws neighbours, lag and health at %i x %i, and F5 closes it again', async (columns, rows) => {
    fake = await inRing(columns, rows);
    fake.emit(ring(7, 'stable'));
    fake.answer('ringView', { value: peers(8) });
    fake.terminal.type(F5);
    await fake.terminal.waitFor('RING  7 peers, stable since 12:01');
    await fake.terminal.waitFor('@ mia');
    for (const row of [
      /< hal +before +live 70 ms/,
      /> bo +next +live 10 ms/,
      /\? cyd +next +SILENT/,
      /o fay +linked +live 50 ms/,
    ])
      await fake.terminal.waitFor(() => row.test(fake.terminal.text()));
    // Each neighbour stands in the list and in the drawing.
    for (const name of ['mia', 'bo', 'dee', 'hal'])
      await fake.terminal.waitFor(() => fake.terminal.text().split(name).length > 2);
    fake.terminal.type(F5);
    await fake.terminal.waitForGone('RING  7');
  });

  test('asks again while it is shown, and only then', async () => {
    fake = await inRing();
    fake.answer('ringView', { value: peers(3) });
    fake.terminal.type('/ring\r');
    await fake.called('ringView', 2);
    fake.answer('ringView', { value: peers(6) });
    await fake.terminal.waitFor('fay');
    fake.terminal.type('q');
    await fake.terminal.waitForGone('fay');
  });

  test('names only its list where there is no room to draw', async () => {
    fake = await inRing(50, 16);
    fake.emit(ring(7, 'stable'));
    fake.answer('ringView', { value: peers(20) });
    fake.terminal.type(F5);
    await fake.terminal.waitFor('more: Down');
    fake.terminal.type('\x1b[6~');
    await fake.terminal.waitFor('p19');
  });

  test('is not there with a server, which is said', async () => {
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 24 });
    fake.terminal.type(F5);
    await fake.terminal.waitFor('/ring is for the ring');
  });
});

describe('an invite', () => {
  const addresses = Array.from({ length: 6 }, (_, at) => `&at=[2001:db8:0:${at}::7]:7777`).join('');
  const link = `natter://join?name=lilacs${addresses}&key=${'k'.repeat(43)}`;
  const command = `natter ring --join '${link}'`;

  async function invited(columns = 80, rows = 24): Promise<void> {
    fake = await inRing(columns, rows);
    fake.answer('invite', { value: link });
    // What is shown tells that the answer is known by now.
    fake.emit(ring(1, 'stable'));
    await fake.terminal.waitFor('ring: 1 peer');
    fake.terminal.type('/invite\r');
    await fake.terminal.waitFor('Esc close');
  }

  test.each([
    [80, 24],
    [40, 14],
  ])(
    'stands alone in whole rows at %i x %i, where it can be selected, and goes with Esc',
    async (columns, rows) => {
      await invited(columns, rows);
      const count = Math.ceil(command.length / columns);
      const screen = fake.terminal.rows();
      const first = screen.findIndex((row) => row.startsWith('natter ring'));
      expect(
        screen
          .slice(first, first + count)
          .map((row) => row.trimEnd())
          .join(''),
      ).toBe(command);
      fake.terminal.type('\x1b');
      await fake.terminal.waitForGone('Esc close');
      expect(fake.calls.some(({ call }) => call === 'say')).toBe(false);
    },
  );

  test.each([
    ['F5', '\x1b[15~', ' RING '],
    ['F6', '\x1b[17~', ' FILES'],
    ['F9', '\x1b[20~', ' MACHINES '],
  ])('gives way to what %s shows', async (_, key, title) => {
    await invited();
    fake.terminal.type(key);
    await fake.terminal.waitFor(title);
    expect(fake.terminal.text()).not.toContain('INVITE');
    fake.terminal.type('\x1b');
    await fake.terminal.waitForGone(title);
    expect(fake.terminal.text()).not.toContain('INVITE');
  });

  test('goes when one goes to another conversation', async () => {
    await invited();
    fake.emit({ event: 'room', room: room('+chess', { kind: 'interest' }) });
    fake.terminal.type('\x1b2');
    await fake.terminal.waitForGone('INVITE');
    await fake.terminal.waitFor(' +chess ');
  });

  test('is given to the clipboard when asked for, which is said', async () => {
    await invited();
    expect(fake.terminal.raw).not.toContain('\x1b]52;');
    fake.terminal.type('c');
    await fake.terminal.waitFor('Your terminal was asked to copy it.');
    expect(fake.terminal.raw).toContain(`\x1b]52;c;${Buffer.from(command).toString('base64')}\x07`);
  });

  test('that was copied over several rows is put together by the setup screen', async () => {
    fake = await FakeTerminal.start({ columns: 80, rows: 24 });
    await fake.terminal.waitFor('Start or join a ring');
    fake.terminal.type('\x1b[A\x1b[A\x1b[A');
    fake.terminal.paste(`${command.slice(0, 80)}\n${command.slice(80, 160)}\n${command.slice(160)}\n`);
    fake.terminal.type('\r');
    expect(await fake.called('joinRing')).toEqual([{ ring: link, nick: 'mia' }]);
  });
});

test('the setup screen starts or joins a ring', async () => {
  fake = await FakeTerminal.start({ columns: 80, rows: 24 });
  await fake.terminal.waitFor('Start or join a ring');
  // Up from "Try it here": to the name, and round to the end of the form.
  fake.terminal.type('\x1b[A\x1b[A\x1b[A');
  fake.terminal.type('walkers\r');
  expect(await fake.called('joinRing')).toEqual([{ ring: 'walkers', nick: 'mia' }]);
  fake.emit({ event: 'welcome', user: 'mia', account: 'mmmm-aaaa' });
  fake.emit({ event: 'room', room: room('#lobby', { kind: 'lobby' }) });
  fake.emit(ring(2, 'stable'));
  await fake.terminal.waitFor('ring: 2 peers, stable');
});
