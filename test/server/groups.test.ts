import { expect, it } from 'vitest';
import { registrySchema } from '../../src/actors/registry/snapshot.js';
import { RegistryState } from '../../src/actors/registry/state.js';
import { cellOf } from '../../src/chat/geo.js';
import { EventKind, GoneReason, Operation } from '../../src/chat/operations.js';
import { CloseCode } from '../../src/net/types.js';
import { type TestClient, TestServer } from '../support/chat-server.js';

const VIENNA = cellOf(48.2, 16.37);
/** 50 km from Vienna. */
const BRATISLAVA = cellOf(48.15, 17.1);
const GRAZ = cellOf(47.07, 15.43);
const LINGER_MS = 10 * 60 * 1000;

/** Conversations that came and went by themselves, since so many events. */
function appeared(client: TestClient): unknown[] {
  return client
    .events()
    .filter(({ event }) => event === EventKind.Conversation)
    .map(({ body }) => body.l);
}

function gone(client: TestClient): unknown[] {
  return client
    .events()
    .filter(({ event }) => event === EventKind.ConversationGone)
    .map(({ body }) => body);
}

async function at(client: TestClient, c: string): Promise<void> {
  await client.do(Operation.Here, { c });
  await client.server.settle();
}

async function members(client: TestClient, l: unknown): Promise<unknown[]> {
  return ((await client.do(Operation.Who, { l, a: '' })).u as { n: string }[]).map(({ n }) => n);
}

it('enrols those who are near in the group that somebody founds, and nobody else', async () => {
  const server = new TestServer();
  const [ada, ben, cleo, dan] = await people(server, 'ada', 'ben', 'cleo', 'dan');
  await at(ada, VIENNA);
  await at(ben, BRATISLAVA);
  await at(cleo, GRAZ);
  const group = await ada.do(Operation.Near, { k: 60 });
  await server.settle();
  expect(group).toMatchObject({ k: 4, n: 'ada', r: 60 });
  expect(appeared(ben)).toEqual([group.l]);
  for (const outside of [cleo, dan]) {
    expect(appeared(outside)).toEqual([]);
    expect(await outside.refused(Operation.Who, { l: group.l, a: '' })).toBe('NOT_A_MEMBER');
  }
  expect(await members(ada, group.l)).toEqual(['ada', 'ben']);
  ben.post(Number(group.l), 1, 'servus');
  await server.settle();
  expect(ada.pushed(Number(group.l))).toEqual(['ben: servus']);
  expect(server.errors).toEqual([]);
});

it('lets people in as they come near and out as they go', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  const { l } = await ada.do(Operation.Near, { k: 60 });
  await at(ben, GRAZ);
  expect(appeared(ben)).toEqual([]);
  await at(ben, BRATISLAVA);
  expect(appeared(ben)).toEqual([l]);
  await at(ben, GRAZ);
  expect(gone(ben)).toEqual([{ l, r: GoneReason.Moved }]);
  ada.post(Number(l), 1, 'still there?');
  await server.settle();
  expect(ben.pushed(Number(l))).toEqual([]);
  await at(ben, BRATISLAVA);
  await at(ben, '');
  expect(gone(ben)).toHaveLength(2);
  expect(await members(ada, l)).toEqual(['ada']);
});

it('dismantles the group one founded when one founds another, and tells those who were in it', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  await at(ben, BRATISLAVA);
  const first = await ada.do(Operation.Near, { k: 60 });
  await server.settle();
  const second = await ada.do(Operation.Near, { k: 10 });
  await server.settle();
  expect(second.l).not.toBe(first.l);
  expect(gone(ben)).toEqual([{ l: first.l, r: GoneReason.Dismantled }]);
  expect(await ben.refused(Operation.Who, { l: first.l, a: '' })).toBe('NOT_A_MEMBER');
  const fetched = ben.fetch(Number(first.l), 0);
  await server.settle();
  expect(ben.refusals().get(fetched)).toBe('NOT_A_MEMBER');
  const again = await ada.do(Operation.Near, { k: 10 });
  expect(again.l).toBe(second.l);
});

