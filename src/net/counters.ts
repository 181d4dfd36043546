import type { EndpointCounters } from './types.js';

/** An endpoint's counters before anything happened. */
export const zeroCounters = (): EndpointCounters => ({
  datagramsIn: 0,
  datagramsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: 0,
  malformed: 0,
  replayed: 0,
  oversized: 0,
  handshakes: 0,
  handshakesRefused: 0,
  foreign: 0,
  unfinished: 0,
  retries: 0,
  packetsLost: 0,
  pathsMoved: 0,
  unwanted: 0,
});
