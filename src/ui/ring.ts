/** What the command line needs of a peer of the ring. */
import type { Ring, RingOptions } from '../actors/peer/options.js';

export type { Ring, RingOptions } from '../actors/peer/options.js';

/** Where somebody says they are; made coarse before anything else sees it. */
export type Place = NonNullable<RingOptions['place']>;

export type OpenRing = (options: RingOptions) => Promise<Ring>;

/** Loaded late: threads, the protocol and the stores come with it. */
export const openRing: OpenRing = async (options) => {
  const { openRing: open } = await import('../actors/peer/open.js');
  return open(options);
};
