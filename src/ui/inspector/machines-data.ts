import type { Standing } from '../../chart/stepper.js';

/** What a gallery shows of a machine besides its drawing. */
export interface MachineCard {
  readonly name: string;
  readonly what: string;
  /** `server`, `client`, ... */
  readonly runs: string;
  readonly file: string;
  readonly states: number;
  readonly transitions: number;
  /** Names of its states, and its events: what a search looks into. */
  readonly words: readonly string[];
}

/** What became of some steps. */
export interface Walked {
  /** One after each step that was taken, in their order. */
  readonly standings: readonly Standing[];
  /** The guard that has to be answered before the next step can be taken. */
  readonly ask?: string;
  /** Why the next step cannot be taken at all. */
  readonly refused?: string;
}
