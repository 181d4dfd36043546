import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileState } from '../../src/chat/operations.js';
import { CHUNK_BYTES } from '../../src/net/constants.js';
import { hashOf } from '../support/fake-files.js';
import { anaAndBo, FilePerson, noise } from '../support/file-client.js';
import { SCRIPT } from '../support/virtual-client.js';

const BYTES = noise(50 * CHUNK_BYTES + 5);

/** ana and bo with 20 of 51 chunks at the server and at bo's. */
async function halfway() {
  const people = await anaAndBo();
  const { ana, bo, server, time } = people;
  server.files.wantsMax = 20;
  const path = ana.file('long.bin', BYTES);
  const id = await ana.send('@bo', path);
  await bo.until(id, 'offered');
  await bo.client.core.acceptFile(id);
  await time.until(() => server.files.last.came.length === 20 && bo.transfer(id).bytes === 20 * CHUNK_BYTES);
  const goOn = () => {
    server.files.wantsMax = Number.POSITIVE_INFINITY;
    server.files.pull(server.files.last);
  };
  return { ...people, id, path, goOn };
}

test('a sender who starts again goes on by itself and sends only what is missing', async () => {
  const { ana, bo, server, id, goOn } = await halfway();
  await ana.leave();
  goOn();
  const again = await ana.again();
  expect(await again.until(id, 'done')).toMatchObject({ hash: hashOf(BYTES).toString('hex') });
  expect(server.files.last.came.length).toBe(51);
  await bo.until(id, 'done');
  expect(bo.received(id).equals(BYTES)).toBe(true);
});

test('a receiver who starts again goes on by itself and fetches only what is missing', async () => {
  const { ana, bo, id, goOn, server } = await halfway();
  await bo.leave();
  let given = 0;
  server.files.twist = (_file, _chunk, record) => {
    given++;
    return record;
  };
  const again = await bo.again();
  goOn();
  expect(await again.until(id, 'done')).toMatchObject({ repeated: 0, bytes: BYTES.length });
  expect(given).toBe(31);
  expect(again.received(id).equals(BYTES)).toBe(true);
  expect(again.names()).toEqual(['long.bin']);
  await ana.until(id, 'done');
});

test('a receiver who died after the file had its name does not fetch it again', async () => {
  const { bo, server, time, id, goOn } = await halfway();
  const { downloads } = bo.disk;
  let placed = false;
  bo.disk.downloads = (into) => {
    const folder = downloads.call(bo.disk, into);
    const place: typeof folder.place = async (partial, name, named) => {
      await folder.place(partial, name, named);
      placed = true;
      return new Promise<never>(() => undefined);
    };
    return { ...folder, place };
  };
  goOn();
  await time.until(() => placed);
  await bo.leave();
  bo.disk.downloads = downloads;
  let given = 0;
  server.files.twist = (_file, _chunk, record) => {
    given++;
    return record;
  };
  const again = await bo.again();
  expect(await again.until(id, 'done')).toMatchObject({ bytes: BYTES.length });
  expect(given).toBe(0);
  expect(again.names()).toEqual(['long.bin']);
  expect(again.received(id).equals(BYTES)).toBe(true);
});

test('a receiver whom the server took for one that reads no more goes on at once', async () => {
  const { bo, server, time, id, goOn } = await halfway();
  const file = server.files.last;
  let lost = 0;
  server.files.twist = () => {
    lost++;
    return undefined;
  };
  goOn();
  await time.until(() => lost > 0 && file.state === FileState.Held);
  server.files.twist = (_file, _chunk, record) => record;
  const since = time.now();
  server.files.readerStalled(file);
  await bo.until(id, 'done');
  expect(time.now() - since).toBeLessThan(2_000);
  expect(bo.received(id).equals(BYTES)).toBe(true);
});

test('a script that sends the same file again goes on with the offer of before', async () => {
  const { ana, bo, server, id, path, goOn } = await halfway();
  await ana.leave();
  goOn();
  const script = await ana.again(SCRIPT);
  await ana.at.time.pass(2_000);
  // Not by itself.
  expect(server.files.last.came.length).toBe(20);
  expect(await script.send('@bo', path)).toBe(id);
  await script.until(id, 'done');
  expect(server.files.last.came.length).toBe(51);
  expect(server.files.byNumber.size).toBe(1);
  await bo.until(id, 'done');
  // Once it is done, the same words again are another offer.
  expect(await script.send('@bo', path)).not.toBe(id);
});

