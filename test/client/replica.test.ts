import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Replica } from '../../src/actors/client/replica.js';
import { Writer } from '../../src/net/bytes.js';
import { entryCodec } from '../../src/net/entry.js';
import type { Entries } from '../../src/net/talk.js';
import { VirtualTime } from '../support/virtual-time.js';

/** A log and one reader of it, with nothing between them but what a test puts there. */
class Bench {
  readonly time = new VirtualTime();
  entries: Buffer[] = [];
  epoch = 1;
  readonly delivered: string[] = [];
  readonly caughtUp: number[] = [];
  readonly fetches: { after: number; entries: number }[] = [];
  /** How a fetch ends: undefined never answers. */
  fetchMs: number | undefined = 5;
  pageMax = 100;
  readonly replica: Replica;

  constructor(after = 0, head = 0) {
    this.replica = new Replica(1, 1, head, after, {
      clock: this.time,
      rttMs: 10,
      fetch: (_, from, entries, done) => this.#fetch(from, entries, done),
      deliver: (seq, entry) => this.delivered.push(`${seq} ${entry.body.toString()}`),
      caughtUp: (seq) => this.caughtUp.push(seq),
    });
  }

  append(text: string): number {
    const id = Buffer.alloc(16);
    id.write(`${this.epoch} ${text}`);
    const writer = new Writer();
    entryCodec.encode(writer, { kind: 1, at: 1, id, author: 'bo', body: Buffer.from(text) });
    this.entries.push(writer.copy());
    return this.entries.length;
  }

  fill(to: number): void {
    for (let n = this.entries.length + 1; n <= to; n++) this.append(`text ${n}`);
  }

  push(seq: number): void {
    const entry = this.entries[seq - 1];
    if (entry !== undefined) this.replica.push(seq, entry);
  }

  expected(from: number, to: number): string[] {
    return Array.from({ length: to - from + 1 }, (_, index) => `${from + index} text ${from + index}`);
  }

  #fetch(after: number, count: number, done: (entries: Entries | undefined) => void): void {
    this.fetches.push({ after, entries: count });
    if (this.fetchMs === undefined) return;
    this.time.setTimeout(() => {
      const entries = this.entries.slice(after, after + Math.min(count, this.pageMax));
      done({ request: 1, log: 1, epoch: this.epoch, head: this.entries.length, first: after + 1, entries });
    }, this.fetchMs);
  }
}

test('whatever becomes of the pushes, each entry is given up once and in order', async () => {
  const fate = fc.array(fc.record({ seq: fc.integer({ min: 1, max: 60 }), waitMs: fc.nat({ max: 30 }) }), {
    maxLength: 200,
  });
  await fc.assert(
    fc.asyncProperty(fate, async (pushes) => {
      const bench = new Bench();
      bench.pageMax = 7;
      bench.fill(60);
      for (const { seq, waitMs } of pushes) {
        bench.push(seq);
        await bench.time.pass(waitMs);
      }
      bench.replica.announce(1, 60);
      await bench.time.pass(5_000);
      expect(bench.delivered).toEqual(bench.expected(1, 60));
    }),
    { numRuns: 50 },
  );
});

test('a push that overtook another waits for it and asks for nothing', async () => {
  const bench = new Bench();
  bench.fill(2);
  bench.push(2);
  await bench.time.pass(20);
  bench.push(1);
  await bench.time.pass(1_000);
  expect(bench.delivered).toEqual(bench.expected(1, 2));
  expect(bench.fetches).toEqual([]);
});

test('a gap is fetched after 50 ms, and no more than the gap', async () => {
  const bench = new Bench();
  bench.fill(5);
  bench.push(1);
  bench.push(5);
  await bench.time.pass(49);
  expect(bench.fetches).toEqual([]);
  await bench.time.pass(100);
  expect(bench.fetches).toEqual([{ after: 1, entries: 3 }]);
  expect(bench.delivered).toEqual(bench.expected(1, 5));
});

test('a head that was announced and never pushed is fetched', async () => {
  const bench = new Bench();
  bench.fill(3);
  bench.replica.announce(1, 3);
  await bench.time.pass(1_000);
  expect(bench.delivered).toEqual(bench.expected(1, 3));
});

