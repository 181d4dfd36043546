import { expect, test } from 'vitest';
import { FileAnswer } from '../../src/chat/operations.js';
import { CHUNK_BYTES } from '../../src/net/constants.js';
import { hashOf } from '../support/fake-files.js';
import { anaAndBo, noise } from '../support/file-client.js';

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
