/**
 * Steps through a machine without what it does: real XState decides, actions do nothing, timers never fire, nothing that
 * is invoked ever answers, and guards are answered by whoever steps. So a machine can be walked with nothing around it.
 */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  fromPromise,
  type InspectionEvent,
  SimulatedClock,
  type StateValue,
} from 'xstate';
import type { Chart, ChartState } from './chart.js';
import { chartOf } from './chart-of.js';
import { edgeId } from './edge-id.js';
import { enabledEdges } from './enabled.js';

/** What a machine starts with instead of an event. */
export const BEGIN = 'xstate.init';

/** One event, and what its guards are to answer, by name. */
export interface Step {
  /** The event's type as XState writes it; BEGIN at the start. */
  readonly event: string;
  readonly answers: Readonly<Record<string, boolean>>;
}

/** Where a machine stands after a step. */
export interface Standing {
  /** As XState writes it: `offline`, `{ live: 'steady' }`. */
  readonly value: StateValue;
  /** Ids of all active states, outer ones first. */
  readonly active: readonly string[];
  /** It has come to its end. */
  readonly done: boolean;
  /** Ids of the edges that were taken to get here; none when every guard refused. */
  readonly taken: readonly string[];
  readonly offers: readonly Offer[];
}

/** An event that may be taken next. */
export interface Offer {
  readonly event: string;
  /** The same for people: `after retryMs`. */
  readonly label: string;
  /** Ids of the edges it may take, and the guards that decide between them. */
  readonly edges: readonly string[];
  readonly guards: readonly string[];
}

/** A guard has to be answered first. */
export interface Question {
  readonly ask: string;
}

/** Any delay will do: the clock stands still. */
const NEVER_MS = 1_000_000;
/** Eventless edges may lead in a circle, which XState would follow for ever. */
const MICROSTEPS_MAX = 200;
/** Raised by XState itself as soon as an inner state ends. */
const SELF_MADE = 'xstate.done.state.';

/**
 * Stands in for a context and an input: whatever is looked for in it is there, and is it again. What an invoked actor is
 * handed is taken from deep within, and nobody will look at it.
 */
const ANYTHING: never = new Proxy(() => undefined, {
  get: (target, name) =>
    typeof name === 'symbol' || name === 'prototype' ? Reflect.get(target, name) : ANYTHING,
  apply: () => ANYTHING,
}) as never;

export class Stepper {
  readonly chart: Chart;
  readonly #machine: AnyStateMachine;
  readonly #states: ReadonlyMap<string, ChartState>;
  #answers: Step['answers'] = {};
  /** The guard that nobody has answered. */
  #asked: string | undefined;

  constructor(machine: AnyStateMachine) {
    this.chart = chartOf(machine);
    this.#states = byId(this.chart.root);
    this.#machine = this.#emptied(machine);
  }

  /** The start; a guard may have to be answered even there. */
  begin(answers: Step['answers'] = {}): Standing | Question {
    return this.#run(undefined, { event: BEGIN, answers });
  }

  /**
   * One event further.
   * @param from where it stands: `Standing.value`
   * @throws RangeError when the machine has no such state, or does not answer that event there, or never comes to
   *   rest with these answers
   */
  step(from: unknown, step: Step): Standing | Question {
    const active = this.#activeIn(from);
    if (!this.#offers(active).some(({ event }) => event === step.event))
      throw new RangeError(`${this.chart.id} does not answer ${step.event} there.`);
    // What names states of this machine is one of its values.
    return this.#run(from as StateValue, step);
  }

  /** Ids of the states that a value names, outer ones first. @throws RangeError when there are no such states */
  #activeIn(value: unknown): string[] {
    const active: string[] = [];
    this.#enter(this.chart.root, value, active);
    return active;
  }

