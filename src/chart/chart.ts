/**
 * A statechart as data: what is drawn, exported and stepped through. Every name is the one that the machine's
 * definition gives, and the ids are XState's own (`session.active`), so that what runs can be found on the drawing.
 */
export interface Chart {
  /** The machine's id: `session`. */
  readonly id: string;
  readonly root: ChartState;
  /** In the order of their definition, those of outer states first. */
  readonly edges: readonly ChartEdge[];
}

export interface ChartState {
  /** XState's id of the node: `session.active`. */
  readonly id: string;
  /** Its last part. */
  readonly name: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Id of the child that it begins in; only of a compound one. */
  readonly initial: string | undefined;
  /** Names of actions. */
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Names of what runs while the state is active. */
  readonly invokes: readonly string[];
  readonly states: readonly ChartState[];
}

export interface ChartEdge {
  /** `session.active|LOGOUT|0`: source, event as XState writes it, place among the source's answers to that event. */
  readonly id: string;
  readonly source: string;
  /** Empty: it only acts, and no state is left. */
  readonly targets: readonly string[];
  readonly kind: 'event' | 'after' | 'always' | 'done' | 'error';
  /** The event's type as XState writes it (`xstate.after.retryMs.session.waiting`), empty for an eventless one. */
  readonly event: string;
  /** The same for people: `LOGOUT`, `after retryMs`, `always`, `done`. */
  readonly label: string;
  /** Name of the guard, or undefined: it always may. */
  readonly guard: string | undefined;
  readonly actions: readonly string[];
  /** It leaves and enters its own source again. */
  readonly reenter: boolean;
}
