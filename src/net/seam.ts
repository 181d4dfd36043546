/**
 * The seam between an endpoint (datagrams, handshakes, timers) and its established connections
 * (packets, frames, recovery). The endpoint makes a connection from a seed and drives it; the connection
 * reaches the world through its host only.
 */
import type { SealedKeys } from './keys.js';
import type { Connection, EndpointCounters, EndpointHandler, PathAddress } from './types.js';

/** What the endpoint gives a new connection. */
export interface ConnectionSeed {
  readonly id: number;
  /** The peer's static key, 32 bytes. */
  readonly remoteKey: Buffer;
  /** 64 bytes. */
  readonly handshakeHash: Buffer;
  /** Validated: a token or an answer came from there. */
  readonly path: PathAddress;
  /** Our connection id, 8 bytes: the peer writes it into its datagrams. */
  readonly localId: Buffer;
  /** The peer's connection id, 8 bytes. */
  readonly remoteId: Buffer;
  readonly keys: SealedKeys;
  /**
   * The initiator must send something that asks for an ack (PING) in its first flush: the responder
   * counts the handshake as done, and sends anything at all, only after it has opened a sealed packet.
   */
  readonly initiator: boolean;
  /** Both ends are peers: either asks soon whether the other is there. */
  readonly mutual?: boolean;
  /** See ConnectOptions. */
  readonly keepaliveMs?: number | undefined;
  /** The handshake's round trip, milliseconds, where it could be told; a first estimate. */
  readonly rttMs?: number | undefined;
  readonly now: number;
}

/**
 * What the endpoint drives: an established connection, `class SealedConnection` in connection.ts. The endpoint
 * tells the handler `opened`; everything later, `closed` included, the connection tells itself.
 */
export interface DrivenConnection extends Connection {
  /** A SEALED datagram with our id: opens it, checks the replay window, handles frames and the path. */
  receive(datagram: Buffer, from: PathAddress, now: number): void;
  /** Writes datagrams through `host.transmit`: what is due and allowed. */
  flush(now: number): void;
  /**
   * When `flush` must be called at the latest; Infinity when nothing is due. The endpoint asks for it after a
   * flush that was due; of any earlier deadline it must be told by `rearm`, also from within a flush.
   */
  deadline(): number;
}

/** What an endpoint is for its connections. */
export interface ConnectionHost {
  readonly handler: EndpointHandler;
  readonly counters: EndpointCounters;
  readonly random: (target: Buffer) => void;
  /** Counts and sends; the buffer may be reused as soon as this returns. */
  transmit(datagram: Buffer, to: PathAddress): void;
  /** Has something to send at the next flush. Cheap when called again. */
  dirty(connection: DrivenConnection): void;
  /** Its deadline changed. Cheap when it only moved later. */
  rearm(connection: DrivenConnection): void;
  /** Closed and done: the endpoint forgets it, its id and its keys. */
  gone(connection: DrivenConnection): void;
  /** A fresh token for that address, to hand over in a TOKEN frame; undefined when not listening. */
  token(to: PathAddress): Buffer | undefined;
  /** A TOKEN frame came: kept for the next handshake with this peer's address. */
  tokenReceived(connection: DrivenConnection, token: Buffer): void;
}
