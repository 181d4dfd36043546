import type { Inspectable } from '../../src/actors/inspect/inspectable.js';

/** A system of which there is nothing to see. */
export const unseen: Inspectable = { look: () => ({ wish: () => undefined, close: () => undefined }) };
