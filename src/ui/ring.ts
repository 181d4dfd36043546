/** What the command line needs of a peer of the ring. */
import type { Ring, RingOptions } from '../actors/ring-client/options.js';

export type { Ring, RingOptions } from '../actors/ring-client/options.js';

/** Where somebody says they are; made coarse before anything else sees it. */
export type Place = NonNullable<RingOptions['place']>;

export type OpenRing = (options: RingOptions) => Promise<Ring>;

/** Loaded late: threads, the protocol and the stores come with it. */
export const openRing: OpenRing = async (options) => {
  const { openRing: open } = await import('../actors/ring-client/open.js');
  return open(options);
};
