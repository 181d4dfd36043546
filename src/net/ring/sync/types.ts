/** How sync meets the peer around it. */
import type { Item } from '../gossip/item.js';
import type { PartPort, PeerId } from '../types.js';
import type { SyncSet } from './set.js';

export interface SyncPort extends PartPort {
  /** The sets one keeps: those of the groups one is in, and the roster. */
  sets(): readonly SyncSet[];
  /** For how long that partner is not asked for anything, in milliseconds: it has brought enough for now. Or 0. */
  restMs(partner: PeerId, now: number): number;
  /**
   * Items that sync brought; some may be held already. The bytes are copies.
   * @returns how many were new and are kept
   * @throws Malformed for what can only be a lie: it ends the link
   */
  received(items: readonly Item[], from: PeerId, now: number): number;
  /** A round that we opened came to its end: of what that peer holds nothing is lacking here. Or it was given up. */
  synced(peer: PeerId, now: number): void;
}

/** Each from 0 for the life of the peer. */
export interface SyncCounters {
  /** Rounds that we opened, and those of them that came to their end. */
  rounds: number;
  completed: number;
  /** Items that were new. */
  repaired: number;
  /** Items that were not: fetched twice, or pushed meanwhile. */
  repeated: number;
  /** Items handed to partners. */
  served: number;
  /** Frames that belong to no round, or that nothing was asked for. */
  unasked: number;
  /** Rounds, heads and ranges above a bound. */
  refused: number;
  /** Heads whose partner could not hand over what they promised. */
  broken: number;
}

export interface SyncOptions {
  readonly port: SyncPort;
  /** Fills a buffer with chance. */
  readonly random: (target: Buffer) => void;
}

export const noSyncs = (): SyncCounters => ({
  rounds: 0,
  completed: 0,
  repaired: 0,
  repeated: 0,
  served: 0,
  unasked: 0,
  refused: 0,
  broken: 0,
});
