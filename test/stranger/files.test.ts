/** The files of docs/PROTOCOL.md: the stranger sends and fetches, with itself and with the real program. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../support/files.js';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';
import { Client, type Conversation, chunksOf, type Entry, Files, keyPair } from './index.mjs';

const PASSWORD = 'correct horse battery';

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(`${folder.path}/server`);
});

afterAll(async () => {
  server.run.kill();
  await server.run.exit;
  folder.remove();
});

async function connect(name: string): Promise<{ client: Client; files: Files }> {
  const client = await Client.connect({ host: '127.0.0.1', port: server.port, own: keyPair() });
  await client.register(name, PASSWORD);
  return { client, files: new Files(client) };
}

/** The next entry of kind 4 that somebody else offers. */
async function offered(client: Client): Promise<Entry> {
  for (;;) {
    const [, entry] = (await once(client, 'entry')) as [Conversation, Entry];
    if (entry.kind === 4) return entry;
  }
}

describe('files of a client written from docs/PROTOCOL.md', () => {
  it('go to another stranger while they are still sent, whatever their size', async () => {
    const [one, two] = [await connect('giver'), await connect('taker')];
    const room = await one.client.join('stall');
    await two.client.join('stall');
    for (const size of [0, 1, 65_536, 65_537, 1_000_000]) {
      const bytes = randomBytes(size, size + 1);
      const offer = offered(two.client);
      const sending = one.files.send(room, `of ${size}.bin`, bytes);
      const { author, text, file } = await offer;
      expect({ author, text, file }).toMatchObject({
        author: 'giver',
        text: `of ${size}.bin`,
        file: { n: `of ${size}.bin`, s: size, t: 'application/octet-stream' },
      });
      const got = await two.files.receive(file?.f ?? 0);
      expect(got.equals(bytes)).toBe(true);
      expect(await sending).toBe(file?.f);
      expect(two.files.counts.wrong).toBe(0);
    }
    const chunks = [0, 1, 65_536, 65_537, 1_000_000].reduce((sum, size) => sum + chunksOf(size), 0);
    expect(one.files.counts).toMatchObject({ supplied: chunks, wantedAgain: 0 });
    expect(two.files.counts.received).toBe(chunks);
    await Promise.all([one.client.close(), two.client.close()]);
  });

  it('are taken by the real program, and its files by the stranger', async () => {
    const data = `${folder.path}/native`;
    await register(server.server, 'native', data);
    const to = ['--server', server.server, '--user', 'native', '--data', data, '--json'];
    const { client, files } = await connect('foreign');
    const direct = await client.direct('native');

    const bytes = randomBytes(300_000, 5);
    const into = `${folder.path}/downloads`;
    mkdirSync(into);
    const get = new Natter(['get', ...to, '--into', into, '--from', 'foreign', '--once'], { input: '' });
    await get.first('ready');
    const number = await files.send(direct, 'from afar.bin', bytes);
    expect(await get.exit, get.stderr).toBe(0);
    expect(readFileSync(`${into}/from afar.bin`).equals(bytes)).toBe(true);
    expect(number).toBeGreaterThan(0);

    const own = randomBytes(200_000, 6);
    writeFileSync(`${folder.path}/native.bin`, own);
    const offer = offered(client);
    const put = new Natter(['put', ...to, '--to', '@foreign', `${folder.path}/native.bin`], { input: '' });
    const { file } = await offer;
    expect((await files.receive(file?.f ?? 0)).equals(own)).toBe(true);
    expect(await put.exit, put.stderr).toBe(0);
    await client.close();
  });

  it('are refused to whoever is not in the conversation, and once they are withdrawn', async () => {
    const [one, two, three] = [await connect('owner'), await connect('friend'), await connect('nosy')];
    const direct = await one.client.direct('friend');
    const bytes = randomBytes(70_000, 7);
    const file = await one.files.send(direct, 'secret.bin', bytes);
    await expect(three.files.open(file)).rejects.toMatchObject({
      code: expect.stringMatching(/^NO(T_A_MEMBER|_SUCH_FILE)$/),
    });
    await expect(three.files.withdraw(file)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(two.files.withdraw(file)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(two.files.upload(file, bytes)).rejects.toMatchObject({ code: expect.any(String) });
    expect((await two.files.receive(file)).equals(bytes)).toBe(true);
    await one.files.withdraw(file);
    await expect(two.files.open(file)).rejects.toMatchObject({ code: 'FILE_WITHDRAWN' });
    await Promise.all([one, two, three].map(({ client }) => client.close()));
  });
});
