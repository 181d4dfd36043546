/**
 * Says things in a feed until it is killed, and writes one line `seq` on standard output for each entry that is
 * durable. Needs `npm run build`. Arguments: file, start (the epoch, and the first word of what is said).
 */
import { writeSync } from 'node:fs';
import { clockAt } from '#natter/net/ring/clock.js';
import { NO_ENTRY, signEntry } from '#natter/net/ring/entry.js';
import { identityOf } from '#natter/net/ring/identity.js';
import { openFeedStore } from '#natter/store/feeds/feed-store.js';

const [path, start] = process.argv.slice(2);
const store = openFeedStore(path, { timers: { setTimeout: () => 0, clearTimeout: () => {} } });
const identity = identityOf(Buffer.alloc(32, 1));
let tail = { seq: 0, hash: NO_ENTRY };

for (;;) {
  const entry = signEntry(identity, Buffer.alloc(32), {
    group: Buffer.alloc(16),
    epoch: Buffer.alloc(8, Number(start)),
    seq: tail.seq + 1,
    previous: tail.hash,
    clock: clockAt(Date.now() + tail.seq),
    kind: 1,
    name: 'ana',
    body: Buffer.from(`${start} ${tail.seq + 1} ${'x'.repeat((tail.seq * 37) % 1500)}`),
  });
  await new Promise((resolve, reject) => {
    store.append([entry], Date.now(), (error) => (error === undefined ? resolve() : reject(error)));
  });
  tail = entry;
  writeSync(1, `${entry.seq}\n`);
}
