import { describe, expect, it } from 'vitest';
import { EntryKind, EventKind, FileAnswer, FileState, Operation } from '../../src/chat/operations.js';
import { FileEntryBody } from '../../src/chat/schemas.js';
import { decodeBody } from '../../src/chat/wire.js';
import { Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec } from '../../src/net/entry.js';
import { pushCodec } from '../../src/net/talk.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import { fileEvents, HASH, held, offered, offerOf } from '../support/offered-files.js';

const LOBBY = 1;
/** The files whose entries were pushed to a client. */
function pushedFiles(client: TestClient, log: number) {
  return client
    .all(FrameType.Push, pushCodec)
    .filter((push) => push.log === log)
    .map(({ entry }) => entryCodec.decode(new Reader(entry)))
    .filter(({ kind }) => kind === EntryKind.File)
    .map(({ author, body }) => ({ author, ...decodeBody(FileEntryBody, body) }));
}

async function two(options = {}): Promise<{ server: TestServer; ada: TestClient; ben: TestClient }> {
  const server = new TestServer(options);
  return { server, ada: await server.register('ada'), ben: await server.register('ben') };
}

async function garden(...clients: TestClient[]): Promise<number> {
  let l = 0;
  for (const client of clients) l = Number((await client.do(Operation.Join, { n: 'garden' })).l);
  return l;
}

describe('an offer', () => {
  it('posts an entry that says what the file is, in the lobby, a room and a private conversation', async () => {
    const { server, ada, ben } = await two();
    const room = await garden(ada, ben);
    const direct = Number((await ada.do(Operation.Direct, { n: 'ben' })).l);
    for (const l of [LOBBY, room, direct]) {
      const offer = offerOf(l);
      const { f, q } = await ada.do(Operation.Offer, offer);
      expect(q).toBe(1);
      await server.settle();
      expect(pushedFiles(ben, l)).toEqual([
        { author: 'ada', f, i: offer.i, n: 'cat.png', s: 100_000, t: 'image/png' },
      ]);
    }
  });

  it('is one file and one entry however often it comes', async () => {
    const { server, ada, ben } = await two();
    const offer = offerOf(LOBBY);
    const first = await ada.do(Operation.Offer, offer);
    expect(await ada.do(Operation.Offer, offer)).toEqual(first);
    await server.settle();
    expect(pushedFiles(ben, LOBBY)).toHaveLength(1);
    expect(server.blobs.rows.size).toBe(1);
  });

  it('has its entry made good when the store did not take it at first', async () => {
    const { server, ada, ben } = await two();
    server.logs.full = true;
    const offer = offerOf(LOBBY);
    expect(await ada.refused(Operation.Offer, offer)).toBe('DISK_FULL');
    server.logs.full = false;
    await ada.do(Operation.Offer, offer);
    expect(pushedFiles(ben, LOBBY)).toHaveLength(1);
    expect(server.blobs.rows.size).toBe(1);
  });

  it('gets a safe name and a media type that is one', async () => {
    const { ada, ben } = await two();
    await offered(ada, LOBBY, { n: '../../etc/\u202epasswd\u0000', t: 'text/html; <script>' });
    const [file] = pushedFiles(ben, LOBBY);
    expect(file?.n).toBe('passwd');
    expect(file?.t).toBe('application/octet-stream');
  });

  it('is refused to who is not in the conversation, for a file that is too large, and when there are too many', async () => {
    const { ada, ben } = await two({ limits: { offersBurst: 2, fileBytesMax: 1000 } });
    const room = await garden(ada);
    expect(await ben.refused(Operation.Offer, offerOf(room))).toBe('NOT_A_MEMBER');
    expect(await ada.refused(Operation.Offer, offerOf(room, { s: 1001 }))).toBe('FILE_TOO_LARGE');
    for (let i = 0; i < 2; i++) await offered(ada, room, { s: 1000 });
    expect(await ada.refused(Operation.Offer, offerOf(room, { s: 0 }))).toBe('RATE_LIMITED');
  });

  it('of a file that was offered elsewhere is refused', async () => {
    const { ada } = await two();
    const room = await garden(ada);
    const offer = offerOf(LOBBY);
    await ada.do(Operation.Offer, offer);
    expect(await ada.refused(Operation.Offer, { ...offer, l: room })).toBe('BAD_ARGUMENT');
  });
});

