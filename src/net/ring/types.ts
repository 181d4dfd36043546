/**
 * What the parts of a ring peer share: who peers are, and how a part meets the links below it and the peer around it.
 *
 *     wires (net/endpoint) ─> links ─> parts: overlay, broadcast, sync, router, mail
 *
 * Every part is sans-IO: links, frames and a time go in; frames leave through its port, and it names its next deadline.
 */
import type { Reader } from '../bytes.js';
import type { Lane, PathAddress } from '../types.js';
import type { Place } from './place.js';

/** A peer: its Ed25519 public key in lower-case hex, so that it can be the key of a Map. */
export type PeerId = string;

/** Somebody who can be dialled, or could be once. Addresses are hints: a key is proven by the handshake. */
export interface Contact {
  readonly id: PeerId;
  /** Ed25519 public key, 32 bytes. */
  readonly key: Buffer;
  readonly place: Place;
  /** At most ADDRESSES_MAX, the likeliest first. */
  readonly addresses: readonly PathAddress[];
}

/** Where a part's frames leave. */
export interface PartPort {
  /** One frame over the live link to that peer; it is sent again until acknowledged or the link ends. @returns false without a link */
  send(to: PeerId, type: number, body: Uint8Array, lane?: Lane): boolean;
}

/**
 * A part of a ring peer. Times are monotonic milliseconds. The reader of `frame` is valid only during the call and
 * may throw Malformed, which ends the link and is counted against its peer.
 */
export interface Part {
  /** A live link, its peer's key proven and its record known. */
  linked(peer: Contact, now: number): void;
  unlinked(peer: PeerId, now: number): void;
  /** @returns false when the type is not one of this part's */
  frame(from: PeerId, type: number, body: Reader, now: number): boolean;
  /** Does what is due. */
  tick(now: number): void;
  /** When `tick` is due at the latest; Infinity when nothing is. */
  deadline(): number;
}

/** What people see of a peer's place among the others. */
export type RingState = 'alone' | 'joining' | 'stable' | 'repairing';

/** The overlay's pointers, as the screen, the inspector and the simulator's checks see them. */
export interface Neighbourhood {
  readonly self: Contact;
  /** A hint, undefined when alone or not known yet. */
  readonly predecessor: Contact | undefined;
  /** Clockwise, the nearest first; without self, without duplicates. Empty when alone. */
  readonly successors: readonly Contact[];
  readonly long: readonly Contact[];
  /** Everybody linked while the community is small. */
  readonly extra: readonly Contact[];
  /** Estimated from the density of the successor list; 1 when alone. */
  readonly size: number;
  readonly state: RingState;
}
