import { Decoder, Encoder } from 'cbor-x';
import {
  type Actor,
  type AnyStateMachine,
  createActor,
  type EventFrom,
  type InputFrom,
  type SnapshotFrom,
} from 'xstate';
import type { ActorContext, Description } from './actor.js';
import type { EdgeWatch } from './edge-watch.js';
import { activeStates, stateText } from './state-text.js';

/** Something that is due. Its identity is (id, at): as long as both stay, its timer runs on. */
export interface Deadline<TEvent> {
  readonly id: string;
  /** Monotonic milliseconds, as `context.clock.now()` gives them; the same on every thread of the process. */
  readonly at: number;
  readonly event: TEvent;
}

export interface HostOptions<TMachine extends AnyStateMachine> {
  readonly input: InputFrom<TMachine>;
  /** What `create` was handed. One that another machine wrote, or that cannot be read, is passed over. */
  readonly restored?: Buffer | undefined;
  /** Where it begins instead, made by the machine's `resolveState` from what lasts elsewhere. Entry actions do not run. */
  readonly begun?: SnapshotFrom<TMachine> | undefined;
  /** The actor goes on when the machine is over; nothing may be sent to the machine then. */
  readonly outlived?: boolean;
  /** Whether the machine outlives a failure and its thread: then a snapshot is kept per turn in which it moved. */
  readonly persist?: boolean;
  /**
   * What is due, as a function of the snapshot: called after every transition and after a restore. This takes
   * the place of `after`, which XState does not re-arm when it restores (statelyai/xstate#5331): a machine
   * keeps *when* in its context, and the timers follow from that, in the first life as in the next.
   */
  readonly deadlines?: (snapshot: SnapshotFrom<TMachine>) => readonly Deadline<EventFrom<TMachine>>[];
  /** For the inspector. */
  readonly facts?: (snapshot: SnapshotFrom<TMachine>) => Record<string, string | number>;
}

interface Persisted {
  readonly machine: string;
  readonly snapshot: unknown;
}

interface Armed {
  readonly at: number;
  readonly timer: unknown;
}

const encoder = new Encoder({ useRecords: false });
const decoder = new Decoder({ useRecords: false });

/**
 * An XState machine inside an actor. Its clock is the actor's; what it throws is thrown by `send`, so that it
 * fails this actor alone, where XState by itself would rethrow it in a timer and end the thread. A machine
 * that reaches its final state stops the actor, unless that outlives it.
 */
export class HostedMachine<TMachine extends AnyStateMachine> {
  readonly #context: ActorContext;
  readonly #machine: TMachine;
  readonly #options: HostOptions<TMachine>;
  readonly #actor: Actor<TMachine>;
  readonly #armed = new Map<string, Armed>();
  readonly #edges: EdgeWatch | undefined;
  readonly #text = () => stateText((this.snapshot as { readonly value: unknown }).value);
  #failure: { readonly error: unknown } | undefined;
  #depth = 0;
  #persistAsked = false;

  /** Starts the machine, from `options.restored` if that is its own. Throws what its entry actions throw. */
  constructor(context: ActorContext, machine: TMachine, options: HostOptions<NoInfer<TMachine>>) {
    this.#context = context;
    this.#machine = machine;
    this.#options = options;
    this.#actor = this.#create();
    this.#actor.subscribe({
      next: () => this.#moved(),
      error: (error: unknown) => this.#failed(error),
      complete: () => {
        if (!options.outlived) context.stop();
      },
    });
    this.#edges = context.tap?.edgesOf(this.#actor);
    // Starting notifies the subscriber above, also after a restore: that arms the first timers.
    this.#guard(() => this.#actor.start());
  }

  /** Sends one event. Throws what the machine throws while it handles it. */
  send(event: EventFrom<TMachine>): void {
    this.#guard(() => this.#actor.send(event));
  }

  get snapshot(): SnapshotFrom<TMachine> {
    return this.#actor.getSnapshot() as SnapshotFrom<TMachine>;
  }

  /** For Actor.describe. */
  describe(): Required<Description> {
    const { snapshot } = this;
    return {
      machine: this.#machine.id,
      state: this.#text(),
      active: activeStates(this.#actor.getSnapshot()),
      facts: this.#options.facts?.(snapshot) ?? {},
    };
  }

  /** Stops the machine without a final state: exit actions of its states do not run. */
  stop(): void {
    for (const { timer } of this.#armed.values()) this.#context.clock.clearTimeout(timer);
    this.#armed.clear();
    this.#edges?.stop();
    this.#actor.stop();
  }

  #create(): Actor<TMachine> {
    const { clock } = this.#context;
    const common = {
      input: this.#options.input,
      clock: { setTimeout: clock.setTimeout.bind(clock), clearTimeout: clock.clearTimeout.bind(clock) },
    };
    const snapshot = this.#readRestored() ?? this.#options.begun;
    const options = snapshot === undefined ? common : { ...common, snapshot };
    return createActor(this.#machine, options as never) as Actor<TMachine>;
  }

  #readRestored(): unknown {
    const { restored } = this.#options;
    if (restored === undefined) return undefined;
    let persisted: Persisted;
    try {
      persisted = decoder.decode(restored) as Persisted;
    } catch {
      return undefined;
    }
    return persisted.machine === this.#machine.id ? persisted.snapshot : undefined;
  }

  #guard(run: () => void): void {
    this.#depth++;
    try {
      run();
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0 && this.#failure !== undefined) throw this.#failure.error;
  }

  #failed(error: unknown): void {
    this.#failure = { error };
    // Outside of a send (a promise it invoked was rejected): a timer of the actor's is where it may throw.
    if (this.#depth === 0) {
      this.#context.clock.setTimeout(() => {
        throw error;
      }, 0);
    }
  }

  #moved(): void {
    this.#arm();
    this.#context.tap?.moved(this.#text);
    if (!this.#options.persist || this.#persistAsked) return;
    this.#persistAsked = true;
    this.#context.onTurnEnd(() => {
      this.#persistAsked = false;
      const snapshot = this.#actor.getPersistedSnapshot();
      this.#context.snapshot(encoder.encode({ machine: this.#machine.id, snapshot } satisfies Persisted));
    });
  }

  /** Makes the timers what the deadlines say. */
  #arm(): void {
    const { deadlines } = this.#options;
    if (deadlines === undefined) return;
    const { clock } = this.#context;
    const due = deadlines(this.snapshot);
    for (const [id, armed] of this.#armed) {
      if (due.some((each) => each.id === id && each.at === armed.at)) continue;
      clock.clearTimeout(armed.timer);
      this.#armed.delete(id);
    }
    for (const { id, at, event } of due) {
      if (this.#armed.has(id)) continue;
      const fire = () => {
        this.#armed.delete(id);
        this.send(event);
      };
      this.#armed.set(id, { at, timer: clock.setTimeout(fire, Math.max(0, at - clock.now())) });
    }
  }
}