it('keeps a group while its founder is cut off, and everybody in it through a restart and a reconnect', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  await at(ben, BRATISLAVA);
  const { l } = await ada.do(Operation.Near, { k: 60 });
  await server.settle();
  server.io.close(ada.conn, CloseCode.Silent);
  await server.system.advance(LINGER_MS / 2);
  expect(await members(ben, l)).toEqual(['ada', 'ben']);
  await server.system.advance(LINGER_MS);
  expect(await members(ben, l)).toEqual(['ben']);
  const back = await server.connect(ada.key);
  const { c } = (await back.login('ada')).body as { c: { l: number }[] };
  expect(c.map((each) => each.l)).not.toContain(l);
  await at(back, VIENNA);
  expect(appeared(back)).toEqual([l]);
  server.system.kill('core-0');
  server.system.kill('core-1');
  server.system.respawn('core-0');
  server.system.respawn('core-1');
  await server.system.advance(2 * LINGER_MS);
  expect(await members(back, l)).toEqual(['ada', 'ben']);
  back.post(Number(l), 1, 'here again');
  await server.settle();
  expect(ben.pushed(Number(l))).toContain('ada: here again');
});

it('forgets where somebody was soon after they said goodbye, but not while they change connections', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  await at(ben, VIENNA);
  const { l } = await ada.do(Operation.Near, { k: 60 });
  const again = await server.connect(ben.key);
  await again.login('ben');
  server.io.close(ben.conn);
  await server.system.advance(1_000);
  await at(again, VIENNA);
  await server.system.advance(10_000);
  expect(gone(again)).toEqual([]);
  server.io.close(again.conn);
  await server.system.advance(10_000);
  expect(await members(ada, l)).toEqual(['ada']);
});

it('lets whoever left a group stay out of it until they ask for it again', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  await at(ben, VIENNA);
  const { l } = await ada.do(Operation.Near, { k: 60 });
  await server.settle();
  await ben.do(Operation.Leave, { l });
  await at(ben, GRAZ);
  await at(ben, VIENNA);
  expect(await members(ada, l)).toEqual(['ada']);
  expect((await ben.do(Operation.Join, { n: '~ada' })).l).toBe(l);
  expect(await members(ada, l)).toEqual(['ada', 'ben']);
});

it('refuses groups to who says nothing of a place, is too far away, or wants nonsense', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  expect(await ada.refused(Operation.Near, { k: 20 })).toBe('NOT_ALLOWED');
  expect(await ada.refused(Operation.Join, { n: '~ben' })).toBe('NO_SUCH_ROOM');
  expect(await ada.refused(Operation.Join, { n: '~nobody' })).toBe('NO_SUCH_USER');
  await at(ada, VIENNA);
  await at(ben, GRAZ);
  await ada.do(Operation.Near, { k: 20 });
  expect(await ben.refused(Operation.Join, { n: '~ada' })).toBe('NOT_ALLOWED');
  for (const k of [-1, 4, 4.5, 20_001, 1e300, Number.NaN, '20'])
    expect(await ada.refused(Operation.Near, { k })).toBe('PROTOCOL');
  for (const c of ['u2ed', 'u2edka', 'aaaaa', '48,16', 'u'.repeat(5000), 7])
    expect(await ada.refused(Operation.Here, { c })).toBe('PROTOCOL');
});

it('lets nobody try out one place after the other', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const answers: string[] = [];
  for (let i = 0; i < 25; i++) answers.push(await ada.refused(Operation.Here, { c: cellOf(48, i) }));
  expect(answers.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThan(3);
  expect(await ada.refused(Operation.Here, { c: '' })).toBe('done');
  expect(await ada.refused(Operation.Here, { c: cellOf(48, answers.indexOf('RATE_LIMITED') - 1) })).toBe(
    'done',
  );
});

