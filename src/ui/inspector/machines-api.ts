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
import type { CatalogueRow } from '../../actors/machines/catalogue.js';
import type { Chart, ChartState } from '../../chart/chart.js';
import type { Shortest } from '../../chart/shortest.js';
import type { Standing, Step, Stepper } from '../../chart/stepper.js';
import { NatterError } from '../../chat/error.js';
import type { MachineCard, Walked } from './machines-data.js';
import { type Answer, json, type Route, wanted } from './route.js';

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
interface Bench {
  readonly stepper: Stepper;
  readonly shortest: () => Shortest;
}

/**
 * The gallery and the simulator as the page asks for them. It keeps nothing of anybody's simulation: where one stands
 * comes with each request. Loaded with the first request: every machine of the program comes with it.
 */
export class MachinesApi {
  readonly #benches = new Map<string, Bench>();

  get routes(): readonly Route[] {
    return [
      { method: 'GET', path: '/api/machines', answer: () => this.#cards() },
      {
        method: 'GET',
        path: '/api/statechart',
        answer: ({ query }) => this.#chart(wanted(query, 'machine')),
      },
      { method: 'POST', path: '/api/steps', answer: ({ body }) => this.#walk(body) },
      { method: 'POST', path: '/api/ways', answer: ({ body }) => this.#ways(body) },
    ];
  }

  async #cards(): Promise<Answer> {
    const rows = await catalogue();
    const cards = rows.map(async ({ name: machine, what, runs, file }): Promise<MachineCard> => {
      const { chart } = (await this.#bench(machine)).stepper;
      const states = namesIn(chart.root);
      const words = [...new Set([...states, ...chart.edges.map(({ label }) => label)])];
      const transitions = chart.edges.length;
      return { name: machine, what, runs, file, states: states.length, transitions, words };
    });
    return json(await Promise.all(cards));
  }

  async #chart(machine: string): Promise<Answer> {
    const { chart } = (await this.#bench(machine)).stepper;
    return json(chart satisfies Chart);
  }

  async #walk(body: unknown): Promise<Answer> {
    const { machine, from, steps } = checked(() => parse(walk, body));
    const { stepper } = await this.#bench(machine);
    return json(checked(() => walked(stepper, from, steps)));
  }

  async #ways(body: unknown): Promise<Answer> {
    const { machine, state } = checked(() => parse(goal, body));
    const bench = await this.#bench(machine);
    return json({ ways: bench.shortest().to(state) });
  }

  /** @throws NatterError BAD_ARGUMENT */
  async #bench(machine: string): Promise<Bench> {
    const known = this.#benches.get(machine);
    if (known !== undefined) return known;
    const row = (await catalogue()).find((each) => each.name === machine);
    if (row === undefined) throw new NatterError('BAD_ARGUMENT', 'There is no such machine; choose another.');
    const [stepping, finding] = await Promise.all([
      import('../../chart/stepper.js'),
      import('../../chart/shortest.js'),
    ]);
    const stepper = new stepping.Stepper(row.machine);
    let shortest: Shortest | undefined;
    const bench = {
      stepper,
      shortest: () => {
        shortest ??= new finding.Shortest(stepper);
        return shortest;
      },
    };
    this.#benches.set(machine, bench);
    return bench;
  }
}

async function catalogue(): Promise<readonly CatalogueRow[]> {
  return (await import('../../actors/machines/catalogue.js')).machines;
}

function walked(stepper: Stepper, from: unknown, steps: readonly Step[]): Walked {
  const standings: Standing[] = [];
  let at = from;
  for (const each of steps) {
    const result = at === undefined ? stepper.begin(each.answers) : stepper.step(at, each);
    if ('ask' in result) return { standings, ask: result.ask };
    standings.push(result);
    at = result.value;
  }
  return { standings };
}

/** What somebody else sent may be wrong in any way. */
function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new NatterError('BAD_ARGUMENT', `${error.message} Start anew.`);
    if (error instanceof ValiError) throw new NatterError('BAD_ARGUMENT', 'Send a machine and its steps.');
    throw error;
  }
}

/** Of all states within one. */
function namesIn(state: ChartState): string[] {
  return state.states.flatMap((inner) => [inner.name, ...namesIn(inner)]);
}
