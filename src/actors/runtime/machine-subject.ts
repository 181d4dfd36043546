import type { Actor, AnyStateMachine } from 'xstate';
import type { RawDetail, RawRow } from '../inspect/raw.js';
import type { CloseUp } from './close-up.js';
import { EdgeWatch } from './edge-watch.js';
import { activeStates, stateText } from './state-text.js';
import type { Subject } from './subject.js';
import type { Tap } from './tap.js';

export interface MachineOptions {
  /** As its chart is called, where that is not the machine's own id. */
  readonly chart?: string;
  /** Counts, times and the like; nothing that people wrote. */
  readonly facts?: (() => Record<string, string | number>) | undefined;
}

/** One of many machines within an actor, from its start to its end. */
export class MachineSubject implements Subject {
  touched = false;
  closeUp: CloseUp | undefined;
  onCloseUp: (() => void) | undefined;
  readonly #owner: string;
  readonly #number: number;
  readonly #chart: string;
  readonly #root: Actor<AnyStateMachine>;
  readonly #facts: MachineOptions['facts'];
  readonly #edges: EdgeWatch;
  readonly #tap: Tap;
  readonly #siblings: Set<MachineSubject>;
  #begun = false;
  #over = false;

  /** @param owner name of its actor, or empty @param siblings machines of that actor, of which it is one while it runs */
  constructor(
    tap: Tap,
    owner: string,
    siblings: Set<MachineSubject>,
    root: Actor<AnyStateMachine>,
    options: MachineOptions,
  ) {
    const { chart = root.logic.id, facts } = options;
    this.#tap = tap;
    this.#owner = owner;
    this.#number = tap.number();
    this.#siblings = siblings;
    this.#root = root;
    this.#chart = chart;
    this.#facts = facts;
    this.#edges = new EdgeWatch(root, this, true);
    const end = () => this.end();
    root.subscribe({ next: () => this.#moved(), error: end, complete: end });
  }

  get name(): string {
    const own = `${this.#chart}/${this.#number}`;
    return this.#owner === '' ? own : `${this.#owner}/${own}`;
  }

  row(): RawRow | undefined {
    if (this.#over) return undefined;
    const state = stateText(this.#root.getSnapshot().value);
    return { actor: this.name, machine: this.#chart, state, mailbox: 0, restarts: 0, life: 'live' };
  }

  detail(): Omit<RawDetail, 'actor'> {
    return { active: activeStates(this.#root.getSnapshot()), facts: this.#facts?.() ?? {} };
  }

  /** It has ended, or its actor has. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#edges.stop();
    this.#siblings.delete(this);
    if (this.#tap.machines.delete(this)) this.#tap.gone(this);
  }

  #moved(): void {
    if (this.#over) return;
    if (!this.#begun) {
      // Not before its start: one that is never started would never end.
      this.#begun = true;
      this.#siblings.add(this);
      this.#tap.machines.add(this);
      this.#tap.born(this);
    }
    this.#tap.touch(this);
    this.closeUp?.state(stateText(this.#root.getSnapshot().value));
  }
}
