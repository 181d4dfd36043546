import { execFileSync } from 'node:child_process';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openChat } from '../support/chat-terminal.js';
import { type Natter, register, serve, temporaryFolder } from '../support/natter.js';
import { RESTORED, type Terminal } from '../support/terminal.js';

const PASSWORD = 'correct horse battery';

vi.setConfig({ testTimeout: 60_000 });

let folder: ReturnType<typeof temporaryFolder>;
let server: { readonly run: Natter; readonly server: string };
let terminal: Terminal;
/** Opens when the client has begun to read its password, and so holds its start up until that is written. */
let passwordFile: string;

beforeEach(async () => {
  folder = temporaryFolder();
  server = await serve(join(folder.path, 'server'));
  await register(server.server, 'mia', join(folder.path, 'elsewhere'), PASSWORD);
  passwordFile = join(folder.path, 'password');
  execFileSync('mkfifo', [passwordFile]);
  const account = ['--server', server.server, '--user', 'mia', '--password-file', passwordFile];
  terminal = openChat([...account, '--data', join(folder.path, 'mia')], { columns: 80, rows: 24 });
});
afterEach(async () => {
  await terminal.close();
  server.run.kill();
  await server.run.exit;
  folder.remove();
});

test('what is typed while the client starts is not echoed, and is said once there is a conversation', async () => {
  const held = await openFile(passwordFile, 'w');
  terminal.type('hello from the start\rand more');
  await held.writeFile(PASSWORD);
  await held.close();
  await terminal.waitFor('mia > and more');
  await terminal.waitFor(() => /you +hello from the start +ok/.test(terminal.text()));
  const [before = ''] = terminal.raw.split('\x1b[?1049h');
  expect(before).not.toContain('hello');
});

test('Ctrl+C while the client starts ends it as soon as it stands, with the terminal as it was', async () => {
  const held = await openFile(passwordFile, 'w');
  terminal.type('\x03');
  await held.writeFile(PASSWORD);
  await held.close();
  expect((await terminal.exited).exitCode).toBe(1);
  expect(terminal.state()).toEqual(RESTORED);
});
