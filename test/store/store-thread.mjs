/** A thread that appends to a log store until it is ended; says each acknowledged counter. Needs `npm run build`. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLogStore } from '#natter/store/logs.js';

const { folder, first } = workerData;
const logs = openLogStore(folder, {
  random: (target) => target.fill(3),
  timers: { setTimeout: () => 0, clearTimeout: () => {} },
});
for (let counter = first; ; counter++) {
  const batch = Array.from({ length: 50 }, (_, index) => ({
    log: index + 1,
    logId: Buffer.alloc(16, index + 1),
    account: Buffer.alloc(16, 1),
    author: 'ana',
    stream: Buffer.alloc(16, 1),
    counter,
    kind: 1,
    body: Buffer.alloc(50),
  }));
  const results = await logs.append(batch, counter);
  parentPort.postMessage({ counter, codes: results.filter((result) => !result.ok) });
  await new Promise(setImmediate);
}
