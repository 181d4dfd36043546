/**
 * Optimal string alignment: Damerau-Levenshtein without editing a transposed pair again. Insert, delete,
 * change one character, or swap two neighbours, each for 1.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

/** The word somebody may have meant, or undefined when none is near. Ties go to the first. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const typed = word.slice(0, 64).toLowerCase();
  let best: string | undefined;
  // A short word may differ by one or two letters, a long one by a third of them.
  let distance = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const candidate of words) {
    if (Math.abs(candidate.length - typed.length) >= distance) continue;
    const found = candidate.startsWith(typed) && typed.length > 1 ? 1 : editDistance(typed, candidate);
    if (found < distance) [best, distance] = [candidate, found];
  }
  return best;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
