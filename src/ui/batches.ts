/** Takes events one by one that are told in batches. */
export function oneByOne<E>(take: (event: E) => void): (events: readonly E[]) => void {
  return (events) => {
    for (const event of events) take(event);
  };
}
