import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeTerminal, message, NOW, room } from '../support/fake-terminal.js';
import type { Widths } from '../support/terminal.js';

const HARD_TEXTS = [
  'a family 👨‍👩‍👧‍👦 and a flag 🇫🇷 and a hand 👍🏽 in a line',
  '你好，世界。これは日本語です。한국어도 있어요。',
  'combining: e\u0301 a\u0308 n\u0303 \u0301 lone, क्षत्रिय, ไทยนี้รัก',
  'שלום לכולם 123 مرحبا بالعالم',
  'symbols ☺️ ✔️ ⚠️ © ™ ①②③ ½',
];

let fake: FakeTerminal;
afterEach(() => fake.close());

/** Every row from 1 to `lastRow` has its borders in these columns and nowhere else. */
async function expectColumns(columns: readonly number[], lastRow: number): Promise<void> {
  const wanted = columns.join();
  const rows = Array.from({ length: lastRow }, (_, index) => index + 1);
  await fake.terminal.waitFor(() => rows.every((y) => fake.terminal.columnsOf('│', y).join() === wanted));
}

describe.each([
  { columns: 80, rows: 24, left: 17, right: undefined },
  { columns: 140, rows: 40, left: 24, right: 115 },
])('at $columns x $rows', ({ columns, rows, left, right }) => {
  const lastBodyRow = rows - 4;

  /** Waits for a frame that is whole: a terminal may have drawn half of the next one. */
  async function expectStraightBorders(): Promise<void> {
    await expectColumns(right === undefined ? [left] : [left, right], lastBodyRow);
  }

  test.each<Widths>(['6', '11', 'graphemes'])(
    'borders stay straight beside emoji, CJK, marks and right-to-left text where the terminal counts cells by %s',
    async (widths) => {
      fake = await FakeTerminal.inLobby({ columns, rows, widths });
      fake.emit({ event: 'room', room: room('#日本語') });
      HARD_TEXTS.forEach((text, index) => {
        fake.emit(message(index + 1, text, { from: index % 2 === 0 ? '王小明' : 'Élise👨‍👩‍👧‍👦' }));
      });
      fake.emit({
        event: 'members',
        room: '#lobby',
        members: ['王小明', 'Élise', 'نور', 'mia'].map((user) => ({ user, state: 'online' })),
      });
      fake.emit(message(9, 'the last one'));
      await fake.terminal.waitFor('the last one');
      await expectStraightBorders();
      fake.terminal.type('👨‍👩‍👧‍👦 家族');
      await fake.terminal.waitFor('家族');
      await expectStraightBorders();
    },
  );

  test('what stood where a wide character was is gone after scrolling', async () => {
    fake = await FakeTerminal.inLobby({ columns, rows });
    for (let seq = 1; seq <= 60; seq++) {
      fake.emit(message(seq, seq % 2 === 0 ? `number ${seq}` : `👨‍👩‍👧‍👦 家族 ${seq}`));
    }
    await fake.terminal.waitFor('number 60');
    for (let page = 0; page < 3; page++) {
      fake.terminal.type('\x1b[5~');
      await fake.terminal.waitFor('newer (Alt+End)');
      await expectStraightBorders();
    }
    fake.terminal.type('\x1b[1;3F');
    await fake.terminal.waitForGone('newer');
    await fake.terminal.waitFor('number 60');
    await expectStraightBorders();
    for (const row of fake.terminal.rows()) expect(row.match(/number \d+/g)?.length ?? 0).toBeLessThan(2);
  });

  test('a resize in the middle lays everything out anew', async () => {
    fake = await FakeTerminal.inLobby({ columns, rows });
    fake.emit(message(1, `${'word '.repeat(40)}end`));
    await fake.terminal.waitFor('end');
    fake.terminal.type('half a line 家');
    await fake.terminal.waitFor('half a line 家');
    // Conditions of whole frames: the emulator cuts the old one to the new size before anything is drawn.
    fake.terminal.resize(100, 30);
    await expectColumns([17, 81], 26);
    fake.terminal.resize(50, 20);
    await fake.terminal.waitFor(() => fake.terminal.columnsOf('│', 16).length === 0);
    await fake.terminal.waitFor('half a line 家');
    fake.terminal.resize(columns, rows);
    await expectStraightBorders();
    await fake.terminal.waitFor('half a line 家');
  });
});

