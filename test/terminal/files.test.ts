import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeTerminal, fileMessage, message, room, transfer } from '../support/fake-terminal.js';
import { png } from '../support/pictures.js';
import type { Widths } from '../support/terminal.js';

const F6 = '\x1b[17~';
const ESC = '\x1b';
const DOWN = '\x1b[B';

let fake: FakeTerminal;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'natter-paths-'));
  for (const name of ['my photo.png', 'plain.txt', '.secret']) writeFileSync(join(folder, name), 'abc');
  mkdirSync(join(folder, 'music'));
  writeFileSync(join(folder, 'music', 'song.ogg'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => fake.close());

/** What stands there, whatever the breaks of lines and the columns. */
const told = () => fake.terminal.text().replaceAll(/[│\s]+/g, ' ');
const tells = (text: string) => fake.terminal.waitFor(() => told().includes(text));

async function start(columns = 80, rows = 24, widths: Widths = '11'): Promise<void> {
  fake = await FakeTerminal.inLobby({ columns, rows, widths });
  await fake.called('transfers');
}

/** In the private conversation with bo, who offers photo.png. */
async function offered(columns = 80, rows = 24): Promise<void> {
  await start(columns, rows);
  fake.emit({ event: 'room', room: room('@bo') });
  fake.terminal.type('\x1b2');
  fake.emit(fileMessage(1));
  fake.emit(transfer());
  await fake.terminal.waitFor('bo offers photo.png');
}

describe('a private offer', () => {
  test('is a line of the conversation and a bar with its keys', async () => {
    await offered();
    await tells('photo.png (4.0 MB, image/png)');
    await tells('/accept 1 or /reject 1');
    await fake.terminal.waitFor('[a]ccept [r]eject [t]rust always');
  });

  test.each([
    ['a', 'acceptFile', ['f1']],
    ['r', 'rejectFile', ['f1']],
    ['t', 'trust', ['bo', true]],
  ] as const)('is answered by a lone %s', async (key, call, args) => {
    await offered();
    fake.terminal.type(key);
    expect(await fake.called(call)).toEqual(args);
    if (key === 't') {
      expect(await fake.called('acceptFile')).toEqual(['f1']);
      await tells('What bo sends you privately is taken from now on; /untrust bo ends that.');
    }
    await fake.terminal.waitFor(() => fake.terminal.rows().some((row) => /mia >\s*$/.test(row)));
  });

  test('is answered at once by a letter and Enter, which says nothing', async () => {
    await offered();
    fake.terminal.type('r\r');
    expect(await fake.called('rejectFile')).toEqual(['f1']);
    expect(fake.calls.some(({ call }) => call === 'say')).toBe(false);
  });

  test('says what its key did where its own line is out of sight', async () => {
    await offered();
    fake.terminal.type('\x1b1');
    await fake.terminal.waitFor('>1 #lobby');
    fake.terminal.type('r\r');
    await tells('photo.png is declined.');
    fake.terminal.type('a\r');
    await tells('photo.png is on its way; F6 shows it.');
  });

  test('takes no letter from what is being written', async () => {
    await offered();
    fake.terminal.type('a');
    fake.terminal.type('ll right\r');
    expect(await fake.called('say')).toContain('all right');
    expect(fake.calls.some(({ call }) => call === 'acceptFile')).toBe(false);
  });

  test('is answered by commands with its number, its name or none', async () => {
    await offered();
    fake.terminal.type('/accept photo\r');
    expect(await fake.called('acceptFile')).toEqual(['f1']);
    fake.terminal.type('/reject 1\r');
    expect(await fake.called('rejectFile')).toEqual(['f1']);
    fake.terminal.type('/accept 7\r');
    await tells('There is no file 7');
    fake.terminal.type('/accept nothing\r');
    await tells('There is no file "nothing"');
  });

  test('that is taken shows its way and its end, once each', async () => {
    await offered();
    fake.emit(transfer({ state: 'running', bytes: 2_520_000, rate: 1_200_000 }));
    await fake.terminal.waitFor('v photo.png from bo');
    await fake.terminal.waitFor('63% 1.2 MB/s 0:02 (F6)');
    await tells('receiving 63%');
    fake.emit(transfer({ state: 'done', bytes: 4_000_000, path: '/home/mia/Downloads/photo.png' }));
    await tells('photo.png is here: /home/mia/Downloads/photo.png');
    await tells('photo.png (4.0 MB, image/png) - received');
    await fake.terminal.waitForGone('(F6)');
  });

  test('that fails says why', async () => {
    await offered();
    fake.emit(transfer({ state: 'failed', reason: 'bo withdrew it; ask for it again.' }));
    await tells('! photo.png failed: bo withdrew it');
    await fake.terminal.waitForGone('[a]ccept');
  });
});

describe('a file in a room', () => {
  test('says how it is fetched, under a number that stays', async () => {
    await start();
    fake.emit(fileMessage(1, { room: '#lobby' }));
    await fake.terminal.waitFor('- /get 1');
    const file = { id: 'f2', name: 'b.txt', size: 0, type: 'text/plain' };
    fake.emit(message(2, 'b.txt', { kind: 'file', file }));
    await fake.terminal.waitFor('b.txt (0 B, text/plain) - /get 2');
    fake.terminal.type('/get 1\r');
    expect(await fake.called('acceptFile')).toEqual(['f1']);
    fake.terminal.type('/get\r');
    expect(await fake.called('acceptFile', 2)).toEqual(['f2']);
  });

  test('has no type where that would only say that nobody knows it', async () => {
    await start();
    const file = { id: 'f1', name: 'disk', size: 5_000, type: 'application/octet-stream' };
    fake.emit(fileMessage(1, { room: '#lobby', file }));
    await fake.terminal.waitFor('disk (5.0 kB) - /get 1');
  });

  test('of an evil name reaches the terminal as text only', async () => {
    await start();
    const name = 'a\x1b[2J\x1b]0;owned\x07\u202egnp.exe';
    const file = { id: 'f1', name, size: 5, type: 'x/\x1b[2J\x9b31m' };
    fake.emit(fileMessage(1, { room: '#lobby', text: name, file }));
    fake.emit(
      transfer({ ...file, state: 'paused', room: '#lobby', from: 'bo\x1b[2J', reason: 'why\x1b[2J.' }),
    );
    await tells('is paused: why');
    fake.terminal.type(F6);
    await fake.terminal.waitFor('FILES');
    fake.terminal.type('\r');
    await fake.terminal.waitFor('File 1');
    for (const sequence of ['\x1b[2J\x1b]', '\x1b]0;owned', '\x9b31m', '\u202e', '\x07'])
      expect(fake.terminal.raw).not.toContain(sequence);
  });
});

describe('sending', () => {
  test('goes to this conversation or to the one named, which is joined first', async () => {
    await start();
    fake.terminal.type(`/send ${folder}/my photo.png\r`);
    expect(await fake.called('sendFile')).toEqual(['#lobby', join(folder, 'my photo.png')]);
    fake.terminal.type(`/upload "${folder}/plain.txt" #dev\r`);
    expect(await fake.called('sendFile', 2)).toEqual(['#dev', join(folder, 'plain.txt')]);
    expect(await fake.called('join')).toEqual(['#dev']);
  });

  test('refuses what is not there and what is no file', async () => {
    await start();
    fake.terminal.type(`/send ${folder}/none\r`);
    await tells('There is no file');
    fake.terminal.type(`/send ${folder}/music\r`);
    await tells('is a folder');
    fake.terminal.type('/send\r');
    await tells('/send FILE [TARGET]');
    expect(fake.calls.some(({ call }) => call === 'sendFile')).toBe(false);
  });

  test('completes paths with Tab: folders on and on, blanks escaped, hidden ones when asked for', async () => {
    await start(140, 40);
    fake.terminal.type(`/send ${folder}/mu\t`);
    await fake.terminal.waitFor(`${folder}/music/`);
    fake.terminal.type('\t');
    await fake.terminal.waitFor(`${folder}/music/song.ogg`);
    fake.terminal.type(`\x03/send ${folder}/my\t`);
    await fake.terminal.waitFor('my\\ photo.png');
    fake.terminal.type('#lobby\r');
    expect(await fake.called('sendFile')).toEqual(['#lobby', join(folder, 'my photo.png')]);
    fake.terminal.type(`/send ${folder}/\t`);
    await fake.terminal.waitFor('plain.txt (3 B)');
    expect(fake.terminal.text()).not.toContain('.secret');
    fake.terminal.type(`\x03/send ${folder}/.s\t`);
    await fake.terminal.waitFor(`${folder}/.secret`);
  });

  test('asks when the path of a file is pasted, and leaves any other paste a text', async () => {
    await start(120, 24);
    fake.terminal.paste(`'${folder}/my photo.png'`);
    await fake.terminal.waitFor('Send my photo.png (3 B) to #lobby?');
    fake.terminal.type('y');
    expect(await fake.called('sendFile')).toEqual(['#lobby', join(folder, 'my photo.png')]);
    fake.terminal.paste(`file://${folder}/my%20photo.png\n${folder}/plain.txt`);
    await fake.terminal.waitFor('Send 2 files (6 B) to #lobby?');
    fake.terminal.type('n');
    await fake.terminal.waitFor(`file://${folder}/my%20photo.png`);
    fake.terminal.type('\x03');
    fake.terminal.paste('/no/such/file');
    fake.terminal.type(' at all\r');
    expect((await fake.called('say'))[1]).toBe('/no/such/file at all');
  });

  test('asks before several files that were pasted behind /send go, one by one', async () => {
    await start(120, 24);
    fake.terminal.type('/send ');
    fake.terminal.paste(`'${folder}/my photo.png' ${folder}/plain.txt`);
    await fake.terminal.waitFor('Send 2 files (6 B) to #lobby? y or Enter sends, else it stays text.');
    fake.terminal.type('\r');
    expect(await fake.called('sendFile')).toEqual(['#lobby', join(folder, 'my photo.png')]);
    expect(await fake.called('sendFile', 2)).toEqual(['#lobby', join(folder, 'plain.txt')]);
    await fake.terminal.waitForGone('/send');
  });

  test('shows what the other did with it', async () => {
    await start();
    fake.emit({ event: 'room', room: room('@bo') });
    fake.terminal.type('\x1b2');
    fake.emit(fileMessage(1, { mine: true, from: 'mia' }));
    const out = { direction: 'out', from: 'mia', to: '@bo', bytes: 4_000_000 } as const;
    fake.emit(transfer({ ...out, state: 'running', bytes: 1_000_000, rate: 500_000 }));
    await fake.terminal.waitFor('^ photo.png to @bo');
    fake.emit(transfer({ ...out, state: 'done' }));
    await tells('image/png) - sent');
    fake.emit(transfer({ ...out, state: 'done', answer: 'done' }));
    await tells('bo has it');
    fake.emit(transfer({ ...out, state: 'done', answer: 'rejected' }));
    await fake.terminal.waitFor('bo declined');
  });
});

describe.each([
  { columns: 80, rows: 24 },
  { columns: 140, rows: 40 },
  { columns: 40, rows: 12 },
])('the panel at $columns x $rows', ({ columns, rows }) => {
  async function filled(widths: Widths): Promise<void> {
    await start(columns, rows, widths);
    fake.emit(transfer({ id: 'f1', name: 'old.txt', state: 'done', room: '#lobby' }));
    fake.emit(
      transfer({
        id: 'f2',
        name: '写真 👨‍👩‍👧‍👦 家族の旅行.png',
        state: 'running',
        bytes: 2e6,
        rate: 1e6,
        from: '王小明',
      }),
    );
    fake.emit(
      transfer({ id: 'f3', name: 'שלום.mkv', state: 'paused', reason: 'The disk is full.', bytes: 1e6 }),
    );
    fake.emit(
      transfer({ id: 'f4', name: `${'long'.repeat(30)}.tar.gz`, state: 'failed', reason: 'It is gone.' }),
    );
    fake.terminal.type(F6);
    await fake.terminal.waitFor('1 under way, 4 in all');
  }

  test.each<Widths>(['6', '11', 'graphemes'])(
    'has a straight column of states where the terminal counts cells by %s',
    async (widths) => {
      await filled(widths);
      await fake.terminal.waitFor('>2');
      await fake.terminal.waitFor('50%');
      const lines = () => fake.terminal.rows().slice(2, 6);
      await fake.terminal.waitFor(() => lines().every((line) => /^[> ]\d/.test(line)));
      expect(lines().map((line) => line[1])).toEqual(['2', '3', '4', '1']);
      if (columns >= 80) {
        const column = () => [2, 3].map((y) => fake.terminal.columnsOf('[', y)[0]);
        await fake.terminal.waitFor(() => new Set(column()).size === 1 && column()[0] !== undefined);
      }
    },
  );

  test('is moved in, pauses, resumes, cancels after asking, shows details and closes', async () => {
    await filled('11');
    const keys = (text: string) => fake.terminal.waitFor(text);
    await keys('Enter details  p pause  c cancel');
    fake.terminal.type('p');
    expect(await fake.called('pauseFile')).toEqual(['f2']);
    fake.terminal.type(DOWN);
    await fake.terminal.waitFor('>3');
    await keys('Enter details  p resume  c cancel');
    fake.terminal.type('p');
    expect(await fake.called('resumeFile')).toEqual(['f3']);
    fake.terminal.type('c');
    await fake.terminal.waitFor('Cancel ');
    fake.terminal.type('n');
    await fake.terminal.waitForGone('Cancel ');
    fake.terminal.type('c');
    await fake.terminal.waitFor('Cancel ');
    fake.terminal.type('y');
    expect(await fake.called('cancelFile')).toEqual(['f3']);
    fake.terminal.type('\r');
    await fake.terminal.waitFor('File 3');
    await fake.terminal.waitFor('The disk is full.');
    fake.terminal.type(ESC);
    await fake.terminal.waitFor('FILES');
    await fake.terminal.waitFor('>3');
    fake.terminal.type(DOWN);
    await keys('Enter fetch  Esc close');
    fake.terminal.type(DOWN);
    await keys('Enter details  Esc close');
    fake.terminal.type(ESC);
    await fake.terminal.waitForGone('FILES');
    fake.terminal.type('typed');
    await fake.terminal.waitFor('mia > typed');
  });
});

test('what is offered meanwhile is accepted in the panel with Enter', async () => {
  await offered(60, 16);
  fake.terminal.type('/files\r');
  await fake.terminal.waitFor('Enter accept');
  fake.terminal.type('\r');
  expect(await fake.called('acceptFile')).toEqual(['f1']);
});

test('many transfers share one bar, and an empty panel says what sends a file', async () => {
  await start();
  fake.terminal.type(F6);
  await fake.terminal.waitFor('No files yet');
  fake.terminal.type(F6);
  await fake.terminal.waitForGone('FILES');
  for (let number = 1; number <= 20; number++)
    fake.emit(transfer({ id: `f${number}`, state: 'running', bytes: 1e6, rate: 1e5, room: '#lobby' }));
  await fake.terminal.waitFor('20 files under way');
  await fake.terminal.waitFor('25% 2.0 MB/s 0:30 (F6)');
});

test('what waits for the connection has no rate', async () => {
  await start();
  fake.emit(transfer({ state: 'running', bytes: 1e6, rate: 1e5 }));
  await fake.terminal.waitFor('100 kB/s 0:30 (F6)');
  fake.emit(transfer({ state: 'accepted', bytes: 1e6 }));
  await fake.terminal.waitFor('25% waiting (F6)');
});

test('a pause and an end that were asked for by command are said', async () => {
  await start();
  fake.emit(transfer({ state: 'running', bytes: 1e6, rate: 1e5 }));
  await fake.terminal.waitFor('(F6)');
  fake.terminal.type('/pause\r');
  expect(await fake.called('pauseFile')).toEqual(['f1']);
  fake.emit(transfer({ state: 'paused', bytes: 1e6 }));
  await tells('photo.png is paused; /resume 1 goes on.');
  fake.terminal.type('/cancel\r');
  expect(await fake.called('cancelFile')).toEqual(['f1']);
  fake.emit(transfer({ state: 'failed', code: 'CANCELLED', reason: 'You cancelled it.' }));
  await tells('photo.png is cancelled.');
});

test('a file that lies on offer is not under way, can be taken back, and keeps nobody from leaving', async () => {
  await start();
  const mine = { direction: 'out', from: 'mia', to: '+tea', room: '+tea', state: 'accepted' } as const;
  fake.emit(transfer(mine));
  await fake.terminal.waitFor('^ photo.png to +tea');
  fake.emit(transfer({ ...mine, isOnOffer: true }));
  await fake.terminal.waitForGone('^ photo.png to +tea');
  fake.terminal.type(F6);
  await fake.terminal.waitFor('0 under way, 1 in all');
  await fake.terminal.waitFor('on offer');
  fake.terminal.type('c');
  await fake.terminal.waitFor('Cancel ');
  fake.terminal.type('y');
  expect(await fake.called('cancelFile')).toEqual(['f1']);
  fake.terminal.type('\x1b');
  await fake.terminal.waitForGone('in all');
  fake.terminal.type('/quit\r');
  expect((await fake.terminal.exited).exitCode).toBe(0);
});

test('leaving while a file is under way asks first', async () => {
  await start();
  fake.emit(transfer({ state: 'running', bytes: 1e6, rate: 1e5 }));
  await fake.terminal.waitFor('(F6)');
  fake.terminal.type('/quit\r');
  await fake.terminal.waitFor('Quit? One file goes on next time. y or Ctrl+C quits');
  fake.terminal.type('n');
  await fake.terminal.waitForGone('next time');
  fake.terminal.type('/quit\r');
  await fake.terminal.waitFor('next time');
  fake.terminal.type('y');
  expect((await fake.terminal.exited).exitCode).toBe(0);
});

describe('a preview', () => {
  /** Red above, blue below. */
  function picture(name: string): string {
    const path = join(folder, name);
    writeFileSync(
      path,
      png(32, 32, (_, y) => (y < 16 ? [255, 0, 0, 255] : [0, 0, 255, 255])),
    );
    return path;
  }

  test('is shown of a picture that came, in half blocks beside straight borders, and goes with /clear', async () => {
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 24, env: { COLORTERM: 'truecolor' } });
    fake.emit(fileMessage(1, { room: '#lobby' }));
    fake.emit(transfer({ state: 'done', room: '#lobby', path: picture('red.png') }));
    await fake.terminal.waitFor('▀▀▀');
    expect(fake.terminal.raw).toContain('38;2;255;0;0');
    const rows = Array.from({ length: 20 }, (_, index) => index + 1);
    await fake.terminal.waitFor(() => rows.every((y) => fake.terminal.columnsOf('│', y).join() === '17'));
    expect(fake.terminal.rows().filter((row) => row.includes('▀')).length).toBeLessThanOrEqual(8);
    fake.terminal.type('/clear\r');
    await fake.terminal.waitForGone('▀');
    fake.terminal.type('/preview 1\r');
    await fake.terminal.waitFor('▀▀▀');
  });

  test('is shown in the details, and says when there is nothing to see', async () => {
    await start();
    fake.emit(transfer({ id: 'f1', state: 'done', room: '#lobby', path: picture('blue.png') }));
    await fake.terminal.waitFor('▀▀▀');
    fake.terminal.type(`/clear\r${F6}\r`);
    await fake.terminal.waitFor('File 1');
    await fake.terminal.waitFor('▀▀▀');
    fake.terminal.type(F6);
    fake.emit(transfer({ id: 'f2', state: 'done', room: '#lobby', type: 'a/b', path: '/no/such/file' }));
    await tells('is here: /no/such/file');
    fake.terminal.type('/preview 2\r');
    await tells('photo.png: The file cannot be read.');
  });

  test('of a text is its first lines', async () => {
    await start();
    const path = join(folder, 'long.txt');
    writeFileSync(path, Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n'));
    fake.emit(transfer({ state: 'done', room: '#lobby', type: 'text/plain', path }));
    await fake.terminal.waitFor('line 0');
    expect(fake.terminal.text()).not.toContain('line 9');
  });
});
