import type { ActorRefFrom } from 'xstate';
import { nameKey } from '../../chat/name.js';
import { PresenceState } from '../../chat/operations.js';
import { startMachine } from '../inner-machine.js';
import type { ActorContext } from '../runtime/actor.js';
import { type PresencePort, presenceMachine } from './presence.machine.js';

/** What a person does beyond itself. */
export interface Surroundings {
  readonly context: ActorContext;
  readonly lingerMs: number;
  changed(person: Person): void;
  gone(person: Person): void;
}

/** One account that is here, or was a moment ago: its sessions, and what the others were told last. */
export class Person implements PresencePort {
  readonly account: Buffer;
  readonly name: string;
  readonly sortKey: string;
  state: PresenceState = PresenceState.Offline;
  /** Grows with every change, also beyond a restart: milliseconds since 1970, or one more than before. */
  version = 0;
  /** Connection to whether it is away. */
  readonly sessions = new Map<number, boolean>();
  readonly #around: Surroundings;
  readonly #machine: ActorRefFrom<typeof presenceMachine>;

  constructor(account: Buffer, name: string, around: Surroundings) {
    this.account = account;
    this.name = name;
    this.sortKey = nameKey(name);
    this.#around = around;
    this.#machine = startMachine(
      around.context,
      presenceMachine,
      { port: this, lingerMs: around.lingerMs },
      () => ({
        sessions: this.sessions.size,
        version: this.version,
      }),
    );
  }

  set(conn: number, away: boolean): void {
    this.sessions.set(conn, away);
    this.#judge();
  }

  remove(conn: number): void {
    this.sessions.delete(conn);
    this.#judge();
  }

  stop(): void {
    this.#machine.stop();
  }

  publish(state: PresenceState): void {
    if (state === this.state) return;
    this.state = state;
    this.version = Math.max(this.version + 1, this.#around.context.clock.wall());
    this.#around.changed(this);
  }

  forget(): void {
    this.#around.gone(this);
  }

  #judge(): void {
    if (this.sessions.size === 0) this.#machine.send({ type: 'NOBODY' });
    else this.#machine.send({ type: [...this.sessions.values()].every(Boolean) ? 'AWAY' : 'HERE' });
  }
}
