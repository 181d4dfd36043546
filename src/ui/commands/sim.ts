/** `natter sim ring`: many peers of a ring in virtual time, beside plain flooding over the same links. */
import { NatterError } from '../../chat/error.js';
import { circumstances, type SimFigure } from '../../sim/figures.js';
import type { Played, Progress, TraceWish } from '../../sim/play.js';
import { PLAIN, RUN_MS, type Scenario, type System } from '../../sim/scenario.js';
import { Stage } from '../../sim/stage.js';
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

const PROGRESS_EVERY_MS = 20_000;
const SYSTEMS: readonly System[] = ['natter', 'flood'];

export async function run(options: SimOptions, args: readonly string[], console: Console): Promise<Exit> {
  const [what = ''] = args;
  if (what !== 'ring')
    throw new NatterError('BAD_ARGUMENT', `There is no simulation "${what}"; write natter sim ring.`);
  if (console.stopped.aborted) return Exit.Error;
  const stage = new Stage();
  const close = () => void stage.close();
  console.stopped.addEventListener('abort', close, { once: true });
  try {
    return await ((options.runs ?? 1) > 1 ? runMany : runOnce)(options, console, stage);
  } finally {
    console.stopped.removeEventListener('abort', close);
    await stage.close();
  }
}

async function runOnce(options: SimOptions, console: Console, stage: Stage): Promise<Exit> {
  const scenarios = systemsOf(options).map((system) =>
    scenarioOf(options, system, options.seed ?? PLAIN.seed),
  );
  const figures: SimFigure[] = [];
  for await (const { scenario, played } of all(scenarios, options, console, stage)) {
    explain(scenario, played, console);
    figures.push(played.figure);
    if (options.json) printJson(console, { ...played.figure, ...circumstances(scenario) });
  }
  if (console.stopped.aborted) return Exit.Error;
  if (!options.json) for (const line of table(figures)) print(console, line);
  return Exit.Done;
}

/** Flooding brings everybody everything a dozen times: above this it is not run unless it is asked for. */
const FLOOD_NODES_MAX = 200;

function systemsOf({ system, nodes }: SimOptions): readonly System[] {
  if (system !== undefined) return [system];
  return nodes > FLOOD_NODES_MAX ? ['natter'] : SYSTEMS;
}

/** Many seeds, told in their order: ends with 1 when anything stayed unexplained. */
async function runMany(options: SimOptions, console: Console, stage: Stage): Promise<Exit> {
  const { runs = 1, seed: first = PLAIN.seed, system = 'natter' } = options;
  const scenarios = Array.from({ length: runs }, (_, index) => scenarioOf(options, system, first + index));
  let [unexplained, broken] = [0, 0];
  for await (const { scenario, played } of all(scenarios, options, console, stage)) {
    const { figure } = played;
    explain(scenario, played, console);
    if (options.json) printJson(console, { ...figure, ...circumstances(scenario) });
    if (figure.unexplained > 0) unexplained++;
    if (figure.assumptionBreaks > 0) broken++;
  }
  if (console.stopped.aborted) return Exit.Error;
  const sentence = `${runs} runs: ${unexplained} with something unexplained; in ${broken} an assumption broke.`;
  if (options.json) tell(console, sentence);
  else print(console, sentence);
  return unexplained === 0 ? Exit.Done : Exit.Error;
}

interface Done {
  readonly scenario: Scenario;
  readonly played: Played;
}

/** Plays all of them, several at once, and yields them in their order; ends early when it is interrupted. */
async function* all(
  scenarios: readonly Scenario[],
  options: SimOptions,
  console: Console,
  stage: Stage,
): AsyncGenerator<Done> {
  const startedAt = performance.now();
  const isLong = scenarios.length > SYSTEMS.length;
  const trace = traceOf(options);
  const begin = (scenario: Scenario) => {
    const progress = ({ virtualMs, lines }: Progress) => {
      for (const line of lines) tell(console, line);
      if (isLong || virtualMs % PROGRESS_EVERY_MS !== 0) return;
      const far = `${virtualMs / 1000} of ${RUN_MS / 1000} virtual seconds`;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      tell(console, `${scenario.system}: ${far} in ${seconds} s`);
    };
    const played = stage.play(scenario, isLong && trace === undefined ? {} : { trace, progress });
    // Whoever waits for an earlier one must not miss that this one failed.
    played.catch(() => undefined);
    return { scenario, played };
  };
  // What a trace tells is told of one run after the other.
  const width = trace === undefined ? stage.width : 1;
  const begun = scenarios.slice(0, width).map(begin);
  for (let next = begun.shift(); next !== undefined; next = begun.shift()) {
    const { scenario, played } = next;
    const done = await played;
    if (done === undefined) return;
    const later = scenarios[scenarios.indexOf(scenario) + width];
    if (later !== undefined) begun.push(begin(later));
    yield { scenario, played: done };
  }
}

function explain(scenario: Scenario, { figure, faults }: Played, console: Console): void {
  if (figure.unexplained === 0) return;
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

function traceOf({ trace, traceFrom = 0 }: SimOptions): TraceWish | undefined {
  if (trace === undefined) return undefined;
  return { members: trace === true ? [] : trace, fromMs: traceFrom * 1000 };
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
