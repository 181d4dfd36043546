import type { ActorEvent } from '../inspect/frames.js';
import type { RawEvent } from '../inspect/raw.js';
import type { Address } from './actor.js';
import { addressText } from './address.js';

/** Shown per tick, of messages and of what they cause each; a tick is a tenth of a second. The others are counted. */
const SHOWN_PER_TICK = 20;

/** What one actor does, while somebody looks at it closely. Bodies never get here, only their sizes. */
export class CloseUp {
  /**
   * Messages that are shown in this tick yet. Whoever has one counts down, and shows it if that leaves 0 or more; below
   * it counts those that are left out. A field and no method, since a busy actor comes by a million times a second.
   */
  left = SHOWN_PER_TICK;
  readonly #actor: string;
  readonly #wall: () => number;
  #events: RawEvent[] = [];
  #effects = SHOWN_PER_TICK;
  #skipped = 0;
  #state = '';

  /** @param wall milliseconds since 1970 */
  constructor(actor: string, wall: () => number) {
    this.#actor = actor;
    this.#wall = wall;
  }

  /** A message, after `left` was counted down. @param type a number of the receiver's kind; or a name, for what has none */
  message(kind: 'in' | 'out', type: number | string, other: Address | undefined, bytes: number): void {
    const text = other === undefined ? '' : addressText(other);
    if (typeof type === 'string') this.#add(kind, type, undefined, text, bytes, []);
    else this.#add(kind, '', type, text, bytes, []);
  }

  /** Transitions were taken, one after another. @param event its type as XState has it */
  edges(event: string, ids: readonly string[]): void {
    if (this.#effects === 0) return;
    this.#effects--;
    this.#add('edge', event, undefined, '', 0, ids);
  }

  state(state: string): void {
    if (state === this.#state || this.#effects === 0) return;
    this.#effects--;
    this.#state = state;
    this.#add('state', state, undefined, '', 0, []);
  }

  life(what: string): void {
    this.#add('life', what, undefined, '', 0, []);
  }

  /** What was shown since the last time. */
  take(): readonly RawEvent[] {
    if (this.left < 0) this.#skipped -= this.left;
    this.left = SHOWN_PER_TICK;
    this.#effects = SHOWN_PER_TICK;
    if (this.#events.length === 0) return this.#events;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #add(
    kind: ActorEvent['kind'],
    name: string,
    type: number | undefined,
    other: string,
    bytes: number,
    edges: readonly string[],
  ): void {
    const skipped = this.#skipped;
    this.#skipped = 0;
    const wall = this.#wall();
    this.#events.push({ actor: this.#actor, wall, kind, name, type, other, bytes, edges, skipped });
  }
}
