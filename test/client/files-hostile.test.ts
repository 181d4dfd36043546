import { expect, test, vi } from 'vitest';
import { EventKind, FileState, Operation } from '../../src/chat/operations.js';
import { encodeBody } from '../../src/chat/wire.js';
import { CHUNK_BYTES, FILE_BYTES_MAX } from '../../src/net/constants.js';
import { hashOf, recordOf } from '../support/fake-files.js';
import { anaAndBo, DIRECT, noise } from '../support/file-client.js';

const BYTES = noise(10 * CHUNK_BYTES + 9);

/** bo, who was offered a file that the server holds. */
async function offered(name = 'gift.png') {
  const { bo, server, time } = await anaAndBo();
  const file = server.files.hold(DIRECT, 'ana', name, BYTES);
  const id = file.id.toString('hex');
  await bo.until(id, 'offered');
  return { bo, server, time, file, id };
}

test('a record that is wrong once is asked for again', async () => {
  const { bo, server, id } = await offered();
  let wrong = 1;
  server.files.twist = (_file, chunk, record) =>
    chunk === 4 && wrong-- > 0 ? recordOf(noise(CHUNK_BYTES, 9)).fill(1, 40, 50) : record;
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  expect(bo.received(id).equals(BYTES)).toBe(true);
});

test('records that are wrong again and again end it, and nothing is kept', async () => {
  const { bo, server, id } = await offered();
  server.files.twist = (_file, _chunk, record) => Buffer.from(record).fill(7, 33);
  await bo.client.core.acceptFile(id);
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'HASH_MISMATCH' });
  expect(bo.names()).toEqual([]);
});

test('other content under right chunk hashes is not what its sender sent', async () => {
  const { bo, server, id } = await offered();
  server.files.twist = (_file, chunk, record) => (chunk === 2 ? recordOf(noise(CHUNK_BYTES, 9)) : record);
  await bo.client.core.acceptFile(id);
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'HASH_MISMATCH' });
  expect(bo.names()).toEqual([]);
});

test('records of a wrong size, and such as nobody asked for, change nothing', async () => {
  const { bo, server, time, file, id } = await offered();
  server.files.twist = (_file, chunk, record) => (chunk === 0 ? record.subarray(0, 100) : record);
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes > 0);
  const [connection] = [...server.connections].filter((each) => each.user === 'bo');
  const handler = connection?.handler;
  if (connection === undefined || handler === undefined) throw new Error('bo is not connected');
  for (const chunk of [0, 1, 99, 2 ** 40, -1])
    handler.chunk?.(connection, file.f, chunk, recordOf(noise(77)));
  handler.chunk?.(connection, 12_345, 0, recordOf(noise(77)));
  handler.wanted?.(connection, file.f, 0, 2 ** 52);
  handler.supplied?.(connection, file.f, 3);
  server.files.twist = (_file, _chunk, record) => record;
  await bo.until(id, 'done');
  expect(bo.received(id).equals(BYTES)).toBe(true);
});

test('wants of no file of ours, or far beyond it, are answered with what there is', async () => {
  const { ana, server, time } = await anaAndBo();
  server.files.wantsMax = 1;
  const id = await ana.send('@bo', ana.file('a.bin', noise(5 * CHUNK_BYTES)));
  await time.until(() => server.files.last.came.length === 1);
  const [connection] = [...server.connections].filter((each) => each.user === 'ana');
  if (connection === undefined) throw new Error('ana is not connected');
  for (let n = 0; n < 1_000; n++) connection.handler.wanted?.(connection, server.files.last.f, 3, 2 ** 53);
  connection.handler.wanted?.(connection, 777, 0, 4);
  connection.handler.wanted?.(connection, server.files.last.f, 2 ** 50, 1);
  await time.pass(1_000);
  expect(connection.supplies.get(777)).toBeUndefined();
  expect(server.files.last.came.length).toBeLessThan(6);
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  await ana.until(id, 'done');
});

test('a want that comes again before its chunk has arrived has it read and supplied once', async () => {
  const { ana, server, time } = await anaAndBo();
  server.files.wantsMax = 1;
  const id = await ana.send('@bo', ana.file('a.bin', noise(5 * CHUNK_BYTES)));
  await time.until(() => server.files.last.came.length === 1);
  await time.pass(100);
  const [connection] = [...server.connections].filter((each) => each.user === 'ana');
  if (connection === undefined) throw new Error('ana is not connected');
  const supply = vi.spyOn(connection, 'supply');
  const readsBefore = ana.disk.reads;
  // While it is read, and while it is in flight.
  for (let n = 0; n < 3; n++) connection.handler.wanted?.(connection, server.files.last.f, 1, 1);
  await time.until(() => supply.mock.calls.length > 0);
  connection.handler.wanted?.(connection, server.files.last.f, 1, 1);
  await time.pass(1_000);
  expect([ana.disk.reads - readsBefore, supply.mock.calls.length]).toEqual([1, 1]);
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  await ana.until(id, 'done');
});

