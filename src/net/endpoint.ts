/**
 * Everything behind one socket: tells datagrams apart, runs handshakes, drives connections. Sans-IO: see
 * `Endpoint` in types.ts. docs/PROTOCOL.md, "Datagrams" to "Key change".
 *
 *     receive ──> first byte ─ INITIATION ─────────────> Responder (listening)
 *                           └─ RETRY, RESPONSE ──> id ─> Dialler
 *                           └─ FINISH ───────────> id ─> Responder
 *                           └─ SEALED ───────────> id ─> connection, or Responder (IK not yet confirmed)
 *     flush ────> established connections first, then one handshake, then whom it opened
 */
import { Malformed } from './bytes.js';
import { SealedConnection } from './connection.js';
import {
  CONNECTION_ID_BYTES,
  CONNECTIONS_MAX,
  DATAGRAM_LOOPBACK_BYTES,
  DATAGRAM_MAX_BYTES,
  DatagramType,
  SEALED_OVERHEAD_BYTES,
} from './constants.js';
import { zeroCounters } from './counters.js';
import { Deadlines } from './deadlines.js';
import { Dialler } from './dialler.js';
import { IdTable } from './ids.js';
import { HANDSHAKE_ID_AT, SEALED_ID_AT } from './packet.js';
import { isLoopback } from './path.js';
import { networkOf } from './ratelimit.js';
import { Responder } from './responder.js';
import type { ConnectionHost, ConnectionSeed, DrivenConnection } from './seam.js';
import type { HandshakeHost, Live, Opening, Slot } from './slot.js';
import type {
  CloseCode,
  Connection,
  ConnectOptions,
  Endpoint,
  EndpointCounters,
  EndpointHandler,
  EndpointOptions,
  KeyPair,
  PathAddress,
  PeerTerms,
} from './types.js';

const HANDSHAKE_HEADER_BYTES = HANDSHAKE_ID_AT + CONNECTION_ID_BYTES;

/** How an endpoint makes its connections; tests of handshakes hand in a plain one. */
export type MakeConnection = (seed: ConnectionSeed, host: ConnectionHost) => DrivenConnection;

export class DatagramEndpoint implements Endpoint, ConnectionHost, HandshakeHost {
  readonly counters: EndpointCounters = zeroCounters();
  readonly handler: EndpointHandler;
  readonly keys: KeyPair;
  readonly peers: PeerTerms | undefined;
  readonly ids = new IdTable<Slot>();
  readonly connectionsMax: number;
  readonly random: (target: Buffer) => void;

  readonly #options: EndpointOptions;
  readonly #make: MakeConnection;
  readonly #responder: Responder | undefined;
  readonly #dialler: Dialler;
  readonly #live = new Map<number, Live>();
  readonly #connections = new Map<number, Connection>();
  /** Connections per network they were opened from. */
  readonly #networks = new Map<string, number>();
  readonly #timers = new Deadlines<Live>();
  readonly #due: Live[] = [];
  #dirty: Live[] = [];
  #flushing: Live[] = [];
  #lastNumber = 0;
  /** The latest time we were told. */
  #now = 0;

  constructor(options: EndpointOptions, make: MakeConnection) {
    this.#options = options;
    this.#make = make;
    this.handler = options.handler;
    this.keys = options.keys;
    this.peers = options.peers;
    this.random = options.random;
    const limits = options.limits ?? {};
    this.connectionsMax = limits.connectionsMax ?? CONNECTIONS_MAX;
    this.#responder = options.listening ? new Responder(this, limits) : undefined;
    this.#dialler = new Dialler(this);
  }

  get connections(): ReadonlyMap<number, Connection> {
    return this.#connections;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  connectionsFrom(address: string): number {
    return this.#networks.get(networkOf(address)) ?? 0;
  }

  /** Server: answered initiations that wait for their initiator, at most HANDSHAKES_HALF_OPEN_MAX. */
  get halfOpenCount(): number {
    return this.#responder?.halfOpenCount ?? 0;
  }

  receive(datagram: Buffer, from: PathAddress, now: number): void {
    const { counters } = this;
    this.#now = now;
    counters.datagramsIn++;
    counters.bytesIn += datagram.length;
    if (datagram.length > DATAGRAM_MAX_BYTES && !largeAllowed(datagram.length, from)) {
      counters.oversized++;
      return;
    }
    // RFC 768: port 0 means that no answer can be sent, and a socket throws when it is to try.
    if (from.port === 0) {
      counters.dropped++;
      return;
    }
    const type = datagram[0];
    if (type === DatagramType.Sealed0 || type === DatagramType.Sealed1) this.#sealed(datagram, from, now);
    else this.#handshake(type, datagram, from, now);
  }

