import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ChatParts, run as chat } from '../../src/ui/commands/chat.js';
import { FakeConsole } from '../support/fake-console.js';
import {
  type FakeClient,
  type FakeWorld,
  fakeOpen,
  fakeWorld,
  transferOf,
} from '../support/script-client.js';

let world: FakeWorld;
let console: FakeConsole;
let running: Promise<number>;
const PRIVATE = {
  direction: 'in',
  room: '@bo',
  from: 'bo',
  to: 'ana',
  name: 'photo.png',
  size: 4_000_000,
  type: 'image/png',
} as const;

beforeEach(() => {
  world = fakeWorld();
  console = new FakeConsole();
});

async function start(): Promise<FakeClient> {
  const parts: ChatParts = {
    ring: async () => {
      throw new Error('no ring here');
    },
    open: (options) =>
      fakeOpen(world)({ ...options, onEvent: (events) => setImmediate(() => options.onEvent(events)) }),
    here: async () => ({ server: '', stop: async () => undefined }),
    joined: async () => undefined,
    last: async () => ({}),
  };
  running = chat({ server: '127.0.0.1:7777', user: 'ana', plain: true }, [], console, parts);
  await console.until('You are ana');
  const [client] = world.clients;
  if (client === undefined) throw new Error('There is no client.');
  return client;
}

async function end(text = ''): Promise<void> {
  console.end(text);
  expect(await running).toBe(0);
}

test('an offer is a line with the commands that answer it', async () => {
  const client = await start();
  client.tell('f1', 'offered', PRIVATE);
  await console.until('bo offers photo.png (4.0 MB, image/png). /accept 1 takes it');
  await end('/accept\n/reject photo\n/trust bo\n');
  const asked = world.calls.filter((call) => call.includes('File') || call.startsWith('trust'));
  expect(asked).toEqual(['acceptFile f1', 'rejectFile f1', 'trust bo true']);
});

test('what was offered before the start is told at the start', async () => {
  world.offered.push(transferOf('f1', 'offered', PRIVATE));
  await start();
  await console.until('bo offers photo.png');
  await end();
});

test('progress is at most one line for every tenth, the end says where the file is', async () => {
  const client = await start();
  for (let part = 0; part <= 1_000; part++)
    client.tell('f1', 'running', { ...PRIVATE, bytes: part * 4_000, rate: 1e6 });
  client.tell('f1', 'done', { ...PRIVATE, bytes: 4_000_000, path: '/home/ana/Downloads/photo.png' });
  await console.until('photo.png from bo is here: /home/ana/Downloads/photo.png');
  expect(console.err.match(/photo\.png from bo: \d+%/g)?.length).toBeLessThanOrEqual(11);
  expect(console.err).toContain('photo.png from bo: 50%, 1.0 MB/s, 0:02 left.');
  await end();
});

test('/files lists them, /send sends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'natter-plain-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'first\nsecond\x1b[2J\n');
  const client = await start();
  client.tell('f1', 'done', { ...PRIVATE, name: 'notes.txt', size: 12, path });
  await console.until('notes.txt from bo is here');
  await end(`/files\n/send ${path}\n/pause 1\n`);
  expect(console.out).toContain('1  notes.txt (12 B) from bo: received');
  expect(world.calls).toContain(`sendFile #lobby ${path}`);
  expect(console.err).toContain('There is nothing to pause about notes.txt now.');
});

test('a name of control characters poses as no line', async () => {
  const client = await start();
  client.tell('f1', 'offered', { ...PRIVATE, name: 'a\n#lobby 12:00 ana: fake\x1b[2J' });
  await console.until('bo offers');
  await end('/files\n');
  expect(console.out + console.err).not.toContain('\x1b');
  expect(console.err).not.toMatch(/^#lobby 12:00/m);
  expect(console.out).not.toMatch(/^#lobby 12:00/m);
});

test('what one sends oneself is said without a hint to fetch it, and has no rate before it moves', async () => {
  const client = await start();
  const file = { id: 'f1', name: 'big.iso', size: 4_000_000, type: 'application/octet-stream' };
  const at = 1_795_353_000_000;
  const said = { room: '#lobby', seq: 1, id: 'x1', from: 'ana', text: 'big.iso', at, mine: true } as const;
  const message = { ...said, kind: 'file', delivery: 'ok', file } as const;
  client.emit({ event: 'message', message, history: false });
  const out = { direction: 'out', room: '#lobby', from: 'ana', to: '#lobby', ...file } as const;
  client.tell('f1', 'running', { ...out, bytes: 0, rate: 0 });
  await console.until('big.iso to #lobby: 0%.');
  await end();
  expect(console.out).toMatch(/^#lobby \d\d:\d\d ana: big\.iso \(4\.0 MB\)$/m);
});
