import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import type { Clock } from '../runtime/actor.js';
import type { ActorTap } from '../runtime/actor-tap.js';
import { ClientCore } from './core.js';
import { System } from './system.js';
import type { Habits } from './world.js';

/** A screen wants to know what it missed and who is there; a script only what it asks for. */
export const SCREEN_HABITS: Habits = { backlog: 200, attentive: true };
export const SCRIPT_HABITS: Habits = { backlog: 0, attentive: false };

export interface LocalOptions {
  readonly data: string | undefined;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly habits: Habits;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  readonly onEvent: (events: ClientEvent[]) => void;
}

/** A client in this thread, over real sockets. */
export class LocalClient extends ClientCore implements ClientCommands {
  readonly #system: System;

  constructor(options: LocalOptions) {
    const system = new System(options);
    super(system, options.habits, options.onEvent);
    this.#system = system;
  }

  /** Leaves without waiting and frees everything. */
  async close(): Promise<void> {
    await this.quit(0);
    await this.#system.close();
  }
}
