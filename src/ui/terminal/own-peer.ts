import type { RingCommands } from '../../chat/events.js';

/** One's own peer of the ring, as a screen knows it. */
export interface OwnPeer extends RingCommands {
  /** Fingerprint of its key. */
  readonly key: string;
  /** The name of the community it is in. */
  readonly community: string;
}
