/**
 * Where a ring peer meets the world, and so the place for the words that everything behind it uses.
 *
 *     connection   sealed datagrams between two sockets; only the thread with the socket has it (net/connection.ts)
 *     wire         a connection as the peer has it, a number: whoever is there has proven a key (`Wires`)
 *     link         what two peers have with each other, one between each two, for a while on two wires (link.ts)
 *
 *     peer         a program in the ring, and its key (`PeerId`); one's own is a `RingPeer`
 *     contact      where a peer may be reached: key, place, addresses. Addresses are hints (`Contact`)
 *     record       what a peer says of itself, signed; the roster has the newest of everybody (roster.ts)
 *     known        what the overlay believes of a peer: linked, suspect, dead (net/ring/overlay/known.ts)
 *     neighbour    the predecessor or a successor; the predecessor and the first successor are the edges
 *     guest        a link that the other end dialled (guests.ts)
 *     member       a peer that is in a group, or in the ring; in src/sim a simulated machine with its peer
 *     person       somebody as a screen shows them (chat/events.ts)
 */
import type { Identity, Verify } from '../../net/ring/identity.js';
import type { CloseCode, CloseReason, Lane, PathAddress } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';
import type { ActorTap } from '../runtime/actor-tap.js';

/**
 * Everything a ring peer takes from outside. The real one is an actor whose wires are the I/O actor's connections;
 * the simulator's is a network in virtual time. What is behind it is the same peer.
 */
export interface PeerWorld {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly wires: Wires;
  readonly identity: Identity;
  readonly verify: Verify;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  /** Runs once at the end of this turn. */
  turnEnd(run: () => void): void;
}

/** Encrypted connections to other sockets of the same community. A wire is a number, never used twice. */
export interface Wires {
  /** Who hears of what happens on them; set once, before the first dial. */
  handler: WireHandler;
  /** Addresses at which others may find this socket, the likeliest first. */
  readonly addresses: readonly PathAddress[];
  /** Starts a handshake; `opened` or `failed` ends it. */
  dial(to: PathAddress, giveUpMs: number): number;
  /** Gives up a handshake silently. */
  abandon(wire: number): void;
  /**
   * One frame, sent again until acknowledged or the wire is closed; what was lost comes later than what was said
   * after it. Copies `body`. @returns false when its bounds are reached
   * @throws RangeError for a body near MESSAGE_MAX_BYTES or above
   */
  send(wire: number, type: number, body: Uint8Array, lane: Lane): boolean;
  close(wire: number, code: CloseCode, text: string): void;
  /** Smoothed round trip, ms; undefined before it was measured. */
  rttMs(wire: number): number | undefined;
  /** As `Connection` in net/types.ts has them. */
  want(wire: number, transfer: number, chunk: number, bytes: number): boolean;
  unwant(wire: number, transfer: number): void;
  supply(wire: number, transfer: number, chunk: number, record: Buffer): boolean;
  unsupply(wire: number, transfer: number): void;
}

export interface WireHandler {
  /** The other end has proven `handshakeKey` (X25519, 32 bytes), and so the community; `dialled` by us. */
  opened(wire: number, handshakeKey: Buffer, path: PathAddress, dialled: boolean): void;
  /** `body` is valid only during the call. Throwing Malformed closes the wire. */
  frame(wire: number, type: number, body: Buffer): void;
  closed(wire: number, reason: CloseReason): void;
  failed(wire: number, reason: CloseReason): void;
  wanted(wire: number, transfer: number, first: number, count: number): void;
  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void;
  supplied(wire: number, transfer: number, chunk: number): void;
  /** The other end has another address now, which it has proven. */
  moved?(wire: number, path: PathAddress): void;
  /** `Wires.addresses` changed. */
  readdressed?(): void;
  /** Somebody of this community may be there: seen on the local network, nothing is proven. */
  found?(at: PathAddress): void;
}
