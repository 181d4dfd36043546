import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reader } from '../../src/net/bytes.js';
import { STREAM_LIFE_MS } from '../../src/net/constants.js';
import { entryCodec } from '../../src/net/entry.js';
import type { LmdbLogStore } from '../../src/store/logs.js';
import type { Append } from '../../src/store/types.js';
import { account, ManualTimers, openLogs, post, temporaryFolder } from './support.js';

const DAY_MS = 24 * 3600 * 1000;
const LOGS = [1, 2, 3];

/** What a log store is, in a page: maps and lists that are copied whole. */
interface Model {
  /** Entries per log, in order. */
  readonly logs: Map<number, { at: number; body: string }[]>;
  /** Seqs of the accepted counters, per stream and log. */
  readonly streams: Map<number, { used: number; expired: boolean; seqs: Map<number, number[]> }>;
  readonly journal: string[];
  readonly cursors: Map<string, number>;
}

interface World {
  readonly folder: string;
  readonly timers: ManualTimers;
  logs: LmdbLogStore;
  full: boolean;
  wall: number;
}

const open = (world: Pick<World, 'folder' | 'timers'> & { full: boolean }): LmdbLogStore =>
  openLogs(world.folder, {
    timers: world.timers,
    beforeCommit: () => {
      if (world.full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  });

/** `offset` from the next counter: 0 is the next, negative a repeat, positive a gap. */
interface Try {
  readonly stream: number;
  readonly log: number;
  readonly offset: number;
}

const seqsOf = (model: Model, stream: number, log: number): number[] =>
  model.streams.get(stream)?.seqs.get(log) ?? [];

function expectedOf(model: Model, one: Append, stream: number, wall: number, fault: boolean): object {
  const entries = model.logs.get(one.log) ?? [];
  const known = model.streams.get(stream);
  if (known?.expired) return { ok: false, code: 'STREAM_EXPIRED' };
  const seqs = seqsOf(model, stream, one.log);
  if (one.counter >= 1 && one.counter <= seqs.length) {
    const seq = seqs[one.counter - 1] ?? 0;
    return { ok: true, repeat: true, seq, at: entries[seq - 1]?.at };
  }
  if (one.counter !== seqs.length + 1) return { ok: false, code: 'GAP', expected: seqs.length + 1 };
  if (fault) return { ok: false, code: 'READ_ONLY' };
  const at = Math.max(wall, entries.at(-1)?.at ?? 0);
  const seq = entries.length + 1;
  model.logs.set(one.log, [...entries, { at, body: one.body.toString() }]);
  const stored = known ?? { used: wall, expired: false, seqs: new Map() };
  if (wall - stored.used >= DAY_MS) stored.used = wall;
  stored.seqs.set(one.log, [...seqs, seq]);
  model.streams.set(stream, stored);
  return { ok: true, repeat: false, seq, at };
}

class AppendCommand implements fc.AsyncCommand<Model, World> {
  constructor(
    readonly tries: readonly Try[],
    readonly elapsed: number,
  ) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, world: World): Promise<void> {
    world.wall = Math.max(0, world.wall + this.elapsed);
    const reached = new Map<string, number>();
    const batch = this.tries.map(({ stream, log, offset }) => {
      const key = `${stream}/${log}`;
      const next = reached.get(key) ?? seqsOf(model, stream, log).length + 1;
      if (offset === 0) reached.set(key, next + 1);
      return post(stream, Math.max(0, next + offset), { log });
    });
    const fault = world.logs.fault !== undefined;
    const before = structuredClone(model);
    const expected = batch.map((one, index) =>
      expectedOf(model, one, this.tries[index]?.stream ?? 0, world.wall, fault),
    );
    const results = await world.logs.append(batch, world.wall);
    if (world.full && !fault) {
      expect(results).toMatchObject(batch.map(() => ({ ok: false, code: 'DISK_FULL' })));
      for (const name of ['logs', 'streams'] as const) {
        (model[name] as Map<unknown, unknown>).clear();
        for (const [key, value] of before[name]) (model[name] as Map<unknown, unknown>).set(key, value);
      }
      return;
    }
    expect(results).toMatchObject(expected);
  }
  toString(): string {
    return `append(${JSON.stringify(this.tries)}, +${this.elapsed})`;
  }
}

/** A command without parameters worth shrinking. */
const command = (
  name: string,
  act: (model: Model, world: World) => Promise<void>,
): fc.AsyncCommand<Model, World> => ({
  check: () => true,
  run: act,
  toString: () => name,
});

const readAll = command('readAll', async (model, world) => {
  for (const log of LOGS) {
    const expected = model.logs.get(log) ?? [];
    const read: { at: number; body: string }[] = [];
    for (;;) {
      const { entries, head } = world.logs.read(log, read.length, 4, 200);
      expect(head.seq).toBe(expected.length);
      if (entries.length === 0) break;
      for (const entry of entries) {
        const { at, body } = entryCodec.decode(new Reader(entry));
        read.push({ at, body: body.toString() });
      }
    }
    expect(read).toEqual(expected);
  }
  const { records, last } = world.logs.journalRead(0, 1e6);
  expect([records.map(String), last]).toEqual([model.journal, model.journal.length]);
});

const reopen = command('reopen', async (_, world) => {
  await world.logs.close();
  world.timers.due.clear();
  world.logs = open(world);
});

const fillDisk = command('fillDisk', async (_, world) => {
  world.full = true;
});

const makeRoom = command('makeRoom', async (_, world) => {
  world.full = false;
  world.timers.fire();
  expect(world.logs.fault).toBeUndefined();
});

const journal = (text: string) =>
  command(`journal(${text})`, async (model, world) => {
    const fault = world.logs.fault !== undefined || world.full;
    const done = world.logs.journal([Buffer.from(text), Buffer.from(`${text}!`)]);
    if (fault) {
      await expect(done).rejects.toThrow();
      return;
    }
    model.journal.push(text, `${text}!`);
    expect(await done).toBe(model.journal.length);
  });

const cursor = (log: number, seq: number) =>
  command(`cursor(${log}, ${seq})`, async (model, world) => {
    if (world.logs.fault !== undefined || world.full) return;
    const key = `${log}`;
    const holds = Math.max(model.cursors.get(key) ?? 0, seq);
    model.cursors.set(key, holds);
    expect(await world.logs.cursor(account(1), log, seq)).toBe(holds);
    expect(world.logs.cursors(account(1), LOGS)).toEqual(LOGS.map((one) => model.cursors.get(`${one}`) ?? 0));
  });

const sweep = command('sweep', async (model, world) => {
  if (world.logs.fault !== undefined || world.full) return;
  while (await world.logs.sweep(world.wall));
  for (const [number, stream] of model.streams) {
    const idle = world.wall - stream.used;
    if (idle >= 4 * STREAM_LIFE_MS) model.streams.delete(number);
    else if (idle >= STREAM_LIFE_MS + DAY_MS) {
      stream.expired = true;
      stream.seqs.clear();
    }
  }
});

const tries = fc.array(
  fc.record({
    stream: fc.integer({ min: 1, max: 3 }),
    log: fc.constantFrom(...LOGS),
    offset: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: -4, max: 3 }) },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);
