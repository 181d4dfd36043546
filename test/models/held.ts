import { expect } from 'vitest';
import type { Chart, ChartEdge } from '../../src/chart/chart.js';
import { chartOf } from '../../src/chart/chart-of.js';
import { enabledEdges } from '../../src/chart/enabled.js';
import type { Coverage } from './coverage.js';
import type { Model } from './model.js';
import { type Place, type Way, waysThrough } from './walker.js';
import { forgetRuns, type Taken } from './witness.js';

/**
 * Walks the program's own machine along every way of its model, and after each step compares the two: the
 * transitions taken, the state that the actor tells, what was seen outside, and what must hold there.
 * @throws AssertionError that names the way
 */
export async function hold<World extends object, Real>(model: Model<World, Real>): Promise<Coverage> {
  const chart = chartOf(model.machine);
  const edges = new Map(chart.edges.map((edge) => [edge.id, edge]));
  const ways = waysThrough(model);
  const taken: Taken[] = [];
  const wrong: string[] = [];
  for (const way of ways) {
    const name = [way.start.beginning, ...way.steps.map(({ stimulus }) => stimulus)].join(', then ');
    // What goes on from where it went wrong says nothing new.
    if (wrong.some((each) => name.startsWith(each))) continue;
    const failure = await along(model, way, taken);
    if (failure !== undefined) wrong.push(failure);
  }
  expect(wrong, `${model.name}: ways on which the program did something else`).toEqual([]);
  const places = ways.flatMap(({ start, steps }) => [start, ...steps.map(({ place }) => place)]);
  const all = transitionsOf(chart, places, edges);
  const covered = new Set<string>();
  const ignored = new Set<string>();
  for (const { from, event, edges: ids } of taken) {
    const acting = ids.map((id) => edges.get(id)).filter((edge) => edge !== undefined && !isIgnoring(edge));
    if (acting.length === 0) ignored.add(`${JSON.stringify(from)} ${event}`);
    for (const edge of acting) if (edge !== undefined) covered.add(nameOf(JSON.stringify(from), edge));
  }
  return {
    name: model.name,
    states: [...new Set(places.map(({ value }) => JSON.stringify(value)))],
    steps: ways.reduce((sum, { steps }) => sum + steps.length, 0),
    all: [...all],
    covered: [...covered].filter((each) => all.has(each)),
    defences: Object.keys(model.defences ?? {}),
    ignored: [...ignored],
  };
}

/**
 * One way, from the beginning to its last stimulus.
 * @param taken what the program's machine did is added to this
 * @returns the way to where it went wrong, with what was wrong there
 */
async function along<World extends object, Real>(
  model: Model<World, Real>,
  { start, steps }: Way<World>,
  taken: Taken[],
): Promise<string | undefined> {
  forgetRuns();
  const real = await model.beginnings[start.beginning]?.real();
  if (real === undefined) throw new RangeError(`${model.name} does not begin as ${start.beginning}.`);
  const told = [start.beginning];
  let before = 0;
  try {
    for (const [index, place] of [start, ...steps.map((step) => step.place)].entries()) {
      const stimulus = steps[index - 1]?.stimulus;
      if (stimulus !== undefined) {
        told.push(stimulus);
        await model.stimuli[stimulus]?.act(real);
      }
      const done = model.run(real).taken.slice(before);
      before += done.length;
      taken.push(...done);
      await compare(model, real, place, done);
    }
  } catch (error) {
    return `${told.join(', then ')}\n${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await model.end(real);
  }
  return undefined;
}

/** @throws AssertionError where the program is not as the model */
async function compare<World extends object, Real>(
  model: Model<World, Real>,
  real: Real,
  place: Place<World>,
  done: readonly Taken[],
): Promise<void> {
  expect(done.map(short), 'what it did').toEqual(place.taken.map(short));
  expect(model.run(real).value(), 'where it stands').toEqual(place.value);
  const told = model.state(real);
  // The end of a machine may be the end of its actor.
  if (!place.isDone || told !== undefined)
    expect(told, 'where its actor says that it stands').toEqual(place.value);
  const seen = new Set(model.effects(real));
  expect([...seen].sort(), 'what is seen outside').toEqual([...new Set(place.seen)].sort());
  for (const id of place.active) await model.holds[id]?.(real, place);
}

function short({ from, event, edges }: Taken): string {
  return `${JSON.stringify(from)} ${event}: ${edges.join(', ') || 'ignored'}`;
}

function transitionsOf(
  chart: Chart,
  places: readonly Pick<Place<object>, 'value' | 'active' | 'isDone' | 'taken'>[],
  edges: ReadonlyMap<string, ChartEdge>,
): Set<string> {
  const all = new Set<string>();
  const seen = new Set<string>();
  for (const { value, active, isDone, taken } of places) {
    // Also out of states in which nothing rests.
    for (const { from, edges: ids } of taken)
      for (const edge of ids.flatMap((id) => edges.get(id) ?? [])) {
        if (isIgnoring(edge)) continue;
        seen.add(edge.id);
        all.add(nameOf(JSON.stringify(from), edge));
      }
    if (isDone) continue;
    for (const edge of enabledEdges(chart, new Set(active))) {
      seen.add(edge.id);
      all.add(nameOf(JSON.stringify(value), edge));
    }
  }
  // Those in passing, and those that no way leads to: they count, and are missing.
  for (const edge of chart.edges)
    if (!seen.has(edge.id) && !isIgnoring(edge)) all.add(nameOf(edge.source, edge));
  return all;
}

function nameOf(from: string, { id, kind }: ChartEdge): string {
  return kind === 'always' ? id : `${from} ${id}`;
}

/** `LOST: {}` answers an event by doing nothing. */
function isIgnoring({ targets, actions, reenter }: ChartEdge): boolean {
  return targets.length === 0 && actions.length === 0 && !reenter;
}
