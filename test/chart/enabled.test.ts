import { describe, expect, test } from 'vitest';
import type { Chart, ChartEdge, ChartState } from '../../src/chart/chart.js';
import { enabledEdges } from '../../src/chart/enabled.js';

function state(id: string, states: readonly ChartState[] = []): ChartState {
  const name = id.split('.').at(-1) ?? id;
  const kind = states.length > 0 ? 'compound' : 'atomic';
  return { id, name, kind, initial: undefined, entry: [], exit: [], invokes: [], states };
}

function edge(id: string, target: string, more: Partial<ChartEdge> = {}): ChartEdge {
  const [source = '', event = ''] = id.split('|');
  const common = { id, source, event, label: event, targets: target === '' ? [] : [target] };
  return { ...common, kind: 'event', guard: undefined, actions: [], reenter: false, ...more };
}

function chartOfEdges(...edges: ChartEdge[]): Chart {
  return { id: 'm', root: state('m', [state('m.a', [state('m.a.x')]), state('m.b')]), edges };
}

const IN_A = new Set(['m', 'm.a', 'm.a.x']);
const idsIn = (chart: Chart, active: ReadonlySet<string>) => enabledEdges(chart, active).map(({ id }) => id);

describe('what a machine would answer now', () => {
  test('is what its active states offer, inner ones first, and no other state', () => {
    const chart = chartOfEdges(edge('m|END|0', 'm.b'), edge('m.a|GO|0', 'm.b'), edge('m.b|BACK|0', 'm.a'));
    expect(idsIn(chart, IN_A)).toEqual(['m.a|GO|0', 'm|END|0']);
    expect(idsIn(chart, new Set(['m', 'm.b']))).toEqual(['m.b|BACK|0', 'm|END|0']);
  });

  test('leaves to an inner state what an outer one would answer, unless its guard may refuse', () => {
    const outer = edge('m|GO|0', 'm.b');
    expect(idsIn(chartOfEdges(outer, edge('m.a.x|GO|0', 'm.a')), IN_A)).toEqual(['m.a.x|GO|0']);
    const guarded = edge('m.a.x|GO|0', 'm.a', { guard: 'may' });
    expect(idsIn(chartOfEdges(outer, guarded), IN_A)).toEqual(['m.a.x|GO|0', 'm|GO|0']);
  });

  test('ends with the first answer that has no guard', () => {
    const chart = chartOfEdges(
      edge('m.a|GO|0', 'm.b', { guard: 'may' }),
      edge('m.a|GO|1', 'm.a'),
      edge('m.a|GO|2', 'm.b'),
    );
    expect(idsIn(chart, IN_A)).toEqual(['m.a|GO|0', 'm.a|GO|1']);
  });

  test('is not what is only there to be ignored, nor what nobody waits for', () => {
    const chart = chartOfEdges(
      edge('m|LOST|0', 'm.b'),
      edge('m.a|LOST|0', ''),
      edge('m.a||0', 'm.b', { kind: 'always' }),
    );
    expect(idsIn(chart, IN_A)).toEqual([]);
  });
});
