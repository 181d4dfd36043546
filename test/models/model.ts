import type { AnyStateMachine, StateValue } from 'xstate';
import type { Run } from './witness.js';

/** An event of the machine with whatever its actions and guards read of it. */
export type ModelEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Where a machine stands, and what of the world around it decides its guards. */
export interface Standing<World> {
  readonly value: StateValue;
  /** The outermost state's name. */
  readonly at: string;
  readonly world: Readonly<World>;
}

/** Something that happens in the program. */
export interface Stimulus<World, Real> {
  /**
   * The events that it brings about, in order, also those that are ignored there.
   * Undefined: it cannot happen now.
   */
  events(standing: Standing<World>): readonly ModelEvent[] | undefined;
  /** What it changes around the machine before the first of them. */
  changes?(world: World, standing: Standing<World>): void;
  /** What is seen outside when these actions run, in case it is something else than each of them. */
  seen?(promised: readonly string[], standing: Standing<World>): readonly string[];
  act(real: Real): void | Promise<void>;
}

/** One way for the machine to begin its life. */
export interface Beginning<World, Real> {
  world(): World;
  /** Events that come before anybody can look; none unless said. */
  readonly events?: readonly ModelEvent[];
  /** What is seen outside by then, in case it is something else than each action. */
  readonly seen?: readonly string[];
  real(): Promise<Real>;
}

/** One machine, and what stands for it in the program. */
export interface Model<World extends object, Real> {
  /** In the catalogue. */
  readonly name: string;
  /** Which part of the program hosts it, of several. */
  readonly host?: string;
  readonly machine: AnyStateMachine;
  /** As much of the world as makes a place another one; all of it unless said. */
  key?(world: World): unknown;
  /** The machine's input in the walker's own copy of it, whose actions do nothing outside. */
  input(world: World): unknown;
  readonly beginnings: Readonly<Record<string, Beginning<World, Real>>>;
  readonly stimuli: Readonly<Record<string, Stimulus<World, Real>>>;
  /** The machine as the program runs it. */
  run(real: Real): Run;
  /** The state that the real actor tells of itself. */
  state(real: Real): StateValue | undefined;
  /** The actions whose effects were seen from outside since it was asked last. */
  effects(real: Real): Iterable<string>;
  /** Actions without an effect outside. */
  readonly inward?: readonly string[];
  /** What must be true outside while it stands there, by the state's id. Throws. */
  readonly holds: Readonly<Record<string, (real: Real, standing: Standing<World>) => void | Promise<void>>>;
  /** Frees the real thing. */
  end(real: Real): void | Promise<void>;
  /** Transitions (`state edge`) that the program never takes, each with the reason why none comes about. */
  readonly defences?: Readonly<Record<string, string>>;
}
