/** What a connection id of ours can stand for, and what the two halves of a handshake need of the endpoint. */
import type { Pattern } from './constants.js';
import type { Established, Handshake, HandshakeTerms } from './handshake.js';
import type { IdTable } from './ids.js';
import type { DrivenConnection } from './seam.js';
import type { EndpointCounters, EndpointHandler, PathAddress } from './types.js';

/** Server: answered with a RESPONSE, waits for the initiator to show that it has it. */
export interface HalfOpen {
  readonly kind: 'halfOpen';
  readonly localId: Buffer;
  readonly remoteId: Buffer;
  readonly path: PathAddress;
  /** When the RESPONSE left: it is forgotten HANDSHAKE_HALF_OPEN_MS later. */
  readonly answeredAt: number;
  /** XX: waits for FINISH. IK: complete, waits for a sealed packet. */
  readonly waits: Handshake | Established;
}

/** Client: one initiation of an attempt. */
export interface Flight {
  readonly kind: 'flight';
  readonly attempt: number;
  readonly pattern: Pattern;
  readonly localId: Buffer;
  readonly handshake: Handshake;
  /** The whole initiation. */
  readonly datagram: Buffer;
  readonly hasToken: boolean;
  readonly sentAt: number;
  /** Sent again: an answer no more tells the round trip (Karn's algorithm). */
  repeated: boolean;
}

/** An established connection with what the endpoint keeps beside it. */
export interface Live {
  readonly kind: 'live';
  readonly connection: DrivenConnection;
  readonly localId: Buffer;
  readonly established: Established;
  /** From where it was opened, as `networkOf` gives it. */
  readonly network: string;
  /** Waits for the next flush. */
  dirty: boolean;
  heapIndex: number;
  heapAt: number;
  deadline(): number;
}

export type Slot = HalfOpen | Flight | Live;

/** How a handshake ended, for the endpoint to make a connection of. */
export interface Opening {
  /** The attempt's number; absent on the server, where a new one is drawn. */
  readonly attempt?: number;
  readonly established: Established;
  readonly path: PathAddress;
  readonly localId: Buffer;
  readonly remoteId: Buffer;
  readonly rttMs: number | undefined;
  /** See ConnectOptions. */
  readonly keepaliveMs?: number | undefined;
}

/** The endpoint as its responder and its dialler see it. */
export interface HandshakeHost extends HandshakeTerms {
  readonly handler: EndpointHandler;
  readonly counters: EndpointCounters;
  readonly ids: IdTable<Slot>;
  readonly connectionsMax: number;
  readonly connectionCount: number;
  /** Connections opened from the network of this address. */
  connectionsFrom(address: string): number;
  transmit(datagram: Buffer, to: PathAddress): void;
  open(opening: Opening, now: number): DrivenConnection;
}
