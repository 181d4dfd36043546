import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  fromPromise,
  fromTransition,
  type InspectionEvent,
  type StateValue,
} from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { edgeId } from '../../src/chart/edge-id.js';
import type { Model, ModelEvent, Standing } from './model.js';
import { STOP, type Taken } from './witness.js';

/** Where the model stands after some stimuli, and what the last of them did. */
export interface Place<World> extends Standing<World> {
  readonly beginning: string;
  /** Every event so far and every change of the world, to walk there again. */
  readonly moves: readonly Move<World>[];
  readonly taken: readonly Taken[];
  /** What can be seen outside of it: names of actions, and of what was invoked. */
  readonly seen: readonly string[];
  /** Ids of all active states, outer ones first. */
  readonly active: readonly string[];
  readonly isDone: boolean;
}

type Move<World> = ModelEvent | ((world: World) => void);

/** A way through the program: the stimuli from a beginning on, and the place after each. */
export interface Way<World> {
  readonly start: Place<World>;
  readonly steps: readonly { readonly stimulus: string; readonly place: Place<World> }[];
}

/** Time stands still in the model: that something is due is an event like others. */
const STILL = { setTimeout: () => 0, clearTimeout: () => undefined };
/** More than any model here has; one whose world grows without end is noticed. */
const STEPS_MAX = 20_000;
/** A way that fails can still be told. */
const LENGTH_MAX = 30;

/**
 * Ways that between them bring every stimulus to every place that can be reached (xstate/graph finds these). Each goes
 * on to the nearest place where there is something left to try, until there is none, or it has become long.
 */
export function waysThrough<World extends object, Real>(model: Model<World, Real>): Way<World>[] {
  return Object.keys(model.beginnings).flatMap((beginning) => waysFrom(model, beginning));
}

/** By the key of a place: where each stimulus leads. */
type Leads = ReadonlyMap<string, ReadonlyMap<string, string>>;

function waysFrom<World extends object, Real>(model: Model<World, Real>, beginning: string): Way<World>[] {
  const start = begin(model, beginning);
  const map = mapFrom(model, start);
  const untried = new Map([...map].map(([key, leads]) => [key, new Set(leads.keys())]));
  const ways: Way<World>[] = [];
  do {
    const names: string[] = [];
    let at = keyOf(model, start);
    while (names.length < LENGTH_MAX) {
      const next = nearest(map, at, (key) => untried.get(key)?.values().next().value);
      if (next === undefined) break;
      for (const name of next) {
        untried.get(at)?.delete(name);
        at = map.get(at)?.get(name) ?? at;
      }
      names.push(...next);
    }
    ways.push({ start, steps: follow(model, start, names) });
  } while ([...untried.values()].some(({ size }) => size > 0));
  return ways;
}

/** The shortest way to a place where something is left to try, and that. */
function nearest(
  map: Leads,
  from: string,
  left: (key: string) => string | undefined,
): readonly string[] | undefined {
  const seen = new Set([from]);
  const queue: (readonly [key: string, names: readonly string[]])[] = [[from, []]];
  for (let first = queue.shift(); first !== undefined; first = queue.shift()) {
    const [key, names] = first;
    const name = left(key);
    if (name !== undefined) return [...names, name];
    for (const [step, to] of map.get(key) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      queue.push([to, [...names, step]]);
    }
  }
  return undefined;
}

function mapFrom<World extends object, Real>(model: Model<World, Real>, start: Place<World>): Leads {
  const logic = fromTransition(
    (place: Place<World>, { type }: { readonly type: string }) => stimulate(model, place, type),
    start,
  );
  const found = getAdjacencyMap(logic, {
    events: ({ context }) => possible(model, context).map((type) => ({ type })),
    serializeState: ({ context }) => keyOf(model, context),
    limit: STEPS_MAX,
  });
  const map = new Map<string, Map<string, string>>();
  for (const { state, event, nextState } of adjacencyMapToArray(found)) {
    const key = keyOf(model, state.context);
    const leads = map.get(key) ?? new Map<string, string>();
    map.set(key, leads.set(event.type, keyOf(model, nextState.context)));
  }
  return map;
}

/** Places that count as one. */
function keyOf<World extends object, Real>(
  { key }: Model<World, Real>,
  { value, world }: Place<World>,
): string {
  return JSON.stringify([value, key === undefined ? world : key(world)]);
}

