import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { machines } from '../../src/actors/machines/catalogue.js';
import type { Chart, ChartState } from '../../src/chart/chart.js';
import { chartOf } from '../../src/chart/chart-of.js';
import { chartMermaid } from '../../src/chart/mermaid.js';
import { carousel, odd, player, washer } from './machines.js';

const drawn: readonly (readonly [string, AnyStateMachine])[] = [
  ...machines.map(({ name, machine }) => [name, machine] as const),
  ...[player, washer, carousel, odd].map((machine) => [machine.id, machine] as const),
];

/** What Mermaid would read without mistaking it for anything else. */
const TEXT = String.raw`(?:[^"#;:<>{}%\`*_\\&\n]|#\d+;|<br>)+`;
const STATEMENTS = {
  declared: new RegExp(`^state "(${TEXT})" as (\\w+)$`),
  opened: /^state (\w+) \{$/,
  closed: /^\}$/,
  divided: /^--$/,
  begun: /^\[\*\] --> (\w+)$/,
  ended: /^(\w+) --> \[\*\]$/,
  edge: new RegExp(`^(\\w+) --> (\\w+) : (${TEXT})$`),
} as const;

interface Read {
  readonly kind: keyof typeof STATEMENTS;
  readonly parts: readonly string[];
  /** The composite states around it. */
  readonly block: readonly string[];
}

/** Reads the part of Mermaid's language that is written here; throws at the first line that is not in it. */
function read(text: string): Read[] {
  const [comment, head, ...lines] = text.trimEnd().split('\n');
  expect(comment).toMatch(/^%% [^{}]+$/);
  expect(head).toBe('stateDiagram-v2');
  const block: string[] = [];
  return lines.map((line) => {
    for (const [kind, pattern] of Object.entries(STATEMENTS) as [Read['kind'], RegExp][]) {
      const found = pattern.exec(line.trim());
      if (found === null) continue;
      const parts = found.slice(1);
      if (kind === 'closed') expect(block.pop(), line).toBeDefined();
      const statement = { kind, parts, block: [...block] };
      if (kind === 'opened') block.push(parts[0] ?? '');
      return statement;
    }
    throw new Error(`Mermaid would not understand: ${line}`);
  });
}

function idsIn(state: ChartState): string[] {
  return [state.id, ...state.states.flatMap(idsIn)];
}

const edgesOf = ({ edges, root }: Chart) =>
  edges.flatMap((edge) =>
    edge.targets
      .filter((target) => target !== edge.source || !hasStates(root, target))
      .map((to) => ({ edge, to })),
  );

function hasStates(state: ChartState, id: string): boolean {
  return state.states.some((child) => (child.id === id && child.states.length > 0) || hasStates(child, id));
}

describe.each(drawn)('%s as Mermaid text', (_, machine) => {
  const chart = chartOf(machine);
  const statements = read(chartMermaid(chart));
  const those = (kind: Read['kind']) => statements.filter((each) => each.kind === kind);

  test('has every state but the outermost, declared once and closed where it was opened', () => {
    const names = those('declared').map(({ parts }) => parts[1] ?? '');
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !name.startsWith('any'))).toHaveLength(idsIn(chart.root).length - 1);
    expect(those('opened')).toHaveLength(those('closed').length);
  });

  test('has every edge that leads somewhere, between states that are declared', () => {
    const declared = new Map(those('declared').map(({ parts: [, name = ''], block }) => [name, block]));
    expect(those('edge')).toHaveLength(edgesOf(chart).length);
    for (const { parts, block } of those('edge')) {
      for (const end of parts.slice(0, 2)) {
        // Named within another block, a state would move there.
        const home = declared.get(end);
        expect(home, end).toBeDefined();
        if (block.length > 0) expect(home).toEqual(block);
      }
    }
  });

  test('has what each state does, and the answers that leave none', () => {
    const text = chartMermaid(chart);
    for (const edge of chart.edges) expect(text).toContain(escapedAsThere(edge.label));
    for (const name of chart.edges.flatMap(({ guard, actions }) => [
      ...actions,
      ...(guard === undefined ? [] : [guard]),
    ]))
      expect(text).toContain(escapedAsThere(name));
  });
});

function escapedAsThere(name: string): string {
  return name.replaceAll(/["#;:<>{}%`*_\\&]|--/g, (signs) =>
    [...signs].map((sign) => `#${sign.charCodeAt(0)};`).join(''),
  );
}

test('regions of a parallel state are divided, and an edge into one of them comes from outside of both', () => {
  expect(chartMermaid(chartOf(washer))).toContain('\n    --\n');
  expect(chartMermaid(chartOf(washer))).toContain('\n  anys1 --> s4 : BOTH\n  anys1 --> s8 : BOTH\n');
});

test('what a composite state answers by beginning anew is told in its title', () => {
  const session = machines.find(({ name }) => name === 'client-session');
  expect(session && chartMermaid(chartOf(session.machine))).toContain(
    'state "syncing (entry / takeOver, forgetAttempts#59; AUTHENTICATED, and begins anew)" as s6',
  );
});
