import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeTerminal, message } from '../support/fake-terminal.js';

function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// tmux is a terminal of its own inside the terminal: it counts cells its own way and redraws what it keeps.
describe.skipIf(!hasTmux())('under tmux', () => {
  let fake: FakeTerminal;
  let folder: string;
  afterEach(async () => {
    execFileSync('tmux', ['-S', join(folder, 'socket'), 'kill-server']);
    await fake.close();
    rmSync(folder, { recursive: true });
  });

  test('borders stay straight, pastes do not send, and the terminal is given back', async () => {
    folder = mkdtempSync(join(tmpdir(), 'natter-tmux-'));
    const wrap = ['tmux', '-u', '-f', '/dev/null', '-S', join(folder, 'socket'), 'new-session'];
    fake = await FakeTerminal.inLobby({ columns: 80, rows: 25, wrap, after: 'echo finished; read rest' });
    fake.emit(message(1, 'a family 👨‍👩‍👧‍👦 and a flag 🇫🇷 in a line'));
    fake.emit(message(2, '你好，世界。これは日本語です。'));
    fake.emit(message(3, 'e\u0301 שלום ☺️ the last one'));
    await fake.terminal.waitFor('the last one');
    for (let y = 1; y <= 20; y++) expect(fake.terminal.columnsOf('│', y)).toEqual([17]);
    fake.terminal.paste('one\ntwo 家\nthree');
    await fake.terminal.waitFor('three');
    expect(fake.calls.some(({ call }) => call === 'say')).toBe(false);
    for (let y = 1; y <= 18; y++) expect(fake.terminal.columnsOf('│', y)).toEqual([17]);
    fake.terminal.type('\x03');
    await fake.terminal.waitForGone('three');
    fake.terminal.type('\x03');
    await fake.terminal.waitFor('Quit?');
    fake.terminal.type('y');
    await fake.terminal.waitFor('finished');
    await fake.terminal.waitForGone('│');
  });
});