it('joins those who share an interest, however it is written, and remembers it', async () => {
  const server = new TestServer();
  const [ada, ben, cleo] = await people(server, 'ada', 'ben', 'cleo');
  const tea = await ada.do(Operation.Join, { n: '+Tea' });
  expect(tea).toMatchObject({ k: 3, n: 'tea', b: 'ada' });
  expect((await ben.do(Operation.Join, { n: '+tea' })).l).toBe(tea.l);
  await ben.do(Operation.Join, { n: '+chess' });
  await server.settle();
  expect((await cleo.do(Operation.Tags, {})).t).toEqual([
    { n: 'tea', p: 2 },
    { n: 'chess', p: 1 },
  ]);
  expect(await members(ada, tea.l)).toEqual(['ada', 'ben']);
  expect(await cleo.refused(Operation.Who, { l: tea.l, a: '' })).toBe('NOT_A_MEMBER');
  server.io.close(ben.conn);
  const phone = await server.connect();
  const welcome = (await phone.login('ben')).body as { c: { n: string; k: number }[] };
  expect(welcome.c.filter(({ k }) => k === 3).map(({ n }) => n)).toEqual(['tea', 'chess']);
  await phone.do(Operation.Leave, { l: tea.l });
  await server.system.advance(2_000);
  expect((await cleo.do(Operation.Tags, {})).t).toEqual([
    { n: 'chess', p: 1 },
    { n: 'tea', p: 1 },
  ]);
  expect(await cleo.refused(Operation.Join, { n: '+' })).toBe('NAME_EMPTY');
  expect(await cleo.refused(Operation.Join, { n: `+${'x'.repeat(33)}` })).toBe('NAME_TOO_LONG');
});

it('tells what people share while they are here, page by page, and shows it as it changes', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben', 'cleo');
  await at(ben, VIENNA);
  await ben.do(Operation.Join, { n: '+tea' });
  await server.settle();
  expect((await ada.do(Operation.Shared, { a: '' })).p).toMatchObject([{ n: 'ben', g: VIENNA, i: ['tea'] }]);
  expect((await ada.do(Operation.Shared, { a: 'ben' })).p).toEqual([]);
  expect((await ada.do(Operation.Shared, { a: 'bea' })).p).toHaveLength(1);
  const about = ada.ephemerals().filter(({ kind, subject }) => kind === 3 && subject === 'ben');
  expect(about).toHaveLength(2);
  server.io.close(ben.conn);
  await server.settle();
  expect((await ada.do(Operation.Shared, { a: '' })).p).toEqual([]);
});

it('writes nowhere where people are, but the middle of what they found', async () => {
  const server = new TestServer();
  const [ada, ben] = await people(server, 'ada', 'ben');
  await at(ada, VIENNA);
  await at(ben, BRATISLAVA);
  await ada.do(Operation.Near, { k: 60 });
  await server.settle();
  const written = server.logs
    .journalRead(0)
    .records.map((record) => record.toString('latin1'))
    .join('\n');
  expect(written).toContain(VIENNA);
  expect(written).not.toContain(BRATISLAVA);
});

it('comes back from a snapshot with its groups, and gives no number twice', () => {
  const before = new RegistryState();
  const [ada, ben] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
  for (const [id, name] of [
    [ada, 'ada'],
    [ben, 'ben'],
  ] as const)
    before.apply({ t: 'account', id, name, key: name, skeleton: name, record: '' });
  const id = Buffer.alloc(16, 9);
  before.apply({ t: 'interest', log: 2, id, tag: 'tea', founder: ada });
  before.apply({ t: 'member', log: 2, account: ben });
  before.apply({ t: 'geo', log: 3, id, founder: ada, cell: VIENNA, km: 20 });
  before.apply({ t: 'memberGone', log: 3, account: ben, declined: true });
  before.apply({ t: 'geo', log: 4, id, founder: ben, cell: GRAZ, km: 20 });
  before.apply({ t: 'dismantled', log: 4 });
  const after = registrySchema.check(JSON.parse(JSON.stringify(before)));
  expect(after.interest('tea')?.members).toEqual(before.interest('tea')?.members);
  expect(after.geoOf(ada)).toEqual(before.geoOf(ada));
  expect(after.geoOf(ben)).toBeUndefined();
  expect(after.nextLog).toBe(5);
});

type Four = readonly [TestClient, TestClient, TestClient, TestClient];

async function people(server: TestServer, ...names: string[]): Promise<Four> {
  const all: TestClient[] = [];
  for (const name of names) all.push(await server.register(name));
  return all as unknown as Four;
}