function follow<World extends object, Real>(
  model: Model<World, Real>,
  start: Place<World>,
  stimuli: readonly string[],
): Way<World>['steps'] {
  let place = start;
  return stimuli.map((stimulus) => {
    place = stimulate(model, place, stimulus);
    return { stimulus, place };
  });
}

function possible<World extends object, Real>(model: Model<World, Real>, place: Place<World>): string[] {
  if (place.isDone) return [];
  return Object.entries(model.stimuli)
    .filter(([, { events }]) => events(place) !== undefined)
    .map(([name]) => name);
}

function begin<World extends object, Real>(model: Model<World, Real>, beginning: string): Place<World> {
  const { events = [], seen = undefined } = model.beginnings[beginning] ?? {};
  const place = replay(model, beginning, undefined, events);
  return seen === undefined ? place : { ...place, seen };
}

function stimulate<World extends object, Real>(
  model: Model<World, Real>,
  place: Place<World>,
  name: string,
): Place<World> {
  const stimulus = model.stimuli[name];
  const events = stimulus?.events(place);
  if (stimulus === undefined || events === undefined) throw new RangeError(`${name} cannot happen there.`);
  const change = (world: World) => stimulus.changes?.(world, place);
  const before = stimulus.changes === undefined ? place.moves : [...place.moves, change];
  const after = replay(model, place.beginning, before, events);
  return stimulus.seen === undefined ? after : { ...after, seen: stimulus.seen(after.seen, place) };
}

/**
 * The machine's definition as real XState runs it, with nothing around it.
 * @param before what led to where it stands; undefined: it begins
 * @param events what happens now
 */
function replay<World extends object, Real>(
  model: Model<World, Real>,
  beginning: string,
  before: readonly Move<World>[] | undefined,
  events: readonly ModelEvent[],
): Place<World> {
  const world = model.beginnings[beginning]?.world();
  if (world === undefined) throw new RangeError(`${model.name} does not begin as ${beginning}.`);
  const taken: Taken[] = [];
  const actions: string[] = [];
  let at: StateValue = '';
  const inspect = (inspected: InspectionEvent) => {
    if (inspected.type === '@xstate.action') actions.push(inspected.action.type);
    if (inspected.type !== '@xstate.microstep') return;
    if (inspected.event.type === STOP) return;
    const edges = inspected._transitions.filter(({ eventType }) => eventType !== null).map(edgeId);
    taken.push({ from: at, event: inspected.event.type, edges });
    at = (inspected.snapshot as AnyMachineSnapshot).value;
  };
  const machine = withoutActors(model.machine, (name) => actions.push(name));
  const actor = createActor(machine, { input: model.input(world), clock: STILL, inspect });
  if (taken.length === 0) at = actor.getSnapshot().value;
  let failure: unknown;
  actor.subscribe({
    error: (error) => {
      failure = error;
    },
  });
  actor.start();
  for (const move of before ?? []) {
    if (typeof move === 'function') move(world);
    else actor.send(move);
  }
  if (before !== undefined) {
    taken.length = 0;
    actions.length = 0;
  }
  for (const event of events) if (actor.getSnapshot().status === 'active') actor.send(event);
  if (failure !== undefined) throw failure;
  const snapshot: AnyMachineSnapshot = actor.getSnapshot();
  actor.stop();
  return {
    beginning,
    moves: [...(before ?? []), ...events],
    value: snapshot.value,
    at: outermost(snapshot.value),
    world,
    taken,
    seen: actions.filter((name) => !name.startsWith('xstate.') && model.inward?.includes(name) !== true),
    active: snapshot._nodes.map(({ id }) => id),
    isDone: snapshot.status === 'done',
  };
}

/** What is invoked begins and never ends: its end is an event like others. */
function withoutActors(machine: AnyStateMachine, invoked: (name: string) => void): AnyStateMachine {
  const names = Object.keys(machine.implementations.actors);
  const actors = names.map((name) => {
    const logic = fromPromise(() => {
      invoked(name);
      return new Promise<never>(() => undefined);
    });
    return [name, logic];
  });
  return machine.provide({ actors: Object.fromEntries(actors) });
}

function outermost(value: StateValue): string {
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '');
}