test('a script that receives is offered again what it had begun', async () => {
  const { bo, id, goOn, ana } = await halfway();
  await bo.leave();
  goOn();
  const script = await bo.again(SCRIPT);
  const offers = await ana.at.time.resolve(script.client.core.offers());
  expect(offers.map((each) => [each.id, each.bytes])).toEqual([[id, 0]]);
  await script.client.core.acceptFile(id, '/elsewhere');
  // It goes on where it was begun.
  expect((await script.until(id, 'done')).path).toBe(join(bo.disk.folder, 'long.bin'));
});

test('two processes on one folder never work on the same file', async () => {
  const { ana, id, path, goOn } = await halfway();
  const script = await ana.again(SCRIPT);
  await expect(script.send('@bo', path)).rejects.toMatchObject({ code: 'DATA_LOCKED' });
  const other = await ana.again();
  expect((await other.client.core.transfers()).map((each) => [each.id, each.state])).toEqual([
    [id, 'accepted'],
  ]);
  goOn();
  await ana.until(id, 'done');
  await expect(script.client.core.resumeFile(id)).rejects.toMatchObject({ code: 'NO_SUCH_FILE' });
});

test('what a person paused stays paused over a restart', async () => {
  const { bo, id, goOn, ana } = await halfway();
  await bo.client.core.pauseFile(id);
  await bo.leave();
  goOn();
  const again = await bo.again();
  await ana.until(id, 'done');
  await ana.at.time.pass(5_000);
  expect(again.transfer(id)).toMatchObject({ state: 'paused' });
  await again.client.core.resumeFile(id);
  await again.until(id, 'done');
});

test('a file that changed between two starts is withdrawn', async () => {
  const { ana, bo, id, goOn } = await halfway();
  await ana.leave();
  ana.file('long.bin', noise(50 * CHUNK_BYTES + 5, 2));
  goOn();
  const again = await ana.again();
  expect(await again.until(id, 'failed')).toMatchObject({ code: 'FILE_CHANGED' });
  await bo.until(id, 'failed');
});

test('a partial file that was damaged meanwhile is mended, not delivered', async () => {
  const { bo, id, goOn, ana, server } = await halfway();
  await bo.leave();
  const partial = readdirSync(bo.disk.folder).find((name) => name.endsWith('.part')) ?? '';
  const damaged = Buffer.from(BYTES);
  damaged.fill(0, 20 * CHUNK_BYTES);
  damaged.fill(1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 9);
  writeFileSync(join(bo.disk.folder, partial), damaged);
  goOn();
  const given: number[] = [];
  server.files.twist = (_file, chunk, record) => {
    given.push(chunk);
    return record;
  };
  const again = await bo.again();
  await again.until(id, 'done');
  expect(again.received(id).equals(BYTES)).toBe(true);
  expect(given.filter((chunk) => chunk < 20)).toEqual([3]);
  await ana.until(id, 'done');
});

test('a partial file that somebody took away is fetched anew', async () => {
  const { bo, id, goOn } = await halfway();
  await bo.leave();
  for (const name of readdirSync(bo.disk.folder).filter((each) => each.startsWith('.natter-')))
    bo.disk.clear(join(bo.disk.folder, name));
  goOn();
  const again = await bo.again();
  await again.until(id, 'done');
  expect(again.received(id).equals(BYTES)).toBe(true);
});

test('an offer that was answered by nobody keeps its id for the next try', async () => {
  const { ana, server, time } = await anaAndBo();
  const path = ana.file('a.txt', noise(10));
  const log = server.log(1).entries.length;
  server.fate = (frame) => (frame.toServer ? [5] : []);
  const sending = ana.client.core.sendFile('#lobby', path).catch((error) => error.code);
  expect(await time.resolve(sending)).toBe('NO_ANSWER');
  server.fate = () => [5];
  await time.until(() => ana.client.link === 'live');
  const id = await ana.send('#lobby', path);
  await ana.until(id, 'done');
  expect(server.files.byNumber.size).toBe(1);
  expect(server.log(1).entries.length).toBe(log + 1);
});

test('what the server was to be told and was not is told at the next login', async () => {
  const { ana, bo, server, time } = await anaAndBo();
  const id = await ana.send('@bo', ana.file('a.txt', noise(10)));
  await ana.until(id, 'done');
  server.fate = () => [];
  await ana.client.core.cancelFile(id);
  await ana.leave();
  server.fate = () => [5];
  await new FilePerson('ana', ana.at, ana.disk).login();
  await time.until(() => bo.told(id).at(-1)?.state === 'failed');
  expect(bo.transfer(id).code).toBe('FILE_WITHDRAWN');
});