  flush(now: number): void {
    this.#now = now;
    this.#timers.due(now, this.#due);
    for (const live of this.#due.splice(0)) this.#markDirty(live);
    this.#flushConnections(now);
    this.#responder?.flush(now);
    this.#dialler.flush(now);
    this.#flushConnections(now);
  }

  deadline(): number {
    if (this.#dirty.length > 0) return this.#now;
    const responder = this.#responder?.deadline() ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#timers.next, this.#dialler.deadline(), responder);
  }

  connect(options: ConnectOptions, now: number): number {
    this.#now = now;
    const attempt = ++this.#lastNumber;
    this.#dialler.connect(attempt, options, now);
    return attempt;
  }

  abandon(attempt: number): void {
    this.#dialler.abandon(attempt);
  }

  close(code: CloseCode, text: string, now: number): void {
    this.#now = now;
    this.#dialler.clear();
    this.#responder?.clear();
    for (const connection of this.#connections.values()) connection.close(code, text);
  }

  // ---- For the connections (ConnectionHost) and the handshakes (HandshakeHost) ----

  transmit(datagram: Buffer, to: PathAddress): void {
    this.counters.datagramsOut++;
    this.counters.bytesOut += datagram.length;
    this.#options.transmit(datagram, to);
  }

  open(opening: Opening, now: number): DrivenConnection {
    const { attempt, established, ...rest } = opening;
    const { keys, remoteKey, handshakeHash } = established;
    const id = attempt ?? ++this.#lastNumber;
    const initiator = attempt !== undefined;
    const mutual = this.peers !== undefined;
    const seed = { ...rest, id, remoteKey, handshakeHash, keys, initiator, mutual, now };
    const connection = this.#make(seed, this);
    const live: Live = {
      kind: 'live',
      connection,
      localId: rest.localId,
      established,
      network: networkOf(rest.path.address),
      dirty: false,
      heapIndex: -1,
      heapAt: 0,
      deadline: () => connection.deadline(),
    };
    this.ids.set(rest.localId, live);
    this.#live.set(id, live);
    this.#connections.set(id, connection);
    this.#networks.set(live.network, (this.#networks.get(live.network) ?? 0) + 1);
    this.counters.handshakes++;
    this.#timers.rearm(live);
    this.#markDirty(live);
    this.handler.opened(connection);
    return connection;
  }

  dirty(connection: DrivenConnection): void {
    const live = this.#live.get(connection.id);
    if (live !== undefined) this.#markDirty(live);
  }

  rearm(connection: DrivenConnection): void {
    const live = this.#live.get(connection.id);
    if (live !== undefined) this.#timers.rearm(live);
  }

  gone(connection: DrivenConnection): void {
    const live = this.#live.get(connection.id);
    if (live === undefined) return;
    this.#live.delete(connection.id);
    this.#connections.delete(connection.id);
    const left = (this.#networks.get(live.network) ?? 1) - 1;
    if (left > 0) this.#networks.set(live.network, left);
    else this.#networks.delete(live.network);
    this.#timers.remove(live);
    this.ids.delete(live.localId);
    live.established.keys.erase();
  }

  token(to: PathAddress): Buffer | undefined {
    return this.#responder?.token(to, this.#now);
  }

  tokenReceived(connection: DrivenConnection, token: Buffer): void {
    this.#dialler.keepToken(connection.path, token);
  }

  // ---- Inside ----

  #sealed(datagram: Buffer, from: PathAddress, now: number): void {
    if (datagram.length < SEALED_OVERHEAD_BYTES) {
      this.counters.malformed++;
      return;
    }
    const slot = this.ids.find(datagram, SEALED_ID_AT);
    if (slot?.kind === 'live') slot.connection.receive(datagram, from, now);
    else if (slot?.kind === 'halfOpen') this.#responder?.sealed(slot, datagram, from, now);
    else this.counters.dropped++;
  }

  #handshake(type: number | undefined, datagram: Buffer, from: PathAddress, now: number): void {
    try {
      if (datagram.length < HANDSHAKE_HEADER_BYTES) throw new Malformed('shorter than any header');
      if (type === DatagramType.Initiation) {
        if (this.#responder === undefined) this.counters.dropped++;
        else this.#responder.initiation(datagram, from, now);
        return;
      }
      const slot = this.ids.find(datagram, HANDSHAKE_ID_AT);
      if (type === DatagramType.Finish && slot?.kind === 'halfOpen') {
        this.#responder?.finish(slot, datagram, now);
      } else if (type === DatagramType.Retry && slot?.kind === 'flight') {
        this.#dialler.retry(slot, datagram, now);
      } else if (type === DatagramType.Response && slot?.kind === 'flight') {
        this.#dialler.response(slot, datagram, now);
      } else {
        this.counters.dropped++;
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
    }
  }

  #markDirty(live: Live): void {
    if (live.dirty) return;
    live.dirty = true;
    this.#dirty.push(live);
  }

  /** In the order in which they became dirty. What becomes dirty meanwhile waits for the next round. */
  #flushConnections(now: number): void {
    const flushing = this.#dirty;
    this.#dirty = this.#flushing;
    for (const live of flushing) {
      live.dirty = false;
      if (!this.#live.has(live.connection.id)) continue;
      live.connection.flush(now);
      // Taken out because it was due; any other change it has told itself.
      if (live.heapIndex < 0 && this.#live.has(live.connection.id)) this.#timers.rearm(live);
    }
    flushing.length = 0;
    this.#flushing = flushing;
  }
}

function largeAllowed(bytes: number, from: PathAddress): boolean {
  return bytes <= DATAGRAM_LOOPBACK_BYTES && isLoopback(from.address);
}

/** An endpoint whose connections are sealed ones; see `Endpoint` for how it is driven. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  return new DatagramEndpoint(options, (seed, host) => new SealedConnection(seed, host));
}
