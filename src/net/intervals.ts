/**
 * A set of integers as disjoint half-open intervals, ascending and never touching each other:
 *
 *     bounds   from0 to0 | from1 to1 | from2 to2 | (unused)
 *     count    3
 *
 * Used for packet numbers received, entries to push, bytes of a message sent, acknowledged or reassembled.
 * In the common case (the last interval grows, the first one is consumed) nothing is allocated or moved.
 */
export class Intervals {
  count = 0;
  readonly #bounds: number[] = [];

  from(index: number): number {
    return this.#bounds[index * 2] as number;
  }

  /** Exclusive. */
  to(index: number): number {
    return this.#bounds[index * 2 + 1] as number;
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds [from, to); an empty interval changes nothing. */
  add(from: number, to: number): void {
    if (to <= from) return;
    const bounds = this.#bounds;
    const last = this.count * 2 - 1;
    if (last < 0 || (bounds[last] as number) < from) {
      bounds[last + 1] = from;
      bounds[last + 2] = to;
      this.count++;
      return;
    }
    if ((bounds[last] as number) === from) {
      bounds[last] = to;
      return;
    }
    this.#merge(from, to);
  }

  /** Removes [from, to) wherever it is. */
  subtract(from: number, to: number): void {
    const bounds = this.#bounds;
    for (let i = 0; i < this.count; ) {
      const low = bounds[i * 2] as number;
      const high = bounds[i * 2 + 1] as number;
      if (low >= to) return;
      if (high <= from) {
        i++;
      } else if (low < from && high > to) {
        this.#open(i + 1);
        bounds[i * 2 + 1] = from;
        bounds[i * 2 + 2] = to;
        bounds[i * 2 + 3] = high;
        return;
      } else if (low < from) {
        bounds[i * 2 + 1] = from;
        i++;
      } else if (high > to) {
        bounds[i * 2] = to;
        return;
      } else {
        this.#drop(i, 1);
      }
    }
  }

  /** Takes the first `length` integers of the first interval away. */
  advance(length: number): void {
    const bounds = this.#bounds;
    const from = (bounds[0] as number) + length;
    if (from < (bounds[1] as number)) bounds[0] = from;
    else if (this.count === 1) this.count = 0;
    else this.#drop(0, 1);
  }

  /** Forgets the lowest interval. */
  dropFirst(): void {
    this.#drop(0, 1);
  }

  /** Every integer of [from, to) is in the set. */
  covers(from: number, to: number): boolean {
    if (to <= from) return true;
    for (let i = this.count - 1; i >= 0; i--) {
      if (this.from(i) <= from) return this.to(i) >= to;
    }
    return false;
  }

  /** How many integers of [from, to) are in the set. */
  overlap(from: number, to: number): number {
    let sum = 0;
    for (let i = 0; i < this.count && this.from(i) < to; i++) {
      sum += Math.max(0, Math.min(this.to(i), to) - Math.max(this.from(i), from));
    }
    return sum;
  }

  #merge(from: number, to: number): void {
    const bounds = this.#bounds;
    let first = this.count;
    while (first > 0 && (bounds[first * 2 - 1] as number) >= from) first--;
    // [first, end) are the intervals that touch the new one.
    let end = first;
    while (end < this.count && (bounds[end * 2] as number) <= to) end++;
    if (first === end) {
      this.#open(first);
      bounds[first * 2] = from;
      bounds[first * 2 + 1] = to;
      return;
    }
    const high = Math.max(to, bounds[end * 2 - 1] as number);
    bounds[first * 2] = Math.min(from, bounds[first * 2] as number);
    bounds[first * 2 + 1] = high;
    this.#drop(first + 1, end - first - 1);
  }

  #open(index: number): void {
    const bounds = this.#bounds;
    for (let i = this.count * 2 - 1; i >= index * 2; i--) bounds[i + 2] = bounds[i] as number;
    this.count++;
  }

  #drop(index: number, howMany: number): void {
    if (howMany === 0) return;
    const bounds = this.#bounds;
    for (let i = (index + howMany) * 2; i < this.count * 2; i++)
      bounds[i - howMany * 2] = bounds[i] as number;
    this.count -= howMany;
  }
}