test('a size that lies ends it', async () => {
  const { bo, server, file, id } = await offered();
  server.files.byNumber.set(file.f, { ...file, s: FILE_BYTES_MAX });
  await bo.client.core.acceptFile(id);
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'PROTOCOL' });
  expect(bo.names()).toEqual([]);
});

test.each([
  ['../../../etc/passwd', 'passwd'],
  ['a\u0000\u202etxt.exe\u001b]0;x\u0007', 'atxt.exe]0;x'],
  ['CON', '_CON'],
  ['..', 'file'],
  [`${'x'.repeat(250)}.png`, `${'x'.repeat(250)}.png`],
])('a file called %j is shown and saved under a safe name', async (name, safe) => {
  const { bo, id } = await offered(name);
  expect(bo.transfer(id).name).toBe(safe);
  const shown = bo.client.of('message').find(({ message }) => message.kind === 'file');
  expect(shown?.message.text).toBe(safe);
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  expect(bo.names().length).toBe(1);
});

test('an entry that says it is a file and is none is shown, and no more', async () => {
  const { bo, server, time } = await anaAndBo();
  server.files.hold(DIRECT, 'ana', 'x'.repeat(300), BYTES);
  await time.pass(500);
  const shown = bo.client.of('message').find(({ message }) => message.kind === 'file');
  expect(shown?.message.file).toBeUndefined();
  expect(bo.client.of('transfer')).toEqual([]);
  expect(bo.client.link).toBe('live');
});

test('an id that is used again does not take the place of the first', async () => {
  const { bo, server, time, file, id } = await offered();
  server.files.byNumber.set(2, { ...file, f: 2, n: 'evil.exe', s: 5 });
  server.event(EventKind.File, { f: 2, l: DIRECT, s: FileState.Held, h: hashOf(noise(5)) });
  await time.resolve(bo.client.core.offers());
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  expect(bo.names()).toEqual(['gift.png']);
  expect(
    server.requests.filter(({ operation }) => operation === Operation.Download).map(({ body }) => body),
  ).toEqual([{ f: file.f }]);
});

test('lists without end are not followed', async () => {
  const { bo, server, time, file } = await offered();
  const info = {
    f: file.f,
    i: file.id,
    n: 'a',
    s: 1,
    t: 'b/c',
    l: DIRECT,
    o: 'ana',
    st: 3,
    b: 1,
    w: 1,
    a: 0,
  };
  server.files.refuse = (operation) =>
    operation === Operation.Offers ? ({ f: Array(50).fill(info) } as never) : undefined;
  const before = server.requests.length;
  await time.resolve(bo.client.core.offers());
  expect(server.requests.length - before).toBeLessThan(45);
  expect(encodeBody({ f: [info] }).length).toBeGreaterThan(0);
});

test('nothing comes for half a minute although the server has it: it stands still until somebody resumes it', async () => {
  const { bo, server, id } = await offered();
  server.files.twist = () => undefined;
  await bo.client.core.acceptFile(id);
  expect(await bo.until(id, 'paused')).toMatchObject({ code: 'STALLED' });
  server.files.twist = (_file, _chunk, record) => record;
  await bo.client.core.resumeFile(id);
  await bo.until(id, 'done');
});

test('a server that takes nothing although it says so is not waited for without an end', async () => {
  const { ana, server } = await anaAndBo();
  server.files.wantsMax = 0;
  const id = await ana.send('@bo', ana.file('a.bin', noise(5 * CHUNK_BYTES)));
  expect(await ana.until(id, 'paused')).toMatchObject({ code: 'STALLED' });
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  await ana.client.core.resumeFile(id);
  await ana.until(id, 'done');
});

test('whose sender is away waits and goes on by itself', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 2;
  const id = await ana.send('@bo', ana.file('a.bin', BYTES));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes > 0);
  await ana.leave();
  await time.until(() => bo.transfer(id).state === 'accepted' && bo.transfer(id).reason !== undefined);
  expect(bo.transfer(id).reason).toContain('ana does not send just now');
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  await ana.again();
  await bo.until(id, 'done');
});

test.each(['DISK_FULL', 'READ_ONLY'])(
  'a server whose disk refuses (%s) is not sent anything more for a while, then it goes on by itself',
  async (reason) => {
    const { ana, server, time } = await anaAndBo();
    server.files.wantsMax = 0;
    const id = await ana.send('@bo', ana.file('a.bin', noise(5 * CHUNK_BYTES)));
    await ana.until(id, 'running');
    server.files.halt(server.files.last, reason);
    expect(await ana.until(id, 'paused')).toMatchObject({ code: 'DISK_FULL' });
    server.files.wantsMax = Number.POSITIVE_INFINITY;
    const uploads = () => server.requests.filter(({ operation }) => operation === Operation.Upload).length;
    const before = uploads();
    await time.pass(25_000);
    expect(uploads()).toBe(before);
    await ana.until(id, 'done');
  },
);
