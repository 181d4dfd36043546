import type { ChartEdge, ChartState } from './chart.js';

/** A piece of text in one colour. */
export interface Span {
  readonly kind: 'event' | 'guard' | 'action' | 'plain';
  readonly text: string;
}

export type Line = readonly Span[];

/** A line of an edge's label breaks before it gets longer than this, in characters. */
const LABEL_CHARS = 24;
const STATE_CHARS = 30;

/** `EVENT [guard] / action, action` in as many lines as it needs. What is not one word is never cut. */
export function edgeLines(edge: ChartEdge): Line[] {
  const head: Span[] = [{ kind: 'event', text: edge.label }];
  if (edge.guard !== undefined) head.push({ kind: 'guard', text: `[${edge.guard}]` });
  const tail = listed('/', edge.actions);
  const whole = [...head, ...tail];
  if (lengthOf(whole) <= LABEL_CHARS) return [whole];
  return [...wrapped(head, LABEL_CHARS), ...wrapped(tail, LABEL_CHARS)];
}

/** What a state does by itself: `entry / load`, `exit / leave`, `invoke / answer`. */
export function stateLines(state: ChartState): Line[] {
  const rows: (readonly [string, readonly string[]])[] = [
    ['entry', state.entry],
    ['exit', state.exit],
    ['invoke', state.invokes],
  ];
  return rows
    .filter(([, names]) => names.length > 0)
    .flatMap(([word, names]) =>
      wrapped([{ kind: 'plain', text: `${word} /` }, ...listed('', names)], STATE_CHARS),
    );
}

/** An answer that leaves no state, which is written inside it: `OPENED / authenticate`, `LOST is ignored`. */
export function innerLines(edge: ChartEdge): Line[] {
  if (edge.actions.length > 0) return edgeLines(edge);
  const spans: Span[] = [{ kind: 'event', text: edge.label }];
  if (edge.guard !== undefined) spans.push({ kind: 'guard', text: `[${edge.guard}]` });
  return wrapped([...spans, { kind: 'plain', text: 'is ignored' }], STATE_CHARS);
}

/** In characters, with the spaces between the spans. */
export function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + [...text].length + 1, -1);
}

function listed(sign: string, names: readonly string[]): Span[] {
  return names.map((name, index) => ({
    kind: 'action',
    text: `${index === 0 && sign !== '' ? `${sign} ` : ''}${name}${index < names.length - 1 ? ',' : ''}`,
  }));
}

function wrapped(spans: readonly Span[], chars: number): Line[] {
  const lines: Span[][] = [];
  for (const span of spans) {
    const last = lines.at(-1);
    if (last !== undefined && lengthOf([...last, span]) <= chars) last.push(span);
    else lines.push([span]);
  }
  return lines;
}
