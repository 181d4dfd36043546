/**
 * A statechart as an indented tree, with what is active marked by a sign, not by colour alone:
 *
 *    [*] live
 *      [ ] steady
 *      [*] doubting      startHandshake
 *    [ ] failed
 *
 * Regions of a parallel state stand one after the other, each indented and called one.
 */
import type { Chart, ChartEdge, ChartState } from '../../chart/chart.js';
import { enabledEdges } from '../../chart/enabled.js';
import { sanitiseLine } from '../../chat/text.js';

export interface TreeLine {
  /** From 0, the machine itself. */
  readonly depth: number;
  readonly name: string;
  /** What the name alone does not say: `parallel`, `region`, `end`, what runs within it. */
  readonly note: string;
  readonly isActive: boolean;
}

/**
 * Every state in a line, outer ones first.
 * @param active ids of all active states
 * @param isFolded without what is within states that are not active
 */
export function treeLines(chart: Chart, active: ReadonlySet<string>, isFolded = false): TreeLine[] {
  const lines: TreeLine[] = [];
  const visit = (state: ChartState, depth: number, isRegion: boolean) => {
    const isActive = active.has(state.id);
    lines.push({ depth, name: sanitiseLine(state.name), note: noteOf(state, isRegion, isFolded), isActive });
    if (isFolded && !isActive) return;
    for (const inner of state.states) visit(inner, depth + 1, state.kind === 'parallel');
  };
  visit(chart.root, 0, false);
  return lines;
}

function noteOf(state: ChartState, isRegion: boolean, isFolded: boolean): string {
  const kind = { atomic: '', compound: '', parallel: 'parallel', final: 'end', history: 'as it was before' };
  const words = [isRegion ? 'region' : '', kind[state.kind]];
  if (!isFolded) words.push(state.entry.join(', '), ...state.invokes.map((name) => `runs ${name}`));
  return sanitiseLine(words.filter((word) => word !== '').join(', '));
}

/** `[*] doubting`, indented. */
export function treeText({ depth, name, isActive }: TreeLine): string {
  return `${'  '.repeat(depth)}${isActive ? '[*]' : '[ ]'} ${name}`;
}

/** What the machine would answer now, one line each: `SILENT -> doubting`. */
export function enabledTexts(chart: Chart, active: ReadonlySet<string>): string[] {
  return enabledEdges(chart, active).map(edgeText);
}

/** `MISMATCH [mayStillBecomeRight] -> resuming / countMismatch`. */
function edgeText({ label, guard, targets, actions }: ChartEdge): string {
  const condition = guard === undefined ? '' : ` [${guard}]`;
  const goal = targets.length === 0 ? '' : ` -> ${targets.map(lastPart).join(', ')}`;
  const doing = actions.length === 0 ? '' : ` / ${actions.join(', ')}`;
  return sanitiseLine(`${label}${condition}${goal}${doing}`);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}
