/** One run on a thread of its own: what `Stage` hands there. */
import type { MessagePort } from 'node:worker_threads';
import type { SimFigure } from './figures.js';
import { Run } from './run.js';
import { RUN_MS, type Scenario } from './scenario.js';
import { Trace } from './trace.js';

export interface TraceWish {
  /** Members whose doings are told; none for everybody's. */
  readonly members: readonly number[];
  readonly fromMs: number;
}

export interface Task {
  readonly scenario: Scenario;
  readonly trace?: TraceWish | undefined;
  /** Where `Progress` goes. */
  readonly port?: MessagePort | undefined;
}

/** How far a run is, and what the trace told since the last word. */
export interface Progress {
  readonly virtualMs: number;
  readonly lines: readonly string[];
}

export interface Played {
  readonly figure: SimFigure;
  /** What went wrong that nothing explains, as sentences for people. */
  readonly faults: readonly string[];
}

/** Between two words about how far it is, in virtual time. */
const SLICE_MS = 500;
/**
 * Node cuts small buffers from slabs of this size, and one that is kept keeps its slab: with a thousand peers in one
 * process most memory would be slabs of eight kilobytes with little left in them.
 */
const SLAB_BYTES = 1_024;

export function play({ scenario, trace, port }: Task): Played {
  Buffer.poolSize = SLAB_BYTES;
  let lines: string[] = [];
  const told = trace && new Trace((line) => lines.push(line), trace.members, trace.fromMs);
  const run = new Run(scenario, told);
  for (let virtualMs = SLICE_MS; virtualMs <= RUN_MS; virtualMs += SLICE_MS) {
    run.advance(virtualMs);
    port?.postMessage({ virtualMs, lines } satisfies Progress);
    lines = [];
  }
  const figure = run.figure();
  port?.close();
  return { figure, faults: run.faults };
}
