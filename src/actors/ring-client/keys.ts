import type { Rows } from '../../store/feeds/types.js';

/** The entry that was said under a key for the n-th time, and how to remember it. */
export interface Keyed {
  /** It was said before. */
  readonly id: string | undefined;
  /** @returns the id it was given */
  keep(id: string): string;
}

/**
 * What was said under keys: the n-th text said under one key in a group is one entry, however often a script is run
 * again.
 */
export class Keys {
  readonly #rows: Rows;
  /** How often this process has said something under a key. */
  readonly #counts = new Map<string, number>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** @param key '' for what is said without one */
  next(group: string, key: string): Keyed {
    if (key === '') return { id: undefined, keep: (id) => id };
    const under = `${group} ${key}`;
    const count = (this.#counts.get(under) ?? 0) + 1;
    this.#counts.set(under, count);
    const row = `${under} ${count}`;
    return {
      id: this.#rows.get(row)?.toString('hex'),
      keep: (id) => {
        this.#rows.put(row, Buffer.from(id, 'hex'));
        return id;
      },
    };
  }
}
