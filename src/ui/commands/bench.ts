/** `natter bench NAME`: measures beside a peer in the same run. */
import { NatterError } from '../../chat/error.js';
import { nearest } from '../../chat/nearest.js';
import { type Console, print } from '../console.js';
import { Exit } from '../exit.js';
import { printJson } from '../json.js';

export interface BenchOptions {
  readonly json?: boolean;
}

/** A measurement shows each figure as it has it. */
type Bench = (show: (figure: object) => void) => Promise<void>;

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  fanout: async () => (await import('../../bench/fanout.js')).benchFanout,
  files: async () => (await import('../../bench/files.js')).benchFiles,
  connection: async () => (await import('../../bench/connection.js')).benchConnection,
  runtime: async () => (await import('../../bench/runtime.js')).benchRuntime,
  inspector: async () => (await import('../../bench/inspector.js')).benchInspector,
  pane: async () => (await import('../../bench/pane.js')).benchPane,
};

export async function run(options: BenchOptions, args: readonly string[], console: Console): Promise<Exit> {
  const name = args[0] ?? '';
  const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!load) {
    const names = Object.keys(BENCHES);
    const meant = nearest(name, names) ?? names.join(', ');
    throw new NatterError('BAD_ARGUMENT', `There is no bench "${name}"; there is ${meant}.`);
  }
  const bench = await load();
  await bench((figure) => {
    if (options.json) printJson(console, figure);
    else print(console, readable(figure));
  });
  return Exit.Done;
}

/** `fanout natter  members 200  inFlight 32  cpuUsPerDelivery 1.21 ...` */
function readable(figure: object): string {
  const { event: _, name, system, ...rest } = figure as Record<string, unknown>;
  const facts = Object.entries(rest).map(([key, value]) => `${key} ${shown(value)}`);
  return [`${String(name)} ${String(system)}`, ...facts].join('  ');
}

function shown(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) || Math.abs(value) >= 1000
    ? String(Math.round(value))
    : value.toPrecision(3);
}
