import type { Actor, AnyStateMachine } from 'xstate';
import { EdgeWatch } from './edge-watch.js';
import { type MachineOptions, MachineSubject } from './machine-subject.js';
import type { Subject } from './subject.js';
import type { Tap } from './tap.js';

/** How one actor shows what is within it, for one life; a client, which is no actor, has one too. */
export class ActorTap {
  readonly #tap: Tap;
  readonly #subject: Subject | undefined;
  #machines: Set<MachineSubject> | undefined;

  /** @param subject the actor itself */
  constructor(tap: Tap, subject?: Subject) {
    this.#tap = tap;
    this.#subject = subject;
  }

  /** The actor's own machine is in this state now. */
  moved(state: () => string): void {
    const subject = this.#subject;
    if (subject === undefined) return;
    this.#tap.touch(subject);
    subject.closeUp?.state(state());
  }

  /** Shows the edges of the actor's own machine. @returns undefined where there is no actor */
  edgesOf(root: Actor<AnyStateMachine>): EdgeWatch | undefined {
    return this.#subject === undefined ? undefined : new EdgeWatch(root, this.#subject, false);
  }

  /** Shows one of many machines of this actor, from its start to its end. */
  machine(root: Actor<AnyStateMachine>, options: MachineOptions = {}): void {
    this.#machines ??= new Set();
    new MachineSubject(this.#tap, this.#subject?.name ?? '', this.#machines, root, options);
  }

  /** The actor is no more, and so are its machines, stopped or not. */
  end(): void {
    if (this.#subject !== undefined) this.#subject.onCloseUp = undefined;
    for (const machine of this.#machines ?? []) machine.end();
  }
}
