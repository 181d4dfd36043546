/** `natter sim ring`: many peers of a ring in virtual time, beside plain flooding over the same links. */
import { setImmediate as turn } from 'node:timers/promises';
import { NatterError } from '../../chat/error.js';
import { circumstances, type SimFigure } from '../../sim/figures.js';
import { Run } from '../../sim/run.js';
import { PLAIN, RUN_MS, type Scenario, type System } from '../../sim/scenario.js';
import { Trace } from '../../sim/trace.js';
import { type Console, print, tell } from '../console.js';
import { Exit } from '../exit.js';
import { printJson } from '../json.js';

export interface SimOptions extends Partial<Omit<Scenario, 'system'>> {
  readonly nodes: number;
  readonly system?: System;
  readonly runs?: number;
  readonly trace?: readonly number[] | true;
  readonly traceFrom?: number;
  readonly json?: boolean;
}

/** Between two looks at the real world. */
const SLICE_MS = 500;
const PROGRESS_EVERY_MS = 20_000;
const SYSTEMS: readonly System[] = ['natter', 'flood'];

/**
 * Node cuts small buffers from slabs of this size, and one that is kept keeps its slab: with a thousand peers in one
 * process most memory would be slabs of eight kilobytes with little left in them.
 */
const SLAB_BYTES = 1_024;

export async function run(options: SimOptions, args: readonly string[], console: Console): Promise<Exit> {
  Buffer.poolSize = SLAB_BYTES;
  const [what = ''] = args;
  if (what !== 'ring')
    throw new NatterError('BAD_ARGUMENT', `There is no simulation "${what}"; write natter sim ring.`);
  return (options.runs ?? 1) > 1 ? runMany(options, console) : runOnce(options, console);
}

async function runOnce(options: SimOptions, console: Console): Promise<Exit> {
  const figures: SimFigure[] = [];
  for (const system of systemsOf(options)) {
    const scenario = scenarioOf(options, system, options.seed ?? PLAIN.seed);
    const done = await simulate(scenario, options, console);
    if (done === undefined) return Exit.Error;
    figures.push(done);
    if (options.json) printJson(console, { ...done, ...circumstances(scenario) });
  }
  if (!options.json) for (const line of table(figures)) print(console, line);
  return Exit.Done;
}

/** Flooding brings everybody everything a dozen times: above this it is not run unless it is asked for. */
const FLOOD_NODES_MAX = 200;

function systemsOf({ system, nodes }: SimOptions): readonly System[] {
  if (system !== undefined) return [system];
  return nodes > FLOOD_NODES_MAX ? ['natter'] : SYSTEMS;
}

/** One seed after the other: ends with 1 when anything stayed unexplained. */
async function runMany(options: SimOptions, console: Console): Promise<Exit> {
  const { runs = 1, seed: first = PLAIN.seed, system = 'natter' } = options;
  let [unexplained, broken] = [0, 0];
  for (let seed = first; seed < first + runs; seed++) {
    const scenario = scenarioOf(options, system, seed);
    const done = await simulate(scenario, options, console);
    if (done === undefined) return Exit.Error;
    if (options.json) printJson(console, { ...done, ...circumstances(scenario) });
    if (done.unexplained > 0) unexplained++;
    if (done.assumptionBreaks > 0) broken++;
  }
  const sentence = `${runs} runs: ${unexplained} with something unexplained; in ${broken} an assumption broke.`;
  if (options.json) tell(console, sentence);
  else print(console, sentence);
  return unexplained === 0 ? Exit.Done : Exit.Error;
}

/** @returns undefined when it was interrupted */
async function simulate(
  scenario: Scenario,
  options: SimOptions,
  console: Console,
): Promise<SimFigure | undefined> {
  const startedAt = performance.now();
  const simulation = new Run(scenario, traceOf(options, console));
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  for (let until = SLICE_MS; until <= RUN_MS; until += SLICE_MS) {
    simulation.advance(until);
    // Signals are heard between two turns of the real event loop.
    await turn();
    if (console.stopped.aborted) return undefined;
    if ((options.runs ?? 1) === 1 && until % PROGRESS_EVERY_MS === 0)
      tell(
        console,
        `${scenario.system}: ${until / 1000} of ${RUN_MS / 1000} virtual seconds in ${seconds()} s`,
      );
  }
  const figure = simulation.figure();
  if (figure.unexplained > 0) explain(simulation, console);
  return figure;
}

function explain({ scenario, faults }: Run, console: Console): void {
  tell(console, `Seed ${scenario.seed}: something happened that nothing explains.`);
  for (const fault of faults) tell(console, `  ${fault}`);
  tell(console, `Look at it with: ${commandOf(scenario)} --trace`);
}

/** The command line that repeats this run. */
function commandOf(scenario: Scenario): string {
  const flags = Object.entries(scenario).flatMap(([name, value]) => {
    if (value === PLAIN[name as keyof Scenario] && name !== 'nodes' && name !== 'seed' && name !== 'system')
      return [];
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [`${flag} ${value}`];
  });
  return `natter sim ring ${flags.join(' ')}`;
}

function traceOf({ trace, traceFrom = 0 }: SimOptions, console: Console): Trace | undefined {
  if (trace === undefined) return undefined;
  return new Trace((line) => tell(console, line), trace === true ? [] : trace, traceFrom * 1000);
}

function scenarioOf(options: SimOptions, system: System, seed: number): Scenario {
  const given = Object.entries(options).filter(([name]) => Object.hasOwn(PLAIN, name));
  return { ...PLAIN, ...Object.fromEntries(given), system, seed };
}

type Measured = Exclude<keyof SimFigure, 'event' | 'system' | 'nodes' | 'seed'>;

const LABELS: Readonly<Record<Measured, string>> = {
  delivered: 'delivered, of all pairs',
  deliveredBeforeRepair: 'delivered by broadcast alone',
  rmr: 'copies beyond the first',
  lastHop: 'last hop',
  p50Ms: 'delay, median, ms',
  p99Ms: 'delay, 99 of 100, ms',
  unicastHops: 'hops of a private message',
  detectMs: 'death noticed after, ms',
  falseDeaths: 'taken for dead while alive',
  healMs: 'healed after, ms',
  mergeMs: 'one ring again after, ms',
  controlBytesPerPeerS: 'control bytes per peer and second',
  unexplained: 'unexplained',
  assumptionBreaks: 'assumptions broken',
};
const LABEL_WIDTH = Math.max(...Object.values(LABELS).map((label) => label.length));
const CELL_WIDTH = 12;

/** A row per figure, a column per system. */
function table(figures: readonly SimFigure[]): string[] {
  const row = (label: string, cells: readonly unknown[]) =>
    label.padEnd(LABEL_WIDTH) + cells.map((cell) => String(cell).padStart(CELL_WIDTH)).join('');
  const names = Object.keys(LABELS) as Measured[];
  return [
    row(
      '',
      figures.map(({ system }) => system),
    ),
    ...names.map((name) =>
      row(
        LABELS[name],
        figures.map((figure) => figure[name]),
      ),
    ),
  ];
}
