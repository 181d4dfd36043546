/**
 * What it costs to be watched: the same work in turns with and without somebody who watches, many short phases of
 * each, since a shared machine is now quicker and now slower. The watcher chooses the busiest actor.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspectableOf } from '../actors/inspectable-system.js';
import { Kind } from '../actors/runtime/actor.js';
import { startSystem } from '../actors/runtime/supervisor.js';
import { ask, ended, next } from './children.js';
import type { RunOrder, RunResult } from './crowd.js';
import type { HubAddress } from './hub.js';
import { Onlooker } from './onlooker.js';
import { pitch } from './runtime.js';
import { Mode } from './runtime-actors.js';

const PAIRS = 40;
const IN_FLIGHT = 64;
const MESSAGES = 150_000;
const MEMBERS = 50;
const ROOM_IN_FLIGHT = 32;
const PHASE_MS = 300;
const WARM_UP_MS = 3_000;
/** A watcher has been told everything by then, and one that left is forgotten. */
const SETTLE_MS = 250;
const CROWD = 10_000;
const QUIET_MS = 3_000;

type Show = (figure: object) => void;

/** `natter bench inspector`. */
export async function benchInspector(show: Show): Promise<void> {
  const tell = (work: string, figures: object) =>
    show({ event: 'bench', name: 'inspector', system: 'natter', work, ...figures });
  tell('told and told back', await messages());
  tell('one room', await room());
  tell('ten thousand actors', await crowd());
}

/** Two busy actors on two threads: messages a second. */
async function messages(): Promise<object> {
  const module = new URL('./runtime-actors.js', import.meta.url);
  const system = await startSystem({
    threads: [
      { name: 'pitcher', module, kinds: [Kind.Session] },
      { name: 'catcher', module, kinds: [Kind.Room] },
    ],
    main: { kinds: [Kind.Test], start: () => [] },
  });
  const run = async (): Promise<Phase> => {
    const cpu = process.cpuUsage();
    const us = await pitch(system, Mode.tell, MESSAGES, IN_FLIGHT);
    const { user, system: kernel } = process.cpuUsage(cpu);
    return { perS: 2e6 / us, cpuUs: (user + kernel) / (2 * MESSAGES) };
  };
  await run();
  const figures = await alternate(run, async (isWatched) => {
    if (!isWatched) return undefined;
    return new Onlooker(inspectableOf(system.looks), (actor) => actor.startsWith('room/'));
  });
  await system.stop(1_000);
  return { inFlight: IN_FLIGHT, ...figures('messages') };
}

/** A room of a real server, its members on real sockets: deliveries a second. */
async function room(): Promise<object> {
  const hub = fork(new URL('./hub.js', import.meta.url), ['natter']);
  const children: ChildProcess[] = [hub];
  try {
    const { host, port } = await next<HubAddress>(hub);
    const members = fork(new URL('./crowd.js', import.meta.url), ['natter', host, `${port}`, `${MEMBERS}`]);
    children.unshift(members);
    await next(members);
    const order: RunOrder = { inFlight: ROOM_IN_FLIGHT, pauseMs: 0, forMs: PHASE_MS };
    await ask<RunResult>(members, { ...order, forMs: WARM_UP_MS });
    const run = async (): Promise<Phase> => {
      const before = await ask<{ cpuUs: number }>(hub, 'cpu');
      const { deliveries, elapsedMs } = await ask<RunResult>(members, order);
      const after = await ask<{ cpuUs: number }>(hub, 'cpu');
      return { perS: (deliveries / elapsedMs) * 1_000, cpuUs: (after.cpuUs - before.cpuUs) / deliveries };
    };
    const figures = await alternate(run, async (isWatched) => {
      hub.send(isWatched ? 'watched' : 'unwatched');
      return undefined;
    });
    for (const child of children) {
      child.send('stop');
      await ended(child);
    }
    return { members: MEMBERS, inFlight: ROOM_IN_FLIGHT, ...figures('deliveries') };
  } finally {
    // After a failure one of them may still wait for the other.
    for (const child of children) child.kill('SIGKILL');
  }
}

