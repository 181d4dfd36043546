import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Chart, ChartEdge, ChartState } from './chart.js';
import { edgeId } from './edge-id.js';

/** What XState adds by itself to start and stop the timers of `after`. */
const TIMERS = new Set(['xstate.raise', 'xstate.cancel']);
const AFTER = 'xstate.after.';
const DONE = 'xstate.done.';
const ERROR = 'xstate.error.';

/** A machine's definition as data. Nothing of the machine runs. */
export function chartOf(machine: AnyStateMachine): Chart {
  return { id: machine.id, root: stateOf(machine.root), edges: edgesOf(machine.root) };
}

function stateOf(node: AnyStateNode): ChartState {
  return {
    id: node.id,
    name: node.key,
    kind: node.type,
    initial: node.type === 'compound' ? node.initial.target[0]?.id : undefined,
    entry: ownActions(node.entry),
    exit: ownActions(node.exit),
    invokes: node.invoke.map(({ src }) => nameOf(src, 'actor')),
    states: childrenOf(node).map(stateOf),
  };
}

function edgesOf(node: AnyStateNode): ChartEdge[] {
  return [...transitionsOf(node).map(edgeOf), ...childrenOf(node).flatMap(edgesOf)];
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values<AnyStateNode>(node.states);
}

/** All that lead out of a state itself, the eventless ones last. */
function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  const answers: AnyTransitionDefinition[] = [...node.transitions.values()].flat();
  return [...answers, ...(node.always ?? [])];
}

function edgeOf(transition: AnyTransitionDefinition): ChartEdge {
  const { source, eventType, guard } = transition;
  return {
    id: edgeId(transition),
    source: source.id,
    targets: transition.target?.map(({ id }) => id) ?? [],
    ...eventOf(source, eventType),
    guard: guard === undefined ? undefined : nameOf(guard, 'guard'),
    actions: transition.actions.map((action) => nameOf(action, 'action')),
    reenter: transition.reenter,
  };
}

function eventOf(source: AnyStateNode, event: string): Pick<ChartEdge, 'kind' | 'event' | 'label'> {
  if (event === '') return { kind: 'always', event, label: 'always' };
  if (event.startsWith(AFTER)) return { kind: 'after', event, label: `after ${delayIn(source, event)}` };
  if (event.startsWith(DONE)) return { kind: 'done', event, label: 'done' };
  if (event.startsWith(ERROR)) return { kind: 'error', event, label: 'error' };
  return { kind: 'event', event, label: event === '*' ? 'anything else' : event };
}

/** `xstate.after.retryMs.session.waiting` is `retryMs`; a delay in plain milliseconds gets its unit. */
function delayIn(source: AnyStateNode, event: string): string {
  const delay = event.slice(AFTER.length, -`.${source.id}`.length);
  return /^\d+$/.test(delay) ? `${delay} ms` : delay;
}

function ownActions(actions: readonly unknown[]): string[] {
  return actions.filter((action) => !TIMERS.has(typeOf(action) ?? '')).map((each) => nameOf(each, 'action'));
}

/** Actions, guards and actors are named by a text or by an object with a `type`; an inline one has its function's name. */
function nameOf(named: unknown, otherwise: string): string {
  if (typeof named === 'string') return named;
  const type = typeOf(named);
  if (type !== undefined) return type.replace(/^xstate\./, '');
  return typeof named === 'function' && named.name !== '' ? named.name : otherwise;
}

function typeOf(named: unknown): string | undefined {
  const isHolder = (typeof named === 'object' && named !== null) || typeof named === 'function';
  return isHolder && 'type' in named && typeof named.type === 'string' ? named.type : undefined;
}
