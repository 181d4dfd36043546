import type { Address, Kind } from './actor.js';

/** Index of the kind, then the threads that hold it. Plain data: it is handed to every worker. */
export type PlacementTable = readonly (readonly number[] | undefined)[];

/**
 * A kind that one thread names lives there; a kind that several name is spread over them by its key.
 * Threads are numbered in the order given.
 */
export function placementOf(threads: readonly { readonly kinds: readonly Kind[] }[]): PlacementTable {
  const table: (number[] | undefined)[] = [];
  threads.forEach(({ kinds }, thread) => {
    for (const kind of kinds) {
      const holders = table[kind] ?? [];
      holders.push(thread);
      table[kind] = holders;
    }
  });
  return table;
}

/** The thread on which an address lives, or undefined when no thread holds that kind. */
export function threadOf(table: PlacementTable, { kind, key }: Address): number | undefined {
  const threads = table[kind];
  if (threads === undefined) return undefined;
  return threads.length === 1 ? threads[0] : threads[spread(key) % threads.length];
}

/** MurmurHash3's 32-bit finaliser over both halves of the key: neighbouring numbers land apart. */
function spread(key: number): number {
  let h = (key >>> 0) ^ Math.imul(Math.floor(key / 0x100000000), 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