test('a thousand missed entries are fetched page by page, then it is caught up, once', async () => {
  const bench = new Bench();
  bench.fill(1_000);
  bench.replica.sync(1, 1_000);
  await bench.time.pass(2_000);
  expect(bench.delivered).toEqual(bench.expected(1, 1_000));
  expect(bench.caughtUp).toEqual([1_000]);
});

test('what is far ahead is not kept, but fetched when its turn comes', async () => {
  const bench = new Bench();
  bench.fill(5_000);
  bench.fetchMs = undefined;
  for (let seq = 2; seq <= 5_000; seq++) bench.push(seq);
  await bench.time.pass(100);
  expect(bench.delivered).toEqual([]);
  bench.fetchMs = 1;
  bench.push(1);
  await bench.time.pass(5_000);
  // The early ones came at once; the rest had been let go of.
  expect(bench.delivered).toHaveLength(1_025);
});

test('a fetch that failed is made again', async () => {
  const time = new VirtualTime();
  let tries = 0;
  const replica = new Replica(1, 1, 0, 0, {
    clock: time,
    rttMs: 10,
    fetch: (_, __, ___, done) => {
      tries++;
      done(undefined);
    },
    deliver: () => {},
    caughtUp: () => {},
  });
  replica.announce(1, 5);
  await time.pass(5_000);
  expect(tries).toBeGreaterThan(2);
  expect(tries).toBeLessThan(10);
  replica.stop();
  await time.pass(5_000);
  expect(tries).toBeLessThan(10);
});

test('in a new epoch the tail is read again: what was replaced is shown, what stayed is not shown twice', async () => {
  const bench = new Bench();
  bench.fill(10);
  bench.replica.sync(1, 10);
  await bench.time.pass(100);
  const kept = bench.entries.slice(0, 7);
  bench.epoch = 2;
  bench.entries = kept;
  bench.append('other 8');
  bench.append('other 9');
  bench.replica.announce(2, 9);
  await bench.time.pass(2_000);
  expect(bench.delivered.slice(10)).toEqual(['8 other 8', '9 other 9']);
  bench.append('other 10');
  bench.push(10);
  expect(bench.delivered.at(-1)).toBe('10 other 10');
});

test('a head below the cursor is believed only after asking: late news change nothing', async () => {
  const bench = new Bench();
  bench.fill(10);
  bench.replica.sync(1, 10);
  await bench.time.pass(100);
  bench.replica.announce(1, 4);
  await bench.time.pass(1_000);
  bench.fill(11);
  bench.push(11);
  await bench.time.pass(1_000);
  expect(bench.delivered).toEqual(bench.expected(1, 11));
});

test('a log that lost its tail without a new epoch is read again', async () => {
  const bench = new Bench();
  bench.fill(10);
  bench.replica.sync(1, 10);
  await bench.time.pass(100);
  bench.entries = bench.entries.slice(0, 4);
  bench.append('new 5');
  bench.replica.announce(1, 5);
  await bench.time.pass(2_000);
  expect(bench.delivered.slice(10)).toEqual(['5 new 5']);
});

test('entries that were deleted by age are passed over', async () => {
  const bench = new Bench();
  const replica = new Replica(1, 1, 20, 0, {
    clock: bench.time,
    rttMs: 10,
    fetch: (_, after, __, done) => {
      const first = Math.max(after + 1, 15);
      done({ request: 1, log: 1, epoch: 1, head: 20, first, entries: bench.entries.slice(first - 1, 20) });
    },
    deliver: (seq) => bench.delivered.push(String(seq)),
    caughtUp: () => {},
  });
  bench.fill(20);
  replica.sync(1, 20);
  await bench.time.pass(100);
  expect(bench.delivered).toEqual(['15', '16', '17', '18', '19', '20']);
});

test('following from a seq gives everything behind it, also what was given before', async () => {
  const bench = new Bench(10, 10);
  bench.fill(12);
  bench.push(11);
  bench.push(12);
  bench.replica.follow(8);
  await bench.time.pass(1_000);
  expect(bench.delivered).toEqual([...bench.expected(11, 12), ...bench.expected(9, 12)]);
  expect(bench.caughtUp).toEqual([12]);
});
