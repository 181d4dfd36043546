import type { RawDetail, RawRow } from '../inspect/raw.js';
import type { CloseUp } from './close-up.js';

/** Something that an inspector can look at: an actor, or a machine within one. */
export interface Subject {
  /** `room/17`; a machine within an actor: `ring/0/link/3`. */
  readonly name: string;
  /** It stands in the tap's queue. */
  touched: boolean;
  /** Where it shows what it does, while somebody looks at it closely. */
  closeUp: CloseUp | undefined;
  /** Called when `closeUp` was set or taken away. */
  onCloseUp: (() => void) | undefined;
  /** Undefined when it is no more. */
  row(): RawRow | undefined;
  detail(): Omit<RawDetail, 'actor'>;
}
