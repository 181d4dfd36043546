/** Those of some states that no other of them is within, by ids. */
export function innermost(states: readonly string[]): string[] {
  return states.filter((id) => !states.some((other) => other.startsWith(`${id}.`)));
}
