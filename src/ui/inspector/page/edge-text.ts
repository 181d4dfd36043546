import type { ChartEdge } from '../../../chart/chart.js';

/** `→ resuming if mayStillBecomeRight`. */
export function leadsTo(edge: ChartEdge): string {
  const goals = edge.targets.map((id) => id.slice(id.indexOf('.') + 1)).join(' + ');
  const condition = edge.guard === undefined ? '' : ` if ${edge.guard}`;
  return goals === '' ? `stays, ${edge.actions.join(', ')}${condition}` : `→ ${goals}${condition}`;
}
