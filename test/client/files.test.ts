import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConversationKind, EventKind, FileAnswer, FileState, Operation } from '../../src/chat/operations.js';
import { CHUNK_BYTES } from '../../src/net/constants.js';
import { hashOf } from '../support/fake-files.js';
import { anaAndBo, FilePerson, meetingPlace, noise } from '../support/file-client.js';

test.each([
  ['an empty file', 0],
  ['one byte', 1],
  ['exactly three chunks', 3 * CHUNK_BYTES],
  ['a file that ends within a chunk', 40 * CHUNK_BYTES + 77],
])('%s goes from one to the other, and both know that it is whole', async (_what, size) => {
  const { ana, bo, server } = await anaAndBo();
  const bytes = noise(size);
  const id = await ana.send('@bo', ana.file('words.txt', bytes));
  expect(await bo.until(id, 'offered')).toMatchObject({
    name: 'words.txt',
    size,
    from: 'ana',
    to: 'bo',
    direction: 'in',
  });
  await bo.client.core.acceptFile(id);
  const [sent, received] = [await ana.until(id, 'done'), await bo.until(id, 'done')];
  const hash = hashOf(bytes).toString('hex');
  expect(sent).toMatchObject({ bytes: size, hash, direction: 'out' });
  expect(received).toMatchObject({ bytes: size, hash, repeated: 0 });
  expect(bo.received(id).equals(bytes)).toBe(true);
  expect(bo.names()).toEqual(['words.txt']);
  expect(server.files.last.came.length).toBe(Math.ceil(size / CHUNK_BYTES));
  await ana.at.time.until(() => ana.transfer(id).answer === 'done');
  expect(server.files.last.answers.get('bo')).toBe(FileAnswer.Done);
});

test('what goes to a room is taken by everybody who wants it, also later', async () => {
  const { ana, bo } = await anaAndBo();
  const bytes = noise(5 * CHUNK_BYTES);
  const id = await ana.send('#lobby', ana.file('map.png', bytes));
  await bo.until(id, 'offered');
  await ana.until(id, 'done');
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  const cy = await new FilePerson('cy', ana.at).login();
  const shown = cy.client.of('message').find(({ message }) => message.kind === 'file');
  expect(shown?.message).toMatchObject({ text: 'map.png', file: { id, size: bytes.length } });
  // History is no offer.
  expect(cy.told(id)).toEqual([]);
  await cy.client.core.acceptFile(id);
  await cy.until(id, 'done');
  expect(cy.received(id).equals(bytes)).toBe(true);
});

test('a receiver takes what has come while the sender still sends', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 10;
  const id = await ana.send('@bo', ana.file('long.bin', noise(30 * CHUNK_BYTES)));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes === 10 * CHUNK_BYTES);
  expect(ana.transfer(id).state).toBe('running');
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  await bo.until(id, 'done');
});

test('after the connection was lost only what is missing is sent and fetched', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 20;
  const bytes = noise(50 * CHUNK_BYTES + 5);
  const id = await ana.send('@bo', ana.file('long.bin', bytes));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => server.files.last.came.length === 20 && bo.transfer(id).bytes === 20 * CHUNK_BYTES);
  server.drop();
  await ana.until(id, 'accepted');
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  const [sent, received] = [await ana.until(id, 'done'), await bo.until(id, 'done')];
  expect(server.files.last.came.length).toBe(51);
  expect(received.repeated).toBe(0);
  expect(sent.hash).toBe(hashOf(bytes).toString('hex'));
  expect(bo.received(id).equals(bytes)).toBe(true);
});

