import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Server, type ServerOptions, startServer } from '#natter/actors/server/server.js';

const ANY = { host: '127.0.0.1', port: 0 };
let data: string;
let servers: Server[];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'natter-server-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop(5_000);
  rmSync(data, { recursive: true, force: true });
});

async function start(options: Partial<ServerOptions> = {}): Promise<Server> {
  const server = await startServer({ data, listen: ANY, log: 'silent', workers: 2, ...options });
  servers.push(server);
  return server;
}

it('keeps its key and its lobby from one start to the next', async () => {
  const first = await start();
  const { key } = first;
  await first.stop(5_000);
  expect((await start()).key).toBe(key);
});

it('says who owns a folder that is in use, and frees it when it stops', async () => {
  const first = await start();
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_LOCKED',
    message: expect.stringContaining(`${process.pid}`),
  });
  await first.stop(5_000);
  await start();
});

it('says that a port is taken, and leaves nothing behind', async () => {
  const { port } = await start();
  const other = join(data, '..', `${data.split('/').at(-1)}-other`);
  const listen = { host: '127.0.0.1', port };
  try {
    await expect(start({ data: other, listen })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    await start({ data: other });
  } finally {
    await servers.at(-1)?.stop(5_000);
    rmSync(other, { recursive: true, force: true });
  }
});

it('names the damaged registry and writes nothing over it', async () => {
  await (await start()).stop(5_000);
  const path = join(data, 'server', 'registry.json');
  writeFileSync(path, '{"natter": "registry"');
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    message: expect.stringContaining(path),
  });
});

it('reads limits.json, and names an entry that it does not know', async () => {
  await (await start()).stop(5_000);
  const path = join(data, 'server', 'limits.json');
  writeFileSync(path, '{"postsPerS": 5}');
  await (await start()).stop(5_000);
  writeFileSync(path, '{"postPerS": 5}');
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    message: expect.stringMatching(/limits\.json.*postPerS/s),
  });
});

it('serves metrics and health while it lives', async () => {
  const server = await start({ metrics: ANY });
  const at = `http://127.0.0.1:${server.metricsAt?.port}`;
  const health = await fetch(`${at}/health`);
  expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  const metrics = await (await fetch(`${at}/metrics`)).text();
  for (const name of [
    'natter_sessions 0',
    'natter_rooms 0',
    'natter_mailbox_depth{thread="core-1"} 0',
    'natter_io_deliveries 0',
    'natter_io_dropped 0',
    'natter_loop_delay_p99_ms{thread="io"}',
  ])
    expect(metrics).toContain(name);
  expect((await fetch(`${at}/elsewhere`)).status).toBe(404);
  await server.stop(5_000);
  await expect(fetch(`${at}/health`)).rejects.toThrow();
});
