import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LmdbLogStore } from '../../src/store/logs.js';
import {
  compactRegistry,
  loadRegistry,
  RegistryFile,
  type RegistrySchema,
} from '../../src/store/registry.js';
import { openLogs, temporaryFolder } from './support.js';

/** A registry that remembers every word it was told, in order. */
const words: RegistrySchema<{ words: string[] }> = {
  empty: () => ({ words: [] }),
  check: (value) => {
    const { words: list } = value as { words?: unknown };
    if (!Array.isArray(list)) throw new Error('no words');
    return { words: list.map(String) };
  },
  apply: (state, record) => {
    state.words.push(record.toString());
  },
};

const reader = (logs: LmdbLogStore) => async (after: number) => logs.journalRead(after, 40);
const records = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, index) => Buffer.from(`word ${from + index}`));
const texts = (from: number, to: number): string[] => records(from, to).map(String);
const compact = (file: RegistryFile<{ words: string[] }>, logs: LmdbLogStore): Promise<number> =>
  compactRegistry(file, reader(logs), (through) => logs.journalTrim(through));

test('without a snapshot the registry is the whole journal', async () => {
  const folder = temporaryFolder();
  const logs = openLogs(folder);
  const file = new RegistryFile(folder, logs.instance, words);
  expect(await loadRegistry(file, reader(logs))).toEqual({ state: { words: [] }, appliedSeq: 0 });
  expect(await logs.journal(records(1, 20))).toBe(20);
  expect(await loadRegistry(file, reader(logs))).toEqual({ state: { words: texts(1, 20) }, appliedSeq: 20 });
  await logs.close();
});

test('a snapshot shortens the journal and changes nothing, over restarts', async () => {
  const folder = temporaryFolder();
  let logs = openLogs(folder);
  const file = new RegistryFile(folder, logs.instance, words);
  await logs.journal(records(1, 20));
  expect(await compact(file, logs)).toBe(20);
  await logs.journal(records(21, 30));
  expect(await compact(file, logs)).toBe(30);
  expect(await compact(file, logs)).toBe(30);
  // Kept back to the snapshot before, for one who loads just now.
  expect(logs.journalRead(20, 10_000).records.map(String)).toEqual(texts(21, 30));
  expect(() => logs.journalRead(0, 10_000)).toThrow('journal record 1 is missing');
  await logs.journal(records(31, 33));
  await logs.close();
  logs = openLogs(folder);
  expect(logs.journalLast).toBe(33);
  const again = new RegistryFile(folder, logs.instance, words);
  expect(await loadRegistry(again, reader(logs))).toEqual({ state: { words: texts(1, 33) }, appliedSeq: 33 });
  expect(await logs.journal([])).toBe(33);
  await logs.close();
});

test('a person may read the snapshot, and nothing is left beside it', async () => {
  const folder = temporaryFolder();
  const logs = openLogs(folder);
  await logs.journal(records(1, 2));
  await compact(new RegistryFile(folder, logs.instance, words), logs);
  const text = readFileSync(join(folder, 'registry.json'), 'utf8');
  expect(text).toMatch(/^\{\n "natter": "registry",\n "format": 1,\n/);
  expect(JSON.parse(text)).toMatchObject({ appliedSeq: 2, state: { words: texts(1, 2) } });
  expect(readdirSync(folder).filter((name) => name.startsWith('registry'))).toEqual(['registry.json']);
  await logs.close();
});

test('a torn, garbled or foreign registry is named and left byte for byte', async () => {
  const folder = temporaryFolder();
  const logs = openLogs(folder);
  const file = new RegistryFile(folder, logs.instance, words);
  await logs.journal(records(1, 2));
  await compact(file, logs);
  const path = join(folder, 'registry.json');
  const good = readFileSync(path, 'utf8');
  const foreign = good.replace(/"instance": "[0-9a-f]{32}"/, `"instance": "${'0'.repeat(32)}"`);
  const bad = ['', good.slice(0, 60), 'null', '[]', '{}', foreign, good.replace('"words"', '"sdrow"')];
  for (const text of [...bad, good.replace('"format": 1', '"format": 2'), good.replace('": 2,', '": -2,')]) {
    writeFileSync(path, text);
    expect(() => file.load()).toThrow(path);
    expect(() => file.save({ state: { words: [] }, appliedSeq: 9 })).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }),
    );
    await expect(compact(file, logs)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  await logs.close();
});

test('a registry that vanished after its journal was trimmed is not taken for an empty one', async () => {
  const folder = temporaryFolder();
  const logs = openLogs(folder);
  const file = new RegistryFile(folder, logs.instance, words);
  await logs.journal(records(1, 5));
  await logs.journalTrim(5);
  await expect(loadRegistry(file, reader(logs))).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  await logs.close();
});