describe('an upload', () => {
  it('goes from waiting to held, and its owner hears of it', async () => {
    const { server, ada, ben } = await two();
    const f = await offered(ada, LOBBY);
    expect(await ada.do(Operation.Upload, { f })).toEqual({ b: 0 });
    expect(server.blobs.openOf(f)).toEqual([`${ada.conn} up`]);
    expect(await ada.do(Operation.Finish, { f, h: HASH })).toEqual({ s: FileState.Uploading });
    server.blobs.complete(f);
    await server.settle();
    expect(await ada.do(Operation.Finish, { f, h: HASH })).toEqual({ s: FileState.Held });
    const states = fileEvents(ada).map(({ s }) => s);
    expect(states.at(0)).toBe(FileState.Uploading);
    expect(states.at(-1)).toBe(FileState.Held);
    expect(fileEvents(ada).at(-1)).toEqual({ f, l: LOBBY, s: FileState.Held, h: HASH });
    expect(fileEvents(ben)).toEqual([]);
  });

  it('waits for the hash when every chunk is here first', async () => {
    const { server, ada } = await two();
    const f = await offered(ada, LOBBY);
    await ada.do(Operation.Upload, { f });
    server.blobs.complete(f);
    await server.settle();
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Verifying });
    expect(await ada.do(Operation.Finish, { f, h: HASH })).toEqual({ s: FileState.Verifying });
    await server.settle();
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('is for its owner only, and another of their connections takes it over', async () => {
    const { server, ada, ben } = await two();
    const f = await offered(ada, LOBBY);
    expect(await ben.refused(Operation.Upload, { f })).toBe('NOT_ALLOWED');
    expect(await ben.refused(Operation.Finish, { f, h: HASH })).toBe('NOT_ALLOWED');
    expect(await ben.refused(Operation.Withdraw, { f })).toBe('NOT_ALLOWED');
    await ada.do(Operation.Upload, { f });
    const other = await server.connect();
    await other.login('ada');
    await other.do(Operation.Upload, { f });
    expect(server.blobs.openOf(f)).toEqual([`${other.conn} up`]);
    server.io.close(ada.conn);
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([`${other.conn} up`]);
  });

  it('waits when its sender closes it, is gone, or leaves the room, and goes on when they are back', async () => {
    const { server, ada } = await two();
    const room = await garden(ada);
    const f = await offered(ada, room);
    await ada.do(Operation.Upload, { f });
    await ada.do(Operation.FileClose, { f, u: true });
    expect(server.blobs.openOf(f)).toEqual([]);
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Waiting });
    await ada.do(Operation.Upload, { f });
    await ada.do(Operation.Leave, { l: room });
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([]);
    expect(await ada.refused(Operation.Upload, { f })).toBe('NOT_A_MEMBER');
    await garden(ada);
    await ada.do(Operation.Upload, { f });
    server.io.close(ada.conn);
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([]);
  });

  it('says why it stands still, and can be begun again', async () => {
    const { server, ada } = await two();
    const f = await offered(ada, LOBBY);
    await ada.do(Operation.Upload, { f });
    server.blobs.halted(f, 'DISK_FULL');
    await server.settle();
    expect(fileEvents(ada).at(-1)).toEqual({ f, l: LOBBY, s: FileState.Waiting, r: 'DISK_FULL' });
    expect(server.blobs.openOf(f)).toEqual([]);
    await ada.do(Operation.Upload, { f });
    expect(server.blobs.openOf(f)).toEqual([`${ada.conn} up`]);
  });
});

describe('a download', () => {
  it('may begin while the upload runs, and tells the hash once the file is held', async () => {
    const { server, ada, ben } = await two();
    const f = await offered(ada, LOBBY);
    expect(await ben.do(Operation.Download, { f })).toEqual({ s: FileState.Waiting, z: 100_000 });
    expect(server.blobs.openOf(f)).toEqual([`${ben.conn} down`]);
    await ada.do(Operation.Upload, { f });
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.settle();
    expect(fileEvents(ben).at(-1)).toEqual({ f, l: LOBBY, s: FileState.Held, h: HASH });
    expect(await ben.do(Operation.Download, { f })).toEqual({ s: FileState.Held, z: 100_000, h: HASH });
    await ben.do(Operation.FileClose, { f, u: false });
    expect(server.blobs.openOf(f)).toEqual([]);
  });

  it('is for members only, and ends when one leaves, logs out or is gone', async () => {
    const { server, ada, ben } = await two();
    const room = await garden(ada);
    const f = await held(ada, room);
    expect(await ben.refused(Operation.Download, { f })).toBe('NOT_A_MEMBER');
    expect(await ben.refused(Operation.Answer, { f, s: FileAnswer.Done })).toBe('NOT_A_MEMBER');
    await garden(ben);
    await ben.do(Operation.Download, { f });
    await ben.do(Operation.Leave, { l: room });
    expect(server.blobs.openOf(f)).toEqual([]);
    await garden(ben);
    await ben.do(Operation.Download, { f });
    await ben.do(Operation.Logout, {});
    expect(server.blobs.openOf(f)).toEqual([]);
    expect(ben.connection?.identity).toHaveLength(0);
    await ben.login('ben');
    await ben.do(Operation.Download, { f });
    server.io.close(ben.conn);
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([]);
  });

  it('ends on every device when the account leaves on one', async () => {
    const { server, ada, ben } = await two();
    const room = await garden(ada, ben);
    const f = await held(ada, room);
    const other = await server.connect();
    await other.login('ben');
    await other.do(Operation.Download, { f });
    await ben.do(Operation.Leave, { l: room });
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([]);
  });

  it('of what there is not is refused', async () => {
    const { ada } = await two();
    expect(await ada.refused(Operation.Download, { f: 99 })).toBe('NO_SUCH_FILE');
    expect(await ada.refused(Operation.Download, { f: 2 ** 52 })).toBe('NO_SUCH_FILE');
  });
});

