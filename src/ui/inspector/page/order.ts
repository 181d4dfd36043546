/** `session/9` before `session/17`: by kind, then by number, then as text. */
export function compareActors(a: string, b: string): number {
  const [kindA, idA] = split(a);
  const [kindB, idB] = split(b);
  if (kindA !== kindB) return kindA < kindB ? -1 : 1;
  const [numberA, numberB] = [Number(idA), Number(idB)];
  if (numberA !== numberB && !Number.isNaN(numberA) && !Number.isNaN(numberB)) return numberA - numberB;
  if (idA === idB) return 0;
  return idA < idB ? -1 : 1;
}

function split(actor: string): [string, string] {
  const at = actor.indexOf('/');
  return at < 0 ? [actor, ''] : [actor.slice(0, at), actor.slice(at + 1)];
}
