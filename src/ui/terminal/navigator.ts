/** Going from one conversation to another. */
import type { ClientCommands, Target } from '../../chat/events.js';
import type { Model } from './model.js';

export class Navigator {
  readonly #model: Model;
  readonly #commands: ClientCommands;
  /** A conversation to go to as soon as it is there. */
  #wanted: Target | undefined;

  constructor(model: Model, commands: ClientCommands) {
    this.#model = model;
    this.#commands = commands;
  }

  open(room: Target | undefined): void {
    if (room === undefined) return;
    this.#wanted = this.#model.find(room) === undefined ? room : undefined;
    this.#model.open(room);
  }

  /** @param number as the list of rooms counts, from 1 */
  openNumber(number: number): void {
    this.open(this.#model.conversations[number - 1]?.room);
  }

  step(by: 1 | -1): void {
    const { conversations, current } = this.#model;
    if (current === undefined) return;
    const at = conversations.indexOf(current) + by;
    this.open(conversations[(at + conversations.length) % conversations.length]?.room);
  }

  /** Learns what is not told by itself: one's place, and the groups one is in. @param now ms since 1970 */
  async lookAround(now: () => number): Promise<void> {
    this.#model.surroundings.place = await this.#commands.location();
    for (const group of await this.#commands.groups()) this.#model.apply({ event: 'group', ...group }, now());
  }

  /**
   * A conversation has appeared: who is in it is asked once, presence keeps it up to date.
   * @returns its members, undefined when nobody has to be asked or nobody answers
   */
  async opened(room: Target): Promise<Awaited<ReturnType<ClientCommands['who']>> | undefined> {
    if (this.#wanted === room) this.open(room);
    if (room.startsWith('@')) return undefined;
    return this.#commands.who(room).catch(() => undefined);
  }
}