describe('a file', () => {
  it('that is withdrawn is gone for whoever reads it, and for good', async () => {
    const { server, ada, ben } = await two();
    const f = await held(ada, LOBBY);
    await ben.do(Operation.Download, { f });
    await ada.do(Operation.Withdraw, { f });
    await ada.do(Operation.Withdraw, { f });
    await server.settle();
    expect(fileEvents(ben)).toEqual([{ f, l: LOBBY, s: FileState.Gone, r: 'FILE_WITHDRAWN' }]);
    expect(server.blobs.openOf(f)).toEqual([]);
    expect(await ben.refused(Operation.Download, { f })).toBe('FILE_WITHDRAWN');
    expect(await ada.refused(Operation.Upload, { f })).toBe('FILE_WITHDRAWN');
  });

  it('that expires while somebody waits for it is gone for them', async () => {
    const { server, ada, ben } = await two();
    const f = await offered(ada, LOBBY);
    await ben.do(Operation.Download, { f });
    server.blobs.gone(f, 'FILE_EXPIRED');
    await server.settle();
    for (const client of [ada, ben])
      expect(fileEvents(client).at(-1)).toEqual({ f, l: LOBBY, s: FileState.Gone, r: 'FILE_EXPIRED' });
  });

  it('is answered once in a private conversation: its owner hears of it, and the log says it', async () => {
    const { server, ada, ben } = await two();
    const l = Number((await ada.do(Operation.Direct, { n: 'ben' })).l);
    const f = await held(ada, l);
    expect(fileEvents(ben).at(-1)).toMatchObject({ f, s: FileState.Held });
    const other = await server.connect();
    await other.login('ben');
    await server.settle();
    await ben.do(Operation.Answer, { f, s: FileAnswer.Accepted });
    for (let i = 0; i < 2; i++) await ben.do(Operation.Answer, { f, s: FileAnswer.Done });
    await server.settle();
    expect(ada.pushed(l).filter((said) => said.startsWith('ben'))).toEqual(['ben: received cat.png']);
    const answers = (client: TestClient) =>
      client
        .events()
        .filter(({ event }) => event === EventKind.Answer)
        .map(({ body }) => body);
    expect(answers(ada)).toContainEqual({ f, l, n: 'ben', s: FileAnswer.Accepted });
    expect(answers(other)).toContainEqual({ f, l, n: 'ben', s: FileAnswer.Done });
    expect(answers(ben)).toEqual([]);
    expect(await ada.refused(Operation.Answer, { f, s: FileAnswer.Done })).toBe('NOT_ALLOWED');
  });

  it('that is rejected says so in the log', async () => {
    const { server, ada, ben } = await two();
    const l = Number((await ada.do(Operation.Direct, { n: 'ben' })).l);
    const f = await offered(ada, l);
    await ben.do(Operation.Answer, { f, s: FileAnswer.Rejected });
    await server.settle();
    expect(ada.pushed(l).at(-1)).toBe('ben: declined cat.png');
    expect(await ben.refused(Operation.Answer, { f, s: FileAnswer.None })).toBe('BAD_ARGUMENT');
  });

  it('is listed in its conversation, and offered until it is answered', async () => {
    const { ada, ben } = await two();
    const room = await garden(ada);
    const inLobby = await offered(ada, LOBBY);
    const inRoom = await offered(ada, room);
    const { f: listed } = await ada.do(Operation.Files, { l: room, b: 0 });
    expect(listed).toMatchObject([{ f: inRoom, l: room, o: 'ada', n: 'cat.png', st: 0, b: 0, a: 0 }]);
    expect(await ben.refused(Operation.Files, { l: room, b: 0 })).toBe('NOT_A_MEMBER');
    expect((await ben.do(Operation.Offers, { a: 0 })).f).toMatchObject([{ f: inLobby }]);
    await ben.do(Operation.Answer, { f: inLobby, s: FileAnswer.Rejected });
    expect((await ben.do(Operation.Offers, { a: 0 })).f).toEqual([]);
    expect((await ada.do(Operation.Offers, { a: 0 })).f).toEqual([]);
  });
});
