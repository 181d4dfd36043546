import type { Presence } from '../../chat/events.js';
import { PresenceState } from '../../chat/operations.js';

const WORDS: Readonly<Record<PresenceState, Presence>> = {
  [PresenceState.Offline]: 'offline',
  [PresenceState.Online]: 'online',
  [PresenceState.Away]: 'away',
};

export function presenceWord(state: number | undefined): Presence {
  return WORDS[state as PresenceState] ?? 'offline';
}

/** People known in one log, as many as a list can have; whoever else a server tells of is not kept. */
const KNOWN_MAX = 100_000;

interface Known {
  readonly state: Presence;
  readonly version: number;
  /** Counts what was heard, in order of arrival. */
  readonly heard: number;
}

/** Who is there, in one log. Of what is heard about a person the newest version holds, in whatever order it comes. */
export class Roster {
  readonly #known = new Map<string, Known>();
  #heard = 0;

  /** Where we are in what is heard: to be taken when a list is asked for. */
  get mark(): number {
    return this.#heard;
  }

  /** Undefined for who was never heard of. */
  stateOf(user: string): Presence | undefined {
    return this.#known.get(user)?.state;
  }

  /** @returns true when this is news. */
  update(user: string, state: Presence, version: number): boolean {
    const known = this.#known.get(user);
    if (known === undefined ? this.#known.size >= KNOWN_MAX : version <= known.version) return false;
    this.#known.set(user, { state, version, heard: ++this.#heard });
    return (known?.state ?? 'offline') !== state;
  }

  /** Another connection: the server may count versions anew. */
  renew(): void {
    for (const [user, known] of this.#known) this.#known.set(user, { ...known, version: -1 });
  }

  /**
   * Forgets who is not in a list that was asked for at `mark`, unless they were heard of since.
   * @returns those of them who were here
   */
  prune(listed: ReadonlySet<string>, mark: number): string[] {
    const gone: string[] = [];
    for (const [user, { state, heard }] of this.#known) {
      if (listed.has(user) || heard > mark) continue;
      this.#known.delete(user);
      if (state !== 'offline') gone.push(user);
    }
    return gone;
  }
}
