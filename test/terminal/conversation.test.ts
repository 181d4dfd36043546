import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openChat } from '../support/chat-terminal.js';
import { type Natter, register as registerBefore, serve } from '../support/natter.js';
import { RESTORED, type Terminal } from '../support/terminal.js';

const PASSWORD = 'correct horse battery';

// Three processes with a handshake and a stretched password each take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let server: { readonly run: Natter; readonly server: string; readonly port: number };
let clients: Terminal[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'natter-chat-'));
  server = await serve(join(folder, 'server'));
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  server.run.kill();
  await server.run.exit;
  rmSync(folder, { recursive: true });
});

function open(
  data: string,
  args: readonly string[],
  size: { columns: number; rows: number },
  env = {},
): Terminal {
  const client = openChat(['--server', server.server, '--data', join(folder, data), ...args], {
    ...size,
    env,
  });
  clients.push(client);
  return client;
}

const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 140, rows: 40 };

/** Fills in the setup screen: name, password, "register". */
async function register(
  data: string,
  name: string,
  size: { columns: number; rows: number },
): Promise<Terminal> {
  const client = open(data, [], size, { USER: '' });
  await client.waitFor('reachable');
  client.type(`${name}\t\t\t${PASSWORD}\t\x1b[C`);
  await client.waitFor('(x) register');
  client.type('\r');
  await client.waitFor(`${name} >`);
  return client;
}

/** A name and a password given on the command line pass the setup screen by. */
async function logIn(data: string, name: string, size: { columns: number; rows: number }): Promise<Terminal> {
  const client = open(data, ['--user', name], size, { NATTER_PASSWORD: PASSWORD });
  await client.waitFor(`${name} >`);
  return client;
}

/** Waits for a frame that is whole, then looks at the borders of every row. */
async function expectStraight(client: Terminal, columns: readonly number[]): Promise<void> {
  const rows = Array.from({ length: client.emulator.rows - 4 }, (_, index) => index + 1);
  await client.waitFor(() => rows.every((y) => client.columnsOf('│', y).join() === columns.join()));
}

describe('people on several terminals', () => {
  test('register, talk in the lobby and in a room, and write to one who reads it later', async () => {
    await registerBefore(server.server, 'bo', join(folder, 'elsewhere'), PASSWORD);
    const ana = await register('ana', 'ana', SMALL);
    const zoe = await register('zoe', 'Zoë', LARGE);
    await ana.waitFor('Zoë joined');

    ana.type('hello 👨‍👩‍👧‍👦 everyone :wave:\r');
    await ana.waitFor('ok');
    await zoe.waitFor('everyone 👋');
    zoe.paste('你好\nana: 家族 e\u0301');
    await zoe.waitFor('家族');
    zoe.type('\r');
    await ana.waitFor('Zoë ! 你好');
    await ana.waitFor('ana: 家族');
    await expectStraight(ana, [17]);
    await expectStraight(zoe, [24, 115]);

    ana.type('/join dev\r');
    await ana.waitFor('>2 #dev');
    ana.type('/topic what we build\r');
    zoe.type('/join #dev\r');
    await zoe.waitFor('what we build');
    zoe.type('/me is in\r');
    await ana.waitFor('Zoë * is in');

    zoe.type('/msg bo see you 👋 later\r');
    await zoe.waitFor('@bo');
    await zoe.waitFor('ok');
    const bo = await logIn('bo', 'bo', SMALL);
    await bo.waitFor('@Zoë');
    await bo.waitFor('*1');
    bo.type('\x1ba');
    await bo.waitFor('see you 👋 later');
    bo.type('here I am\r');
    await zoe.waitFor('here I am');

    ana.type('/quit\r');
    expect((await ana.exited).exitCode).toBe(0);
    expect(ana.state()).toEqual(RESTORED);
  });

  test('see a lost connection, and what was said meanwhile arrives once when the server is back', async () => {
    const ana = await register('ana', 'ana', SMALL);
    const zoe = await register('zoe', 'Zoë', SMALL);
    ana.type('before\r');
    await zoe.waitFor('before');
    const { port } = server;
    server.run.kill('SIGKILL');
    await server.run.exit;
    ana.type('while it is away\r');
    await ana.waitFor('sending..');
    await ana.waitFor('trying again');
    zoe.type('here, too\r');
    await zoe.waitFor('sending..');
    server = await serve(join(folder, 'server'), [], port);
    await zoe.waitFor('while it is away');
    await ana.waitFor('here, too');
    for (const client of [ana, zoe]) {
      await client.waitForGone('sending..');
      await client.waitFor('connected');
    }
    for (const client of [ana, zoe]) {
      expect(client.text().match(/while it is away/g)).toHaveLength(1);
      expect(client.text().match(/here, too/g)).toHaveLength(1);
      expect(client.text().match(/before/g)).toHaveLength(1);
    }
  });

  test('a wrong password leads back to the setup screen with the reason', async () => {
    const ana = await register('ana', 'ana', SMALL);
    ana.type('/quit\r');
    await ana.exited;
    const again = open('elsewhere', ['--user', 'ana'], SMALL, { NATTER_PASSWORD: 'not the password' });
    await again.waitFor('! ');
    expect(again.text()).toContain('Password');
    // The server may not tell which of the two it is, so the sentence has a way out for each.
    expect(again.text().toLowerCase()).toMatch(/wrong.*register/s);
  });
});

test('"Try it here" lands in the lobby of a server on this machine', async () => {
  const client = openChat(['--data', join(folder, 'here')], { ...SMALL, env: { USER: 'mia' } });
  clients.push(client);
  await client.waitFor('Try it here');
  client.type('\r');
  await client.waitFor('mia >');
  client.type('hello\r');
  await client.waitFor('ok');
  client.type('\x03\x03');
  expect((await client.exited).exitCode).toBe(0);
  expect(client.state()).toEqual(RESTORED);
});
