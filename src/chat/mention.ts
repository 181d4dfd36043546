import { nameKey } from './name.js';

const NAME_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/**
 * Does a text call somebody by name? Case does not matter, and the name must stand alone: `ana` is in
 * "@Ana, look" and in "bo/ana", not in "banana".
 */
export function mentions(text: string, name: string): boolean {
  const wanted = nameKey(name);
  if (wanted === '') return false;
  const within = nameKey(text);
  for (let at = within.indexOf(wanted); at >= 0; at = within.indexOf(wanted, at + 1)) {
    const before = [...within.slice(Math.max(0, at - 2), at)].at(-1) ?? '';
    const after = String.fromCodePoint(within.codePointAt(at + wanted.length) ?? 0x20);
    if (!NAME_CHARACTER.test(before) && !NAME_CHARACTER.test(after)) return true;
  }
  return false;
}
