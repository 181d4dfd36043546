/** What a person shares about themselves from the start: a place, and what they like. */
import { NatterError } from '../chat/error.js';
import type { ClientEvent, GroupCommands } from '../chat/events.js';
import type { Place } from './ring.js';

export interface PlaceFlags {
  readonly at?: { readonly lat: number; readonly lon: number };
  readonly city?: string;
}

export interface SharingFlags extends PlaceFlags {
  readonly interest?: readonly string[];
}

/** @throws NatterError USAGE when a place is given in both ways */
export function placeOf({ at, city }: PlaceFlags): Place | undefined {
  if (at !== undefined && city !== undefined)
    throw new NatterError('USAGE', 'Say where you are by --at or by --city, not by both.');
  return at ?? (city === undefined ? undefined : { city });
}

/**
 * Tells it to a client that may not be logged in yet: the place is kept for the login, the interests are joined
 * after it, by `heard`.
 * @throws NatterError BAD_ARGUMENT when there is no such place
 */
export class Sharing {
  readonly #commands: GroupCommands;
  readonly #flags: SharingFlags;
  readonly #tell: (event: ClientEvent) => void;
  #isDone = false;

  /** @param tell shows the person what went wrong */
  constructor(commands: GroupCommands, flags: SharingFlags, tell: (event: ClientEvent) => void) {
    this.#commands = commands;
    this.#flags = flags;
    this.#tell = tell;
  }

  async begin(): Promise<void> {
    const place = placeOf(this.#flags);
    if (place !== undefined) await this.#commands.locate(place);
  }

  /** Takes in what the client tells. A second login needs nothing: the server remembers interests. */
  heard({ event }: ClientEvent): void {
    if (event !== 'welcome' || this.#isDone) return;
    this.#isDone = true;
    for (const tag of this.#flags.interest ?? [])
      this.#commands.interest(tag).catch((error: unknown) => {
        const { code, message } =
          error instanceof NatterError ? error : new NatterError('INTERNAL', String(error));
        this.#tell({ event: 'error', code, message });
      });
  }
}
