import type { RawDetail, RawRow } from '../inspect/raw.js';
import type { Actor, ActorType, Address, Description, MailLane } from './actor.js';
import { addressText } from './address.js';
import type { Asker } from './asks.js';
import { RestartBudget } from './backoff.js';
import type { CloseUp } from './close-up.js';
import type { CellContext } from './context.js';
import { Mailbox } from './mailbox.js';
import type { Subject } from './subject.js';

const NOTHING: Description = { machine: undefined, state: '' };

export const CellState = {
  Live: 'live',
  /** It failed, and waits for its restart; mail is kept. */
  Restarting: 'restarting',
  /** `stopping` runs; mail is kept for its successor, or for nobody. */
  Stopping: 'stopping',
  /** It failed too often; mail becomes dead letters until the period has passed. */
  GivenUp: 'given up',
  Gone: 'gone',
} as const;
export type CellState = (typeof CellState)[keyof typeof CellState];

/** An ask that somebody waits for; its answer takes the lane the ask took. */
export interface Unanswered {
  readonly from: Address;
  readonly lane: MailLane;
}

/** One address and all the actors that live there one after the other. */
export class Cell implements Asker, Subject {
  readonly address: Address;
  readonly type: ActorType;
  readonly mailbox: Mailbox;
  readonly budget: RestartBudget;
  state: CellState = CellState.Live;
  actor: Actor | undefined;
  context: CellContext | undefined;
  snapshot: Buffer | undefined;
  /** Its snapshot is newer than what was sent out of the thread. */
  snapshotDirty = false;
  /** Asks to it that it has not answered, by ask number. */
  readonly unanswered = new Map<number, Unanswered>();
  /** Its own asks that nobody answered yet. */
  asks = 0;
  restarts = 0;
  /** Monotonic milliseconds of its last message. */
  lastAt: number;
  /** Whether it stands in the pump's ring, per lane. */
  readonly ready: [boolean, boolean] = [false, false];
  watchesThreads = false;
  /** Its restart, or the end of its disgrace. */
  timer: unknown;
  touched = false;
  closeUp: CloseUp | undefined;
  onCloseUp: (() => void) | undefined;

  constructor(address: Address, type: ActorType, now: number) {
    this.address = address;
    this.type = type;
    this.mailbox = new Mailbox(type.mailbox);
    this.budget = new RestartBudget(type.restart);
    this.lastAt = now;
  }

  get name(): string {
    return addressText(this.address);
  }

  row(): RawRow | undefined {
    const { name: actor, state: life, restarts, mailbox } = this;
    if (life === CellState.Gone) return undefined;
    const { machine, state } = this.#described();
    return { actor, machine, state, mailbox: mailbox.size, restarts, life };
  }

  detail(): Omit<RawDetail, 'actor'> {
    const { active = [], facts = {} } = this.#described();
    return { active, facts };
  }

  #described(): Description {
    try {
      return this.actor?.describe?.() ?? NOTHING;
    } catch {
      // Being watched shall not fail an actor.
      return NOTHING;
    }
  }
}
