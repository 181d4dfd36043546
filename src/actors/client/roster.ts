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

interface Known {
  readonly state: Presence;
  readonly version: number;
}

/** Who is there, in one log. Of what is heard about a person the newest version holds, in whatever order it comes. */
export class Roster {
  readonly #known = new Map<string, Known>();

  /** @returns true when this is news. */
  update(user: string, state: Presence, version: number): boolean {
    const known = this.#known.get(user);
    if (known !== undefined && version <= known.version) return false;
    this.#known.set(user, { state, version });
    return (known?.state ?? 'offline') !== state;
  }

  /** Another connection: the server may count versions anew. */
  renew(): void {
    for (const [user, { state }] of this.#known) this.#known.set(user, { state, version: -1 });
  }

  /** A whole list. @returns the names of those who are in the roster, but not in the list. */
  replace(list: readonly { user: string; state: Presence; version: number }[]): string[] {
    const gone = new Set(this.#known.keys());
    for (const { user, state, version } of list) {
      gone.delete(user);
      this.update(user, state, version);
    }
    for (const user of gone) this.#known.delete(user);
    return [...gone];
  }
}
