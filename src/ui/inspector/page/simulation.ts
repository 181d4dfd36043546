import type { Standing, Step } from '../../../chart/stepper.js';
import type { Walked } from '../machines-data.js';
import { BEGIN } from './step-text.js';

/** Of one request; it must fit into what the server takes. */
const STEPS_AT_ONCE = 10;

/** A step that was taken, and where it led. */
export interface Taken {
  readonly step: Step;
  /** For people: `after retryMs`. */
  readonly label: string;
  readonly standing: Standing;
}

/** What the person says of a guard; undefined: they would rather not take the step. */
export type AskGuard = (guard: string, event: string) => Promise<boolean | undefined>;

/** Asks the server. */
export interface Poster {
  post<T>(path: string, body: unknown): Promise<T>;
}

/** One machine on the bench, step by step. The server does each step and remembers none; where one stands is kept here. */
export class Simulation {
  readonly machine: string;
  readonly #api: Poster;
  #taken: readonly Taken[] = [];

  constructor(api: Poster, machine: string) {
    this.#api = api;
    this.machine = machine;
  }

  /** From the beginning on. */
  get taken(): readonly Taken[] {
    return this.#taken;
  }

  get steps(): readonly Step[] {
    return this.#taken.map(({ step }) => step);
  }

  get standing(): Standing | undefined {
    return this.#taken.at(-1)?.standing;
  }

  /**
   * Begins anew and takes these steps; what was taken already is not taken again.
   * @throws Error when a step cannot be taken; those before it stay taken
   */
  async load(steps: readonly Step[], ask: AskGuard): Promise<void> {
    const same = steps.findIndex((step, index) => !isSame(step, this.#taken[index]?.step));
    this.#taken = this.#taken.slice(0, same < 0 ? steps.length : same);
    for (let at = this.#taken.length; at < steps.length; at = this.#taken.length) {
      const batch = steps.slice(at, at + STEPS_AT_ONCE);
      const { ask: asked } = await this.#walk(batch);
      const open = steps[this.#taken.length];
      if (asked === undefined || open === undefined) continue;
      if (!(await this.#take(open, ask))) return;
    }
  }

  /** Takes one step. @returns false when the person would rather not. @throws Error */
  async take(event: string, ask: AskGuard): Promise<boolean> {
    return this.#take({ event, answers: {} }, ask);
  }

  /** Goes back until only so many steps are taken. The beginning stays. */
  backTo(count: number): void {
    this.#taken = this.#taken.slice(0, Math.max(1, count));
  }

  async #take(step: Step, ask: AskGuard): Promise<boolean> {
    let { answers } = step;
    for (;;) {
      const { ask: asked } = await this.#walk([{ event: step.event, answers }]);
      if (asked === undefined) return true;
      const answer = await ask(asked, step.event);
      if (answer === undefined) return false;
      answers = { ...answers, [asked]: answer };
    }
  }

  async #walk(steps: readonly Step[]): Promise<Walked> {
    const from = this.standing?.value;
    const body = { machine: this.machine, ...(from === undefined ? {} : { from }), steps };
    const walked = await this.#api.post<Walked>('/api/steps', body);
    for (const [index, standing] of walked.standings.entries()) {
      const step = steps[index] ?? { event: '', answers: {} };
      this.#taken = [...this.#taken, { step, label: this.#labelOf(step.event), standing }];
    }
    if (walked.refused !== undefined) throw new Error(walked.refused);
    return walked;
  }

  #labelOf(event: string): string {
    if (event === BEGIN) return 'begin';
    return this.standing?.offers.find((offer) => offer.event === event)?.label ?? event;
  }
}

function isSame(one: Step, other: Step | undefined): boolean {
  return (
    other !== undefined &&
    one.event === other.event &&
    JSON.stringify(one.answers) === JSON.stringify(other.answers)
  );
}