/** Many actors: how long until all are told of, what that takes, and what it costs while nothing happens. */
async function crowd(): Promise<object> {
  const module = new URL('./crowded-actors.js', import.meta.url);
  const system = await startSystem({
    threads: [{ name: 'core', module, kinds: [Kind.Room] }],
    main: { kinds: [Kind.Test], start: () => [] },
  });
  const empty = Buffer.alloc(0);
  for (let key = 0; key < CROWD; key++) system.main.tell({ kind: Kind.Room, key }, 1, empty);
  const stats = async () => (await system.thread('core').stats(5_000)).actors.door ?? 0;
  while ((await stats()) < CROWD) await sleep(SETTLE_MS);
  const before = process.memoryUsage.rss();
  const since = performance.now();
  const onlooker = new Onlooker(inspectableOf(system.looks), (actor) => actor === 'room/0');
  await onlooker.sees(CROWD);
  const toldMs = Math.round(performance.now() - since);
  const { bytes } = onlooker;
  const rssMb = Math.round((process.memoryUsage.rss() - before) / 1e5) / 10;
  const cpu = process.cpuUsage();
  await sleep(QUIET_MS);
  const { user, system: kernel } = process.cpuUsage(cpu);
  onlooker.close();
  await system.stop(1_000);
  const quietCpuPercent = Math.round((user + kernel) / QUIET_MS) / 10;
  return { actors: CROWD, toldMs, frameMb: Math.round(bytes / 1e5) / 10, rssMb, quietCpuPercent };
}

/** What was done a second, and what each took of all threads together. */
interface Phase {
  readonly perS: number;
  readonly cpuUs: number;
}

type Figures = (unit: string) => object;

/**
 * Runs phases in turns, so that the machine is the same for both; who is first changes from pair to pair.
 */
async function alternate(
  run: () => Promise<Phase>,
  watch: (isWatched: boolean) => Promise<Onlooker | undefined>,
): Promise<Figures> {
  const pairs: { readonly unwatched: Phase; readonly watched: Phase }[] = [];
  const phase = async (isWatched: boolean) => {
    const onlooker = await watch(isWatched);
    await sleep(SETTLE_MS);
    const figures = await run();
    onlooker?.close();
    return figures;
  };
  for (let i = 0; i < PAIRS; i++) {
    const isFirst = i % 2 === 0;
    const first = await phase(isFirst);
    const second = await phase(!isFirst);
    pairs.push(isFirst ? { watched: first, unwatched: second } : { watched: second, unwatched: first });
  }
  return (unit) => {
    const [unwatched, watched] = [
      best(pairs.map((pair) => pair.unwatched)),
      best(pairs.map((pair) => pair.watched)),
    ];
    return {
      pairs: PAIRS,
      [`${unit}PerSUnwatched`]: Math.round(unwatched.perS),
      [`${unit}PerSWatched`]: Math.round(watched.perS),
      costPercent: percent(1 - watched.perS / unwatched.perS),
      cpuUsUnwatched: round(unwatched.cpuUs),
      cpuUsWatched: round(watched.cpuUs),
      cpuCostPercent: percent(watched.cpuUs / unwatched.cpuUs - 1),
    };
  };
}

/** What the best quarter of the phases reaches: on a shared machine noise only ever slows down. */
function best(phases: readonly Phase[]): Phase {
  const quarter = (figures: readonly number[]) =>
    [...figures].sort((a, b) => a - b)[figures.length >> 2] ?? 0;
  return {
    perS: -quarter(phases.map(({ perS }) => -perS)),
    cpuUs: quarter(phases.map(({ cpuUs }) => cpuUs)),
  };
}

function percent(share: number): number {
  return Math.round(share * 1_000) / 10;
}

function round(figure: number): number {
  return Math.round(figure * 1_000) / 1_000;
}