test('paused from either side nothing moves; resumed it goes on where it was', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 8;
  const bytes = noise(40 * CHUNK_BYTES);
  const id = await ana.send('@bo', ana.file('long.bin', bytes));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes === 8 * CHUNK_BYTES);
  await ana.client.core.pauseFile(id);
  await bo.client.core.pauseFile(id);
  await time.pass(1_000);
  expect([ana.transfer(id).state, bo.transfer(id).state]).toEqual(['paused', 'paused']);
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  await time.pass(60_000);
  expect(server.files.last.came.length).toBe(8);
  await ana.client.core.resumeFile(id);
  await ana.until(id, 'done');
  expect(bo.transfer(id).bytes).toBe(8 * CHUNK_BYTES);
  await bo.client.core.resumeFile(id);
  expect((await bo.until(id, 'done')).repeated).toBe(0);
  expect(server.files.last.came.length).toBe(40);
});

test('a sender who cancels withdraws the file from everybody, and both are told why', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 3;
  const id = await ana.send('@bo', ana.file('long.bin', noise(9 * CHUNK_BYTES)));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes === 3 * CHUNK_BYTES);
  await ana.client.core.cancelFile(id);
  expect(await ana.until(id, 'failed')).toMatchObject({ code: 'CANCELLED' });
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'FILE_WITHDRAWN' });
  expect(bo.names()).toEqual([]);
});

test('a receiver who cancels keeps nothing; the sender is told', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 3;
  const id = await ana.send('@bo', ana.file('long.bin', noise(9 * CHUNK_BYTES)));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes === 3 * CHUNK_BYTES);
  await bo.client.core.cancelFile(id);
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'CANCELLED' });
  expect(bo.names()).toEqual([]);
  // Nobody else is to have it: sending the rest would be for nothing.
  expect(await ana.until(id, 'rejected')).toMatchObject({ answer: 'rejected', bytes: 3 * CHUNK_BYTES });
  await time.until(() => server.files.last.state === FileState.Gone);
  expect(server.files.last.came.length).toBe(3);
});

test('what is declined is not offered again, and its sender is told', async () => {
  const { ana, bo, time } = await anaAndBo();
  const id = await ana.send('@bo', ana.file('a.txt', noise(10)));
  await bo.until(id, 'offered');
  expect((await time.resolve(bo.client.core.offers())).map((each) => each.id)).toEqual([id]);
  await bo.client.core.rejectFile(id);
  expect(bo.transfer(id).state).toBe('rejected');
  await time.until(() => ana.transfer(id).answer === 'rejected');
  expect(await time.resolve(bo.client.core.offers())).toEqual([]);
  expect((await bo.client.core.transfers()).map((each) => each.state)).toEqual(['rejected']);
});

test('what was offered while one was away is offered at the next login, once', async () => {
  const at = meetingPlace();
  const ana = await new FilePerson('ana', at).login();
  const id = await ana.send('@bo', ana.file('a.txt', noise(10)));
  await ana.until(id, 'done');
  const bo = await new FilePerson('bo', at).login();
  await bo.until(id, 'offered');
  at.server.drop();
  await at.time.until(() => bo.client.link === 'live');
  await at.time.pass(1_000);
  expect(bo.states(id)).toEqual(['offered']);
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
});

test('files of somebody one trusts are taken by themselves, unless there is no room for them', async () => {
  const { ana, bo, time } = await anaAndBo();
  await bo.client.core.trust('ana', true);
  const id = await ana.send('@bo', ana.file('a.txt', noise(100)));
  await bo.until(id, 'done');
  bo.disk.free = 99;
  const large = await ana.send('@bo', ana.file('b.txt', noise(100, 2)));
  await bo.until(large, 'offered');
  await time.pass(1_000);
  expect(bo.transfer(large).state).toBe('offered');
  bo.disk.free = 1_000;
  await bo.client.core.trust('Ana', false);
  const last = await ana.send('@bo', ana.file('c.txt', noise(100, 3)));
  await time.pass(1_000);
  expect(bo.states(last)).toEqual(['offered']);
});