const elapsed = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5_000, max: 100_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * DAY_MS }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: STREAM_LIFE_MS }) },
);

test('a log store does what its model does, through restarts, full disks and sweeps', async () => {
  const commands = fc.commands(
    [
      fc.tuple(tries, elapsed).map(([batch, ms]) => new AppendCommand(batch, ms)),
      fc.constant(readAll),
      fc.constant(reopen),
      fc.constant(fillDisk),
      fc.constant(makeRoom),
      fc.constant(sweep),
      fc.string({ maxLength: 5 }).map(journal),
      fc
        .tuple(fc.constantFrom(...LOGS), fc.integer({ min: 0, max: 30 }))
        .map(([log, seq]) => cursor(log, seq)),
    ],
    { size: '+1' },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (script) => {
      const world = {
        folder: temporaryFolder(),
        timers: new ManualTimers(),
        full: false,
        wall: 1_000,
      } as World;
      world.logs = open(world);
      const model: Model = { logs: new Map(), streams: new Map(), journal: [], cursors: new Map() };
      try {
        await fc.asyncModelRun(() => ({ model, real: world }), script);
      } finally {
        world.full = false;
        await world.logs.close();
      }
    }),
    { numRuns: 60, seed: 20_260_101, endOnFailure: false },
  );
}, 60_000);