  #enter(state: ChartState, value: unknown, active: string[]): void {
    active.push(state.id);
    if (state.states.length === 0) {
      if (isEmpty(value)) return;
      throw new RangeError(`${state.id} has no states within it.`);
    }
    const inner = typeof value === 'string' ? [[value, undefined] as const] : entriesOf(value);
    const isWhole = state.kind === 'parallel' ? inner.length === state.states.length : inner.length === 1;
    if (!isWhole) throw new RangeError(`${state.id} is not in one state of its own.`);
    for (const [name, rest] of inner) {
      const child = state.states.find((each) => each.name === name && each.kind !== 'history');
      if (child === undefined) throw new RangeError(`${state.id} has no state of that name.`);
      this.#enter(child, rest, active);
    }
  }

  #run(from: StateValue | undefined, step: Step): Standing | Question {
    this.#answers = step.answers;
    this.#asked = undefined;
    const taken: string[] = [];
    let microsteps = 0;
    const inspect = (inspected: InspectionEvent) => {
      if (inspected.type !== '@xstate.microstep') return;
      if (++microsteps > MICROSTEPS_MAX)
        throw new RangeError(`${this.chart.id} goes round for ever with these answers.`);
      // The way into the first state is an arrow on the drawing, and no edge.
      for (const each of inspected._transitions) if (each.eventType !== null) taken.push(edgeId(each));
    };
    const machine = this.#machine;
    const begun =
      from === undefined ? {} : { snapshot: machine.resolveState({ value: from, context: ANYTHING }) };
    const actor = createActor(machine, { input: ANYTHING, clock: new SimulatedClock(), inspect, ...begun });
    let failure: unknown;
    actor.subscribe({
      error: (error: unknown) => {
        failure = error;
      },
    });
    actor.start();
    if (from !== undefined) actor.send({ type: step.event });
    const snapshot: AnyMachineSnapshot = actor.getSnapshot();
    actor.stop();
    if (this.#asked !== undefined) return { ask: this.#asked };
    if (failure !== undefined) throw failure;
    const { value } = snapshot;
    const active = this.#activeIn(value);
    const isDone = snapshot.status === 'done';
    return { value, active, done: isDone, taken, offers: isDone ? [] : this.#offers(active) };
  }

  #offers(active: readonly string[]): Offer[] {
    if (active.some((id) => this.#isEnd(id))) return [];
    const byEvent = new Map<string, { label: string; edges: string[]; guards: Set<string> }>();
    for (const { id, event, label, guard } of enabledEdges(this.chart, new Set(active))) {
      if (event.startsWith(SELF_MADE)) continue;
      const offer = byEvent.get(event) ?? { label, edges: [], guards: new Set() };
      offer.edges.push(id);
      if (guard !== undefined) offer.guards.add(guard);
      byEvent.set(event, offer);
    }
    return [...byEvent].map(([event, { label, edges, guards }]) => ({
      event,
      label,
      edges,
      guards: [...guards],
    }));
  }

  /** The machine is over with a final state of its outermost level. */
  #isEnd(id: string): boolean {
    const { root } = this.chart;
    return (
      root.kind === 'compound' &&
      this.#states.get(id)?.kind === 'final' &&
      root.states.some((each) => each.id === id)
    );
  }

  #emptied(machine: AnyStateMachine): AnyStateMachine {
    const { actions, guards, delays, actors } = machine.implementations;
    const each = (names: object, make: (name: string) => unknown) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, make(name)]));
    return machine.provide({
      actions: each(actions, () => () => undefined),
      guards: each(guards, (name) => () => this.#answer(name)),
      delays: each(delays, () => NEVER_MS),
      actors: each(actors, () => fromPromise(() => new Promise(() => undefined))),
    } as never);
  }

  #answer(guard: string): boolean {
    if (Object.hasOwn(this.#answers, guard)) return this.#answers[guard] === true;
    this.#asked ??= guard;
    throw new Error(`Nobody has answered ${guard}.`);
  }
}

function byId(root: ChartState): Map<string, ChartState> {
  const states = new Map<string, ChartState>();
  const visit = (state: ChartState) => {
    states.set(state.id, state);
    for (const inner of state.states) visit(inner);
  };
  visit(root);
  return states;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

function entriesOf(value: unknown): (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