test('what cannot be remembered, or a list of trusted people that cannot be read, leaves files offered', async () => {
  const { ana, bo, time } = await anaAndBo();
  await bo.client.core.trust('ana', true);
  bo.disk.recordsFull = true;
  const full = await ana.send('@bo', ana.file('a.txt', noise(100)));
  await bo.until(full, 'offered');
  await time.pass(1_000);
  expect(bo.states(full)).toEqual(['offered']);
  bo.disk.recordsFull = false;
  const [account = ''] = readdirSync(join(bo.disk.folder, 'transfers'));
  const list = join(bo.disk.folder, 'transfers', account, 'trusted.json');
  writeFileSync(list, '{{{');
  const damaged = await ana.send('@bo', ana.file('b.txt', noise(100, 2)));
  await bo.until(damaged, 'offered');
  await expect(bo.client.core.trust('cy', true)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  rmSync(list);
  await bo.client.core.acceptFile(damaged);
  await bo.until(damaged, 'done');
});

test('a data folder that is gone is told in a sentence, and what is under way comes to its end', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 4;
  const id = await ana.send('@bo', ana.file('a.bin', noise(20 * CHUNK_BYTES)));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes > 0);
  rmSync(join(bo.disk.folder, 'transfers'), { recursive: true });
  writeFileSync(join(bo.disk.folder, 'transfers'), 'in the way');
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  await bo.until(id, 'done');
  const next = await ana.send('@bo', ana.file('b.bin', noise(10)));
  await bo.until(next, 'offered');
  for (const command of [
    () => bo.client.core.acceptFile(next),
    () => bo.client.core.trust('ana', true),
    () => bo.send('@ana', bo.file('c.bin', noise(10))),
  ])
    await expect(command()).rejects.toMatchObject({
      code: 'DATA_UNWRITABLE',
      message: expect.stringContaining('The data folder'),
    });
});

test('a partial file that was taken away is begun anew when it is resumed', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  const bytes = noise(20 * CHUNK_BYTES);
  server.files.wantsMax = 4;
  const id = await ana.send('@bo', ana.file('a.bin', bytes));
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes > 0);
  await bo.client.core.pauseFile(id);
  for (const name of bo.names()) if (name.includes('.part')) rmSync(join(bo.disk.folder, name));
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  await bo.client.core.resumeFile(id);
  await bo.until(id, 'done');
  expect(bo.received(id).equals(bytes)).toBe(true);
});

test('twenty files at once all arrive, a few at a time', async () => {
  const { ana, bo, time } = await anaAndBo();
  const ids: string[] = [];
  for (let n = 0; n < 20; n++)
    ids.push(await ana.send('@bo', ana.file(`f${n}`, noise(3 * CHUNK_BYTES + n, n + 1))));
  for (const id of ids) await bo.until(id, 'offered');
  for (const id of ids) await bo.client.core.acceptFile(id);
  await time.until(() => ids.every((id) => bo.transfer(id).state === 'done'));
  await time.until(() => ids.every((id) => ana.transfer(id).state === 'done'));
  ids.forEach((id, n) => {
    expect(bo.received(id).equals(noise(3 * CHUNK_BYTES + n, n + 1))).toBe(true);
  });
});

test('a file that was changed while it was sent is withdrawn, and both are told', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 4;
  const path = ana.file('log.txt', noise(20 * CHUNK_BYTES));
  const id = await ana.send('@bo', path);
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => bo.transfer(id).bytes === 4 * CHUNK_BYTES);
  ana.file('log.txt', noise(20 * CHUNK_BYTES + 1, 2));
  await time.pass(2_000);
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  expect(await ana.until(id, 'failed')).toMatchObject({ code: 'FILE_CHANGED' });
  expect(await bo.until(id, 'failed')).toMatchObject({ code: 'FILE_WITHDRAWN' });
  expect(bo.names()).toEqual([]);
});

test('a change behind what was read already is noticed before the end', async () => {
  const { ana, server, time } = await anaAndBo();
  server.files.wantsMax = 1;
  const id = await ana.send('@bo', ana.file('log.txt', noise(2 * CHUNK_BYTES)));
  await time.until(() => server.files.last.came.length === 1);
  ana.file('log.txt', noise(2 * CHUNK_BYTES, 2));
  server.files.wantsMax = 2;
  server.files.pull(server.files.last);
  expect(await ana.until(id, 'failed')).toMatchObject({ code: 'FILE_CHANGED' });
  expect(server.files.last.came.length).toBe(2);
});

