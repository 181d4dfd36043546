/**
 * Writes to a log store until it is killed, and says on standard output what was acknowledged:
 * one line `stream log counter seq` per entry, `journal seq` per record. Needs `npm run build`.
 * Arguments: folder, first counter.
 */
import { randomFillSync } from 'node:crypto';
import { writeSync } from 'node:fs';
import { lockFolder } from '#natter/store/folder.js';
import { openLogStore } from '#natter/store/logs.js';

const [folder, first] = process.argv.slice(2);
lockFolder(folder);
const logs = openLogStore(folder, {
  random: randomFillSync,
  timers: { setTimeout: () => 0, clearTimeout: () => {} },
});

const appends = (counter) => {
  const batch = [];
  for (const stream of [1, 2, 3])
    for (const log of [1, 2])
      batch.push({
        log,
        logId: Buffer.alloc(16, log),
        account: Buffer.alloc(16, stream),
        author: `author${stream}`,
        stream: Buffer.alloc(16, stream),
        counter,
        kind: 1,
        body: Buffer.from(`${stream} ${log} ${counter} ${'x'.repeat((counter * 37) % 1500)}`),
      });
  return batch;
};

for (let counter = Number(first); ; counter++) {
  const batch = appends(counter);
  const [results, last] = await Promise.all([
    logs.append(batch, Date.now()),
    logs.journal([Buffer.from(`record ${counter}`)]),
  ]);
  let lines = `journal ${last}\n`;
  for (const [index, result] of results.entries()) {
    if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
    const { stream, log } = batch[index];
    lines += `${stream[0]} ${log} ${counter} ${result.seq}\n`;
  }
  writeSync(1, lines);
}
