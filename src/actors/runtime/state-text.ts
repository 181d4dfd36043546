import type { AnyMachineSnapshot } from 'xstate';

/** A state value for people: `{ open: 'talking' }` is `open.talking`; regions of a parallel state are `open.(a|b)`. */
export function stateText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([name, inner]) => {
    const text = stateText(inner);
    return text === '' ? name : `${name}.${text}`;
  });
  return parts.length === 1 ? String(parts[0]) : `(${parts.join('|')})`;
}

/** Ids of all states that are active, outer ones too. */
export function activeStates({ _nodes }: Pick<AnyMachineSnapshot, '_nodes'>): string[] {
  return _nodes.map(({ id }) => id);
}