describe('what others write', () => {
  beforeEach(async () => {
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 24 });
  });

  test('never reaches the terminal as a command', async () => {
    const evil = '\x1b[2J\x1b]0;owned\x07\x9b31m\x1b[?1049l\u202e{red-fg}tag{/}';
    fake.emit({ event: 'room', room: room('#lobby', { kind: 'lobby', topic: `topic${evil}` }) });
    fake.emit(message(1, `text${evil}`, { from: `name${evil}` }));
    fake.emit({ event: 'notice', text: `notice${evil}` });
    fake.emit({ event: 'error', code: 'INTERNAL', message: `error${evil}` });
    fake.emit({ event: 'link', state: 'reconnecting', lagMs: 0, sinceMs: 0, detail: `detail${evil}` });
    await fake.terminal.waitFor('detail');
    const { raw } = fake.terminal;
    for (const sequence of ['\x1b[2J\x1b]', '\x1b]0;owned', '\x9b31m', '\u202e', '\x07'])
      expect(raw).not.toContain(sequence);
    expect(fake.terminal.state().isAlternate).toBe(true);
    await fake.terminal.waitFor('{red-fg}tag{/}');
  });

  test('says with a sign, not only with a colour, that one is mentioned', async () => {
    fake.emit(message(1, 'mia: look'));
    await fake.terminal.waitFor('ana ! mia: look');
  });

  test('shows day, action, sticker, folded presence and the state of own words', async () => {
    fake.emit(message(1, 'waves', { kind: 'action', at: NOW - 86_400_000 }));
    fake.emit(message(2, 'cat', { kind: 'sticker' }));
    for (const user of ['bo', 'cyd', 'dee', 'eve'])
      fake.emit({ event: 'presence', room: '#lobby', user, state: 'online' });
    fake.emit(message(0, 'on its way', { id: 'own1', mine: true, delivery: 'sending', at: NOW }));
    await fake.terminal.waitFor('sending..');
    const text = fake.terminal.text();
    expect(text).toContain('Sat 21 Nov 2026');
    expect(text).toContain('Sun 22 Nov 2026');
    expect(text).toContain('ana * waves');
    expect(text).toContain('( o.o )');
    expect(text).toContain('bo, cyd and 2 others joined');
    fake.emit({
      event: 'delivery',
      message: {
        room: '#lobby',
        seq: 0,
        id: 'own1',
        from: 'mia',
        text: 'on its way',
        at: NOW,
        kind: 'text',
        mine: true,
        delivery: 'failed',
        reason: 'The server is full; try again later.',
      },
    });
    await fake.terminal.waitFor('FAILED - Enter to retry');
    await fake.terminal.waitFor('The server is full');
    fake.terminal.type('\r');
    expect(await fake.called('retry')).toEqual(['own1']);
  });
});

test('the screen stands in a terminal of any size', async () => {
  fake = await FakeTerminal.inLobby({ columns: 80, rows: 24 });
  fake.emit(message(1, `a family 👨‍👩‍👧‍👦 ${'word '.repeat(20)}`));
  await fake.terminal.waitFor('family');
  for (const [columns, rows] of [
    [30, 8],
    [10, 3],
    [2, 1],
    [300, 4],
    [61, 13],
  ] as const) {
    fake.terminal.resize(columns, rows);
    fake.terminal.type('\x1b[5~\x1bOP\x1b[6~x');
  }
  fake.terminal.resize(80, 24);
  await fake.terminal.waitFor('mia > xxxxx');
  for (let y = 1; y <= 20; y++) expect(fake.terminal.columnsOf('│', y)).toEqual([17]);
});

test('with NO_COLOR nothing is coloured', async () => {
  fake = await FakeTerminal.inLobby({ columns: 80, rows: 24, env: { NO_COLOR: '1' } });
  fake.emit(message(1, 'mia: plain'));
  await fake.terminal.waitFor('mia: plain');
  expect(fake.terminal.raw).not.toMatch(/\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m/);
});
