import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { endBetweenTransactions } from '#natter/store/guard.js';
import { openLogs, temporaryFolder } from './support.js';

const THREAD = fileURLToPath(new URL('store-thread.mjs', import.meta.url));

test('a thread that is ended while it writes neither hangs nor takes the store along', async () => {
  const folder = temporaryFolder();
  let acknowledged = 0;
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(THREAD, { workerData: { folder, first: acknowledged + 1 } });
    for (let heard = 0; heard <= round; heard++) {
      const [said] = (await once(worker, 'message')) as [{ counter: number; codes: unknown[] }];
      expect(said.codes).toEqual([]);
      acknowledged = said.counter;
    }
    await endBetweenTransactions(() => worker.terminate());
  }
  const logs = openLogs(folder);
  expect(logs.renewed).toBeUndefined();
  expect(logs.head(1).seq).toBeGreaterThanOrEqual(acknowledged);
  expect(logs.head(50).seq).toBe(logs.head(1).seq);
  await logs.close();
});
