import type { Person } from '../../chat/events.js';
import type { AboutBody, SharedReply } from '../../chat/operations.js';

/** People who share something, as many as a list can have. */
const KNOWN_MAX = 100_000;

/** What somebody shares, as it is told. */
export type Shared = Pick<Person, 'near' | 'interests'>;

interface Known {
  readonly shared: Shared;
  readonly version: number;
  /** Counts what was heard, in order of arrival. */
  readonly heard: number;
}

const NOTHING: Shared = {};

/** What people share about themselves, by name; of what is heard of a person the newest version holds. */
export class About {
  readonly #known = new Map<string, Known>();
  #heard = 0;

  /** Where we are in what is heard: to be taken when a list is asked for. */
  get mark(): number {
    return this.#heard;
  }

  of(user: string): Shared {
    return this.#known.get(user)?.shared ?? NOTHING;
  }

  /** @returns true when this is news */
  update(user: string, { g, i }: AboutBody, version: number): boolean {
    const known = this.#known.get(user);
    if (known === undefined ? this.#known.size >= KNOWN_MAX : version <= known.version) return false;
    const shared = { ...(g !== '' && { near: g }), ...(i.length > 0 && { interests: i }) };
    this.#known.set(user, { shared, version, heard: ++this.#heard });
    return known !== undefined || g !== '' || i.length > 0;
  }

  /** Everybody who shares anything, at once. @param mark from before it was asked for: what was heard since holds */
  list(people: SharedReply['p'], mark: number): void {
    const listed = new Set(people.map(({ n }) => n));
    for (const { n, v, ...body } of people) this.update(n, body, v);
    for (const [user, { heard }] of this.#known)
      if (heard <= mark && !listed.has(user)) this.#known.delete(user);
  }

  /** Another connection: the server may count versions anew. */
  renew(): void {
    for (const [user, known] of this.#known) this.#known.set(user, { ...known, version: -1 });
  }

  /** Whoever comes back says it again. */
  forget(user: string): void {
    this.#known.delete(user);
  }
}
