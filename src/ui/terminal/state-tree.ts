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

/** How much is shown: every state, those beside active ones, or only those beside the innermost active ones. */
export type Opened = 'all' | 'active' | 'path';

export interface TreeLine {
  /** From 0, the machine itself. */
  readonly depth: number;
  readonly name: string;
  /** What the name alone does not say: `parallel`, `region`, `final`, what runs within it. */
  readonly note: string;
  readonly isActive: boolean;
  /** Stands for so many states that are not active. */
  readonly others?: number;
}

/**
 * The states in a line each, outer ones first.
 * @param active ids of all active states
 */
export function treeLines(chart: Chart, active: ReadonlySet<string>, opened: Opened = 'all'): TreeLine[] {
  const lines: TreeLine[] = [];
  const visit = (state: ChartState, depth: number, isRegion: boolean) => {
    const isActive = active.has(state.id);
    const note = noteOf(state, isRegion, opened === 'all');
    lines.push({ depth, name: sanitiseLine(state.name), note, isActive });
    if (opened !== 'all' && !isActive) return;
    const isPassed = state.states.some(({ id, states }) => active.has(id) && states.length > 0);
    const shown =
      opened === 'path' && isPassed ? state.states.filter(({ id }) => active.has(id)) : state.states;
    for (const inner of shown) visit(inner, depth + 1, state.kind === 'parallel');
    const others = state.states.length - shown.length;
    if (others > 0) lines.push({ depth: depth + 1, name: '', note: '', isActive: false, others });
  };
  visit(chart.root, 0, false);
  return lines;
}

function noteOf(state: ChartState, isRegion: boolean, isWhole: boolean): string {
  const kind = {
    atomic: '',
    compound: '',
    parallel: 'parallel',
    final: 'final',
    history: 'as it was before',
  };
  const words = [isRegion ? 'region' : '', kind[state.kind]];
  if (isWhole) words.push(state.entry.join(', '), ...state.invokes.map((name) => `runs ${name}`));
  return sanitiseLine(words.filter((word) => word !== '').join(', '));
}

/** `[*] doubting`, indented. */
export function treeText({ depth, name, isActive, others }: TreeLine): string {
  const text = others === undefined ? `${isActive ? '[*]' : '[ ]'} ${name}` : `[ ] ${others} more`;
  return `${'  '.repeat(depth)}${text}`;
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
