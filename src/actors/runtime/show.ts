import type { Address } from './actor.js';
import { addressText } from './address.js';
import type { Cell } from './cell.js';
import type { Tap } from './tap.js';

// Each of these is called only while the tap is active: their callers check, so that nobody pays otherwise.

export function showBorn(tap: Tap, at: number, cell: Cell): void {
  const actor = addressText(cell.address);
  tap.emit({ channel: 'born', at, actor, restored: cell.snapshot !== undefined });
}

export function showRestarting(tap: Tap, at: number, cell: Cell, inMs: number, error: Error): void {
  tap.emit({ channel: 'restarting', at, actor: addressText(cell.address), inMs, error: error.message });
}

export function showDied(tap: Tap, at: number, cell: Cell, reason: string): void {
  tap.emit({ channel: 'died', at, actor: addressText(cell.address), reason });
}

/** Shows one message to whoever listens, unless the sampling leaves it out. */
export function showMessage(
  tap: Tap,
  at: number,
  direction: 'in' | 'out',
  self: Address,
  other: Address,
  type: number,
  bytes: number,
): void {
  const skipped = tap.sample(at);
  if (skipped === undefined) return;
  const actor = addressText(self);
  tap.emit({ channel: 'message', at, direction, actor, other: addressText(other), type, bytes, skipped });
}

/** Shows an actor's state if it is not what was shown last. */
export function showState(tap: Tap, at: number, cell: Cell): void {
  const description = cell.actor?.describe?.();
  if (description === undefined || description.state === cell.shownState) return;
  cell.shownState = description.state;
  const { state, facts = {} } = description;
  tap.emit({ channel: 'state', at, actor: addressText(cell.address), state, facts });
}
