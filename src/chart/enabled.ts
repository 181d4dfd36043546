/** What a machine would answer now: the edges that its active states offer, read from the chart alone. */
import type { Chart, ChartEdge, ChartState } from './chart.js';

/** What happens without an event, as soon as its guard lets it; nobody waits for it. */
const IMMEDIATE: ReadonlySet<ChartEdge['kind']> = new Set(['always']);

/**
 * The edges that an event may take while these states are active, those of inner states first. As XState decides
 * (https://stately.ai/docs/transitions, "selecting"): an inner state answers before an outer one, the first of several
 * answers before the next, and whatever stands behind an answer without a guard is never asked.
 * @param active ids of all active states, outer ones too
 */
export function enabledEdges(chart: Chart, active: ReadonlySet<string>): readonly ChartEdge[] {
  const parents = parentsOf(chart.root);
  const offered = chart.edges.filter((edge) => active.has(edge.source) && !IMMEDIATE.has(edge.kind));
  const enabled = offered.filter((edge, index) => {
    const isHidden = offered.some(
      (other, at) =>
        other.event === edge.event &&
        other.guard === undefined &&
        (other.source === edge.source ? at < index : outerOf(other.source, parents).includes(edge.source)),
    );
    return !isHidden && !isIgnored(edge);
  });
  const depthOf = ({ source }: ChartEdge) => outerOf(source, parents).length;
  return enabled.sort((one, other) => depthOf(other) - depthOf(one));
}

/** `LOST: {}` answers an event by doing nothing, so that no outer state does. */
function isIgnored({ targets, actions, reenter }: ChartEdge): boolean {
  return targets.length === 0 && actions.length === 0 && !reenter;
}

/** Ids of the states around one, the next one first. */
function outerOf(state: string, parents: ReadonlyMap<string, string>): string[] {
  const outer: string[] = [];
  for (let at = parents.get(state); at !== undefined; at = parents.get(at)) outer.push(at);
  return outer;
}

function parentsOf(root: ChartState): Map<string, string> {
  const parents = new Map<string, string>();
  const visit = (state: ChartState) => {
    for (const inner of state.states) {
      parents.set(inner.id, state.id);
      visit(inner);
    }
  };
  visit(root);
  return parents;
}
