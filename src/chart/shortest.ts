/**
 * The shortest ways from a machine's start to each of its states, by breadth first over real steps: every event that is
 * answered, with every answer of every guard that is asked.
 */
import type { StateValue } from 'xstate';
import { BEGIN, type Question, type Standing, type Step, type Stepper } from './stepper.js';

/** More places than any machine here has; what lies beyond is not looked at. */
const PLACES_MAX = 2_000;
/** Of equally short ways so many are told. */
const WAYS_MAX = 8;

/** Somewhere a machine can stand, and how it is reached in the fewest steps. */
interface Place {
  readonly standing: Standing;
  readonly steps: number;
  /** Every last step of a shortest way. */
  readonly before: Arrival[];
}

interface Arrival {
  /** Undefined: the start. */
  readonly from: Place | undefined;
  readonly step: Step;
}

export class Shortest {
  readonly #stepper: Stepper;
  readonly #places = new Map<string, Place>();
  /** How states are come by that nothing stays in, in the fewest steps. */
  readonly #passed = new Map<string, Pick<Place, 'steps' | 'before'>>();

  /** Walks the whole machine: some milliseconds for one of ours. */
  constructor(stepper: Stepper) {
    this.#stepper = stepper;
    this.#walk();
  }

  /** Ids of the states that can be reached at all. */
  get reachable(): ReadonlySet<string> {
    const stood = [...this.#places.values()].flatMap(({ standing }) => standing.active);
    return new Set([...stood, ...this.#passed.keys()]);
  }

  /**
   * The shortest ways to a state, each from the start (`BEGIN`) on; none to one that cannot be reached.
   * @param state id
   */
  to(state: string): readonly (readonly Step[])[] {
    const places = [...this.#places.values()].filter(({ standing }) => standing.active.includes(state));
    const passed = this.#passed.get(state);
    const goals = places.length > 0 || passed === undefined ? places : [passed];
    const fewest = Math.min(...goals.map(({ steps }) => steps));
    const ways: (readonly Step[])[] = [];
    for (const goal of goals) if (goal.steps === fewest) collect(goal, [], ways);
    return ways;
  }

  #walk(): void {
    const queue: Place[] = [];
    const arrive = (from: Place | undefined, step: Step, standing: Standing) => {
      const key = JSON.stringify(standing.value);
      const steps = (from?.steps ?? -1) + 1;
      this.#pass({ from, step }, standing, steps);
      const known = this.#places.get(key);
      if (known !== undefined) {
        if (known.steps === steps) known.before.push({ from, step });
        return;
      }
      if (this.#places.size >= PLACES_MAX) return;
      const place = { standing, steps, before: [{ from, step }] };
      this.#places.set(key, place);
      queue.push(place);
    };
    for (const [step, standing] of answered(BEGIN, (answers) => this.#stepper.begin(answers)))
      arrive(undefined, step, standing);
    for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
      const { value, offers } = place.standing;
      for (const { event } of offers)
        for (const [step, standing] of answered(event, this.#stepFrom(value, event)))
          arrive(place, step, standing);
    }
  }

  #pass(arrival: Arrival, { taken }: Standing, steps: number): void {
    if (taken.length < 2 && arrival.step.event !== BEGIN) return;
    const edges = this.#stepper.chart.edges.filter(({ id }) => taken.includes(id));
    const touched = new Set(
      edges.flatMap(({ kind, source, targets }) => (kind === 'always' ? [source] : targets)),
    );
    for (const state of touched) {
      const known = this.#passed.get(state);
      if (known?.steps === steps) known.before.push(arrival);
      else if (known === undefined) this.#passed.set(state, { steps, before: [arrival] });
    }
  }

  #stepFrom(value: StateValue, event: string): (answers: Step['answers']) => Standing | Question {
    return (answers) => this.#stepper.step(value, { event, answers });
  }
}

/** One event with whatever its guards may answer; each guard is asked only where another one's answer leads to it. */
function answered(
  event: string,
  run: (answers: Step['answers']) => Standing | Question,
  answers: Step['answers'] = {},
): (readonly [Step, Standing])[] {
  const result = attempt(run, answers);
  if (result === undefined) return [];
  if (!('ask' in result)) return [[{ event, answers }, result]];
  return [true, false].flatMap((answer) => answered(event, run, { ...answers, [result.ask]: answer }));
}

/** Undefined when the machine goes round for ever with these answers: that way leads nowhere. */
function attempt(
  run: (answers: Step['answers']) => Standing | Question,
  answers: Step['answers'],
): Standing | Question | undefined {
  try {
    return run(answers);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Backwards from a place to the start. */
function collect(place: Pick<Place, 'before'>, rest: readonly Step[], ways: (readonly Step[])[]): void {
  for (const { from, step } of place.before) {
    if (ways.length >= WAYS_MAX) return;
    if (from === undefined) ways.push([step, ...rest]);
    else collect(from, [step, ...rest], ways);
  }
}
