import type { AnyTransitionDefinition } from 'xstate';

const known = new WeakMap<AnyTransitionDefinition, string>();

/**
 * The id of a transition's edge, as `ChartEdge.id` has it: source, event, place among the source's answers to that
 * event. XState hands out the same objects for the machine's definition and for each microstep
 * (`InspectedMicrostepEvent._transitions`), so an edge that was just taken is found on the drawing by this.
 */
export function edgeId(transition: AnyTransitionDefinition): string {
  const before = known.get(transition);
  if (before !== undefined) return before;
  const { source, eventType } = transition;
  const answers: readonly unknown[] =
    (eventType === '' ? source.always : source.transitions.get(eventType)) ?? [];
  const id = `${source.id}|${eventType}|${Math.max(0, answers.indexOf(transition))}`;
  known.set(transition, id);
  return id;
}
