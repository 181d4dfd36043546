import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { feedsPath, LOBBY_ID, openFeeds, textsOf } from './feeds-support.js';
import { temporaryFolder } from './support.js';

const ROUNDS = 6;

/** Runs the writer until it has said so many lines, kills it in the midst of its work. @returns the last line */
async function crash(path: string, start: number, lines: number): Promise<number> {
  const script = join(import.meta.dirname, 'crashing-feeds.mjs');
  const writer = spawn(process.execPath, [script, path, String(start)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  let said = 0;
  for await (const line of createInterface(writer.stdout)) {
    said = Number(line);
    if (said === lines) writer.kill('SIGKILL');
  }
  await exited;
  return said;
}

test('what was durable is there once, in one chain, after the process was killed in mid-write', async () => {
  const folder = temporaryFolder();
  const durable: number[] = [];
  for (let start = 1; start <= ROUNDS; start++) {
    durable.push(await crash(feedsPath(folder), start, 10 + start * 23));
    const store = openFeeds(folder);
    const texts = textsOf(store.after(LOBBY_ID, 0, 99_999)).map((text) =>
      text.split(' ').slice(0, 2).join(' '),
    );
    expect(new Set(texts).size).toBe(texts.length);
    for (const [index, seq] of durable.entries()) {
      const ofStart = texts.filter((text) => text.startsWith(`${index + 1} `));
      expect(ofStart.length).toBeGreaterThanOrEqual(seq);
      expect(ofStart).toEqual(Array.from(ofStart, (_, at) => `${index + 1} ${at + 1}`));
    }
    expect(store.lastNumber(LOBBY_ID)).toBe(texts.length);
    await store.close();
  }
}, 60_000);
