import type { ClientEvent } from '../../chat/events.js';

/** Events of one turn, handed over together: a thread costs per message, a screen per picture. */
export class EventBatch {
  readonly #turnEnd: (run: () => void) => void;
  readonly #settle: () => void;
  readonly #hand: (events: ClientEvent[]) => void;
  #events: ClientEvent[] = [];
  #due = false;

  /** @param settle called before a batch is handed over, to add what is said once per turn */
  constructor(turnEnd: (run: () => void) => void, settle: () => void, hand: (events: ClientEvent[]) => void) {
    this.#turnEnd = turnEnd;
    this.#settle = settle;
    this.#hand = hand;
  }

  add(event: ClientEvent): void {
    this.#events.push(event);
    this.touch();
  }

  /** Something will be settled at the end of this turn. */
  touch(): void {
    if (this.#due) return;
    this.#due = true;
    this.#turnEnd(() => this.flush());
  }

  /** Hands over what there is. */
  flush(): void {
    this.#settle();
    this.#due = false;
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    this.#hand(events);
  }
}
