import { type ChildProcess, fork } from 'node:child_process';
import { ask, ended, next } from './children.js';
import type { RunOrder, RunResult } from './crowd.js';
import type { HubAddress } from './hub.js';

/** One line of `natter bench fanout --json`. */
export interface FanoutFigure {
  readonly event: 'bench';
  readonly name: 'fanout';
  readonly system: 'natter' | 'ws';
  readonly members: number;
  readonly inFlight: number;
  readonly messages: number;
  readonly cpuUsPerDelivery: number;
  readonly deliveriesPerS: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const MEMBERS = 200;
/** A server that has run for a while has its code compiled: the first thousands of messages are not counted. */
const WARM_UP: RunOrder = { inFlight: 32, pauseMs: 0, forMs: 3_000 };
const SETTLE_MS = 500;
const RUN_MS = 4_000;
const IDLE_PAUSE_MS = 5;

/**
 * One room of 200 members over real sockets, 64-byte texts: processor time of the server (all threads) per
 * delivery, at 1 and at 32 messages in flight, and between two members of an idle server; then the same
 * through a `ws` hub, which neither encrypts nor stores. Figures come as they are measured.
 */
export async function benchFanout(show: (figure: FanoutFigure) => void): Promise<void> {
  for (const system of ['natter', 'ws'] as const) {
    for (const members of [MEMBERS, 2]) await measure(system, members, show);
  }
}

async function measure(
  system: 'natter' | 'ws',
  members: number,
  show: (figure: FanoutFigure) => void,
): Promise<void> {
  const hub = fork(new URL('./hub.js', import.meta.url), [system]);
  const children = [hub];
  try {
    const { host, port } = await next<HubAddress>(hub);
    const crowd = fork(new URL('./crowd.js', import.meta.url), [system, host, `${port}`, `${members}`]);
    children.unshift(crowd);
    await next(crowd);
    for (const inFlight of members === 2 ? [1] : [1, 32]) {
      show({
        event: 'bench',
        name: 'fanout',
        system,
        members,
        inFlight,
        ...(await run(hub, crowd, members, inFlight)),
      });
    }
    for (const child of children) {
      child.send('stop');
      await ended(child);
    }
  } finally {
    // After a failure one of them may still wait for the other.
    for (const child of children) child.kill('SIGKILL');
  }
}

async function run(hub: ChildProcess, crowd: ChildProcess, members: number, inFlight: number) {
  const pauseMs = members === 2 ? IDLE_PAUSE_MS : 0;
  await ask<RunResult>(crowd, WARM_UP);
  await ask<RunResult>(crowd, { inFlight, pauseMs, forMs: SETTLE_MS });
  const before = await ask<{ cpuUs: number }>(hub, 'cpu');
  const result = await ask<RunResult>(crowd, { inFlight, pauseMs, forMs: RUN_MS });
  const after = await ask<{ cpuUs: number }>(hub, 'cpu');
  return {
    messages: result.messages,
    cpuUsPerDelivery: round((after.cpuUs - before.cpuUs) / result.deliveries),
    deliveriesPerS: Math.round((result.deliveries / result.elapsedMs) * 1000),
    p50Us: result.p50Us,
    p99Us: result.p99Us,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
