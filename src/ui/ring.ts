/** What the command line needs of a peer of the ring. */
import type { Ring, RingOptions } from '../actors/peer/options.js';
import type { RingCommands } from '../chat/events.js';

export type { Ring, RingOptions } from '../actors/peer/options.js';

/** One's own peer, as a screen knows it. */
export type OwnPeer = RingCommands & Pick<Ring, 'key' | 'community'>;

/** Where somebody says they are; made coarse before anything else sees it. */
export type Place = NonNullable<RingOptions['place']>;

export type OpenRing = (options: RingOptions) => Promise<Ring>;

/** Loaded late: threads, the protocol and the stores come with it. */
export const openRing: OpenRing = async (options) => {
  const { openRing: open } = await import('../actors/peer/open.js');
  return open(options);
};