test('a file that vanishes while it is sent is withdrawn, and both are told', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  server.files.wantsMax = 4;
  const path = ana.file('log.txt', noise(20 * CHUNK_BYTES));
  const id = await ana.send('@bo', path);
  await time.until(() => server.files.last.came.length === 4);
  rmSync(path);
  await time.pass(2_000);
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  server.files.pull(server.files.last);
  expect(await ana.until(id, 'failed')).toMatchObject({ code: 'FILE_MISSING' });
  await time.until(() => bo.told(id).at(-1)?.state === 'failed');
});

test('what cannot be sent is refused before anything is offered', async () => {
  const { ana, server } = await anaAndBo();
  await expect(ana.send('@bo', '/nowhere/at/all')).rejects.toMatchObject({ code: 'FILE_MISSING' });
  const path = ana.file('a.txt', noise(10));
  server.files.refuse = (operation) =>
    operation === Operation.Offer ? { c: 'QUOTA_EXCEEDED', m: 'There is no room left.' } : undefined;
  await expect(ana.send('@bo', path)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  expect(await ana.client.core.transfers()).toEqual([]);
  await expect(ana.client.core.acceptFile('00')).rejects.toMatchObject({ code: 'NO_SUCH_FILE' });
});

test('progress is told at most ten times a second, with a rate', async () => {
  const { ana, bo, time } = await anaAndBo();
  const id = await ana.send('@bo', ana.file('long.bin', noise(400 * CHUNK_BYTES)));
  await bo.until(id, 'offered');
  const began = time.now();
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  const seconds = (time.now() - began) / 1_000;
  const running = bo.told(id).filter(({ state }) => state === 'running');
  expect(running.length).toBeLessThanOrEqual(2 + seconds * 10);
  expect(running.some(({ rate }) => rate > 0)).toBe(true);
  expect(bo.transfer(id).rate).toBe(0);
});

test('a full disk pauses what is received, and it goes on by itself once there is room', async () => {
  const { ana, bo, time } = await anaAndBo();
  const bytes = noise(10 * CHUNK_BYTES);
  const id = await ana.send('@bo', ana.file('a.bin', bytes));
  await bo.until(id, 'offered');
  bo.disk.roomForChunks = 4;
  await bo.client.core.acceptFile(id);
  expect(await bo.until(id, 'paused')).toMatchObject({ code: 'DISK_FULL', bytes: 4 * CHUNK_BYTES });
  bo.disk.recordsFull = true;
  await time.pass(31_000);
  expect(bo.transfer(id).state).toBe('paused');
  const other = await ana.send('@bo', ana.file('b.bin', noise(5)));
  await bo.until(other, 'offered');
  await expect(bo.client.core.acceptFile(other)).rejects.toMatchObject({ code: 'DISK_FULL' });
  bo.disk.recordsFull = false;
  bo.disk.roomForChunks = Number.POSITIVE_INFINITY;
  expect((await bo.until(id, 'done')).repeated).toBe(0);
  expect(bo.received(id).equals(bytes)).toBe(true);
});

test('somebody may begin a conversation by offering a file', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  const log = server.addLog(30, ConversationKind.Direct, 'bo cy');
  const file = server.files.hold(30, 'cy', 'hello.txt', noise(9));
  server.event(EventKind.Conversation, server.body(log, 'bo'));
  const id = file.id.toString('hex');
  expect(await bo.until(id, 'offered')).toMatchObject({ from: 'cy', room: '@cy' });
  await bo.client.core.acceptFile(id);
  await bo.until(id, 'done');
  await time.pass(1_000);
  expect(ana.told(id).filter(({ state }) => state !== 'offered')).toEqual([]);
});
