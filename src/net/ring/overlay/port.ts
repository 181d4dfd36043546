import type { PathAddress } from '../../types.js';
import type { Contact, PartPort, PeerId } from '../types.js';

/** What the overlay asks of the links below it, and what it tells the peer around it. */
export interface OverlayPort extends PartPort {
  /**
   * A link to that peer is wanted from now on, whether there is one already or not. One that there is not yet ends
   * in `linked` or `unreachable`.
   */
  dial(contact: Contact): void;
  /** It is not wanted by the overlay any more. */
  release(peer: PeerId): void;
  /** Somebody named by an address alone is being dialled: who is there, nobody knows yet. */
  isMeeting(): boolean;
  /** Where others find this peer now, as its own record says it: told to whoever asks who is around our place. */
  addresses(): readonly PathAddress[];
  /** `neighbourhood` is another one. */
  changed(): void;
  /** Does not answer, nor do others reach it; followed by `trusted` or `died`. */
  suspected(peer: PeerId): void;
  trusted(peer: PeerId): void;
  /** Evicted, after all that. It was linked once: its key is proven. */
  died(contact: Contact): void;
}

export interface OverlayOptions {
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Uint8Array;
  readonly random: (target: Buffer) => void;
  readonly port: OverlayPort;
  /** Peers of last time. */
  readonly passive: readonly Contact[];
}

/** What was refused or went wrong, since the start. */
export interface OverlayCounters {
  /** Hearsay that would have made us dial more than the budget allows. */
  refused: number;
  /** FOUND or PROBED_FOR that nobody had asked for. */
  unasked: number;
  evicted: number;
}
