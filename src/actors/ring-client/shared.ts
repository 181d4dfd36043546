import { isCell } from '../../chat/geo.js';
import { isTag } from '../../chat/tag.js';
import type { Rows } from '../../store/feeds/types.js';
import type { Profile } from '../ring/own-record.js';

type Sharing = Pick<Profile, 'cell' | 'interests'>;

const CELL = 'cell';
const INTERESTS = 'interests';
/** No tag has one. */
const SEPARATOR = '\n';

/**
 * What a person shares of themselves, from one start to the next: their cell and their interests. Whatever was given
 * at the start takes the place of what was kept.
 */
export class Shared {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** What of last time holds on beside what is given now. */
  restored({ cell, interests }: Sharing): Sharing {
    const kept = this.#text(CELL);
    const tags = this.#text(INTERESTS).split(SEPARATOR);
    return {
      cell: cell === '' && isCell(kept) ? kept : '',
      interests: interests.length === 0 ? tags.filter(isTag) : [],
    };
  }

  keep({ cell, interests }: Sharing): void {
    this.#put(CELL, cell);
    this.#put(INTERESTS, interests.join(SEPARATOR));
  }

  #text(key: string): string {
    return this.#rows.get(key)?.toString() ?? '';
  }

  #put(key: string, text: string): void {
    if (text === this.#text(key)) return;
    if (text === '') this.#rows.delete(key);
    else this.#rows.put(key, Buffer.from(text));
  }
}

/** What a person is told at a start that shares again what the last one did. @param city near which they are; '' for none */
export function againText(city: string, interests: readonly string[]): string {
  const tags = interests.map((tag) => `+${tag}`);
  const what = [
    ...(city === '' ? [] : [`the area around ${city} (/where off ends that)`]),
    ...(tags.length === 0 ? [] : [`${tags.join(', ')} (/leave ${tags[0]} ends one)`]),
  ];
  return `As last time you share ${what.join(' and ')}.`;
}
