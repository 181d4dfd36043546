import { parsePerson } from '../../chat/name.js';
import type { PeerId } from '../../net/ring/types.js';
import type { Rows } from '../../store/feeds/types.js';
import { NAMELESS } from './names.js';

/**
 * What those with whom one has private conversations were called last. At the next start they may not be there to say
 * it, and one may have written to them without ever having had an answer.
 */
export class Partners {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** @returns '' when it was never known */
  get(peer: PeerId): string {
    return this.#rows.get(peer)?.toString('utf8') ?? '';
  }

  /** @param shown as people see it, with or without the mark that tells two of one name apart */
  put(peer: PeerId, shown: string): void {
    const { name } = parsePerson(shown);
    if (name !== NAMELESS && name !== this.get(peer)) this.#rows.put(peer, Buffer.from(name));
  }
}
