/** `session/9` before `session/17`, `presence/0` before its parts: part by part, as numbers or else as text. */
export function compareActors(a: string, b: string): number {
  const [ofA, ofB] = [a.split('/'), b.split('/')];
  for (const [index, part] of ofA.entries()) {
    const other = ofB[index];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return ofA.length - ofB.length;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference) && difference !== 0) return difference;
  return a < b ? -1 : 1;
}
