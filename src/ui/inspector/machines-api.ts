import {
  array,
  boolean,
  maxLength,
  object,
  optional,
  parse,
  pipe,
  record,
  string,
  unknown,
  ValiError,
} from 'valibot';
import { type CatalogueRow, machines } from '../../actors/machines/catalogue.js';
import type { ChartState } from '../../chart/chart.js';
import { Shortest } from '../../chart/shortest.js';
import { type Question, type Standing, type Step, Stepper } from '../../chart/stepper.js';
import { NatterError } from '../../chat/error.js';
import type { MachineCard, Walked } from './machines-data.js';
import { type Answer, json, type Route } from './route.js';

const STEPS_MAX = 40;
const name = pipe(string(), maxLength(64));
const step = object({ event: pipe(string(), maxLength(200)), answers: record(name, boolean()) });
const walk = object({
  machine: name,
  /** Where it stands; the machine itself says whether there is such a state. Absent: the first step begins it. */
  from: optional(unknown()),
  steps: pipe(array(step), maxLength(STEPS_MAX)),
});
const goal = object({ machine: name, state: pipe(string(), maxLength(200)) });

/** A machine on the bench: stepped through, never run. */
class Bench {
  readonly stepper: Stepper;
  #shortest: Shortest | undefined;

  constructor(machine: CatalogueRow['machine']) {
    this.stepper = new Stepper(machine);
  }

  get shortest(): Shortest {
    this.#shortest ??= new Shortest(this.stepper);
    return this.#shortest;
  }
}

/**
 * The gallery and the simulator as the page asks for them. It keeps nothing of anybody's simulation: where one stands
 * comes with each request.
 */
export class MachinesApi {
  readonly #benches = new Map<string, Bench>();

  get routes(): readonly Route[] {
    return [
      { method: 'GET', path: '/api/machines', answer: () => json(machines.map((row) => this.#card(row))) },
      { method: 'POST', path: '/api/steps', answer: ({ body }) => this.#walk(body) },
      { method: 'POST', path: '/api/ways', answer: ({ body }) => this.#ways(body) },
    ];
  }

  #card({ name: machine, what, runs, file }: CatalogueRow): MachineCard {
    const { chart } = this.#bench(machine).stepper;
    const states = namesIn(chart.root);
    const words = [...new Set([...states, ...chart.edges.map(({ label }) => label)])];
    const transitions = chart.edges.length;
    return { name: machine, what, runs, file, states: states.length, transitions, words };
  }

  #walk(body: unknown): Answer {
    const { machine, from, steps } = checked(() => parse(walk, body));
    const { stepper } = this.#bench(machine);
    return json(walked(stepper, from, steps));
  }

  #ways(body: unknown): Answer {
    const { machine, state } = checked(() => parse(goal, body));
    return json({ ways: this.#bench(machine).shortest.to(state) });
  }

  /** @throws NatterError BAD_ARGUMENT */
  #bench(machine: string): Bench {
    const known = this.#benches.get(machine);
    if (known !== undefined) return known;
    const row = machines.find((each) => each.name === machine);
    if (row === undefined) throw new NatterError('BAD_ARGUMENT', 'There is no such machine; choose another.');
    const bench = new Bench(row.machine);
    this.#benches.set(machine, bench);
    return bench;
  }
}

function walked(stepper: Stepper, from: unknown, steps: readonly Step[]): Walked {
  const standings: Standing[] = [];
  let at = from;
  for (const each of steps) {
    const result = taken(stepper, at, each);
    if ('refused' in result || 'ask' in result) return { standings, ...result };
    standings.push(result);
    at = result.value;
  }
  return { standings };
}

/** A link may have been made by hand, or by another version: what it holds is taken as far as it leads. */
function taken(
  stepper: Stepper,
  from: unknown,
  each: Step,
): Standing | Question | { readonly refused: string } {
  try {
    return from === undefined ? stepper.begin(each.answers) : stepper.step(from, each);
  } catch (error) {
    if (error instanceof RangeError) return { refused: error.message };
    throw error;
  }
}

/** What somebody else sent may be wrong in any way. */
function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValiError) throw new NatterError('BAD_ARGUMENT', 'Send a machine and its steps.');
    throw error;
  }
}

/** Of all states within one. */
function namesIn(state: ChartState): string[] {
  return state.states.flatMap((inner) => [inner.name, ...namesIn(inner)]);
}
