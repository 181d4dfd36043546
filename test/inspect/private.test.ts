/** Whatever people say, and what keeps it theirs, stays within the process though everything is looked at. Needs dist. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from '#natter/actors/client/client.js';
import type { RingSight } from '#natter/actors/inspect/frames.js';
import { openRing } from '#natter/actors/ring-client/open.js';
import type { Ring } from '#natter/actors/ring-client/options.js';
import { startServer } from '#natter/actors/server/server.js';
import type { ClientEvent } from '#natter/chat/events.js';
import { temporaryFolder } from '../support/natter.js';
import { Onlooker } from '../support/onlooker.js';

const PASSWORD = 'Correct-Horse-7351';
const WORDS = [
  'my-secret-words',
  'whispered-to-you',
  'room-of-secrets',
  'a-topic-of-ours',
  'private-file-name',
];
const CHUNK_BYTES = 24;

let folder: ReturnType<typeof temporaryFolder>;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  folder.remove();
});

/** Keeps what was told, and wakes whoever waits for it. */
class Ears {
  readonly events: ClientEvent[] = [];
  #wake: () => void = () => undefined;

  readonly take = (events: ClientEvent[]): void => {
    this.events.push(...events);
    this.#wake();
  };

  async until(holds: (event: ClientEvent) => boolean): Promise<void> {
    while (!this.events.some(holds)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  heard(text: string): Promise<void> {
    return this.until((event) => event.event === 'message' && event.message.text === text);
  }
}

/** Every file below that may hold a key, in the encodings that a slip could give it. */
function keysBelow(path: string): string[] {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => /key|identity|device|secret|opaque/i.test(file) && statSync(file).isFile());
  return files.flatMap((file) => {
    const bytes = readFileSync(file);
    return [
      bytes.toString('hex'),
      bytes.toString('base64url'),
      bytes.toString('base64'),
      bytes.toString('latin1'),
    ]
      .map((text) => text.slice(0, CHUNK_BYTES))
      .filter((text) => text.length === CHUNK_BYTES);
  });
}

describe('an inspector that looks at everything', () => {
  it('of a server and its client sees states, sizes and names of messages, and nothing that anybody said', async () => {
    const server = await startServer({
      data: join(folder.path, 'server'),
      listen: { host: '127.0.0.1', port: 0 },
      workers: 2,
      log: 'silent',
    });
    closing.push(() => server.stop(3_000));
    const ears = new Ears();
    const data = join(folder.path, 'ana');
    const at = `127.0.0.1:${server.port}`;
    const client = await openClient({ data, server: at, threaded: true, onEvent: ears.take });
    closing.push(() => client.close());
    const bo = await openClient({
      data: join(folder.path, 'bo'),
      server: at,
      threaded: false,
      onEvent: () => undefined,
    });
    closing.push(() => bo.close());
    await bo.login(at, { user: 'bo', password: PASSWORD, register: true, remember: false });
    const onlooker = new Onlooker(server.inspectable, ...(client.inspectable ? [client.inspectable] : []));
    closing.push(() => onlooker.close());
    // From here on whatever bo's session does is seen, however slow the machine is.
    await onlooker.frame(({ detail }) => detail?.row.machine === 'session');

    await client.login(at, { user: 'ana', password: PASSWORD, register: true, remember: true });
    const [words = '', whisper = '', room = '', topic = '', name = ''] = WORDS;
    await client.join(`#${room}`);
    await client.topic(`#${room}`, topic);
    await client.say(`#${room}`, words, 'text');
    await bo.say('@ana', whisper, 'text');
    await ears.heard(words);
    await ears.heard(whisper);
    const path = join(folder.path, `${name}.bin`);
    writeFileSync(path, createHash('sha256').update('seed').digest());
    await client.sendFile(`#${room}`, path);
    await ears.until((event) => event.event === 'transfer' && event.transfer.state === 'done');
    await server.system.kill('core-1');

    await onlooker.frame(({ mishaps }) => mishaps?.some(({ kind }) => kind === 'thread back') === true);
    await onlooker.frame(
      ({ events }) => events?.some((each) => each.kind === 'in' && each.name === 'Frame') === true,
    );
    await bo.close();
    await onlooker.frame(
      ({ events }) => events?.some(({ edges }) => edges.some((id) => id.startsWith('session.'))) === true,
    );
    const machines = new Set(
      onlooker.frames.flatMap(({ actors = [] }) => actors.map(({ machine }) => machine)),
    );
    for (const machine of [
      'session',
      'room',
      'transfer',
      'presence',
      'client-session',
      'client-registration',
    ])
      expect(machines).toContain(machine);
    const threads = new Set(onlooker.frames.flatMap(({ actors = [] }) => actors.map(({ thread }) => thread)));
    expect([...threads].sort()).toEqual(['client', 'core-0', 'core-1', 'files', 'io', 'store']);

    const secrets = [...WORDS, PASSWORD, ...keysBelow(folder.path)];
    expect(secrets.length).toBeGreaterThan(WORDS.length + 1);
    expect(secrets.filter((secret) => onlooker.text.includes(secret))).toEqual([]);
  }, 30_000);

  it('of a ring sees its links and its drawing, and nothing that anybody said', async () => {
    const open = async (nick: string, near: Ring | undefined, ears: Ears): Promise<Ring> => {
      const ring = await openRing({
        data: join(folder.path, nick),
        ...{ community: 'lilacs', nick, interests: [], lan: false, onEvent: ears.take },
        listen: { host: '127.0.0.1', port: 0 },
        peers: near === undefined ? [] : [{ host: near.host, port: near.port }],
      });
      closing.push(() => ring.close());
      return ring;
    };
    const [first, second] = [new Ears(), new Ears()];
    const ana = await open('ana', undefined, first);
    const onlooker = new Onlooker(ana.inspectable);
    closing.push(() => onlooker.close());
    const bo = await open('bo', ana, second);
    await second.until((event) => event.event === 'ring' && event.peers === 1);
    const [words = '', whisper = ''] = WORDS;
    await bo.say('#lobby', words, 'text');
    await bo.say('@ana', whisper, 'text');
    await first.heard(words);
    await first.heard(whisper);
    await onlooker.frame(
      ({ actors }) => actors?.some(({ machine, state }) => machine === 'link' && state === 'live') === true,
    );
    const isLinked = ({ dots }: RingSight) =>
      dots.some(({ link, role }) => link === 'live' && role === 'both');
    const seen = await onlooker.frame(({ rings = [] }) =>
      rings.some(({ sight }) => sight && isLinked(sight)),
    );
    expect(seen.rings).toMatchObject([
      {
        ...{ thread: 'core', name: 'lilacs' },
        sight: { self: { key: ana.key, name: 'ana', role: 'self' }, dots: [{ key: bo.key, name: 'bo' }] },
      },
    ]);
    const before = onlooker.frames.length;
    await bo.close();
    // Whoever leaves is gone, and nothing has broken.
    await onlooker.frame(
      (frame) => onlooker.frames.indexOf(frame) >= before && frame.rings?.[0]?.sight?.dots.length === 0,
    );
    const secrets = [...WORDS, ...keysBelow(folder.path)];
    expect(secrets.length).toBeGreaterThan(WORDS.length);
    expect(secrets.filter((secret) => onlooker.text.includes(secret))).toEqual([]);
  }, 30_000);
});
