import { SealedConnection } from '../../src/net/connection.js';
import { zeroCounters } from '../../src/net/counters.js';
import { SealedKeys } from '../../src/net/keys.js';
import type { ConnectionHost, DrivenConnection } from '../../src/net/seam.js';
import type { CloseReason, Connection, PathAddress } from '../../src/net/types.js';
import type { Party, Port, SimulatedNetwork } from './link.js';

/** One end of a connection without an endpoint: its host and its place in the network. */
export class End implements Party {
  readonly counters = zeroCounters();
  readonly received: { type: number; body: Buffer }[] = [];
  readonly tokens: Buffer[] = [];
  readonly movedFrom: PathAddress[] = [];
  readonly connection: SealedConnection;
  closed: CloseReason | undefined;
  gone = false;
  /** How often the peer was asked whether it is there. */
  asked = 0;
  /** Called for each frame, beside `received`. */
  onFrame: ((type: number, body: Buffer) => void) | undefined;
  onWanted: ((transfer: number, first: number, count: number) => void) | undefined;
  /** The record is reused afterwards. */
  onChunk: ((transfer: number, chunk: number, record: Buffer) => void) | undefined;
  onSupplied: ((transfer: number, chunk: number) => void) | undefined;
  /** Switches `received` off for bulk. */
  keep = true;
  #dirty = true;

  constructor(
    network: SimulatedNetwork,
    port: Port,
    peer: PathAddress,
    keys: SealedKeys,
    initiator: boolean,
    keepaliveMs?: number,
  ) {
    const host: ConnectionHost = {
      handler: {
        opened: () => undefined,
        frame: (_connection: Connection, type: number, body: Buffer) => {
          if (this.keep) this.received.push({ type, body: Buffer.from(body) });
          this.onFrame?.(type, body);
        },
        closed: (_connection: Connection, reason: CloseReason) => {
          this.closed = reason;
        },
        wanted: (_connection, transfer, first, count) => this.onWanted?.(transfer, first, count),
        chunk: (_connection, transfer, chunk, record) => this.onChunk?.(transfer, chunk, record),
        supplied: (_connection, transfer, chunk) => this.onSupplied?.(transfer, chunk),
        asked: () => {
          this.asked++;
        },
        moved: (_connection: Connection, from: PathAddress) => {
          this.movedFrom.push(from);
        },
      },
      counters: this.counters,
      random: network.random,
      transmit: port.transmit,
      dirty: () => {
        this.#dirty = true;
      },
      rearm: () => undefined,
      gone: () => {
        this.gone = true;
      },
      token: (to: PathAddress) => (initiator ? undefined : Buffer.from(`token for ${to.port}`)),
      tokenReceived: (_connection: DrivenConnection, token: Buffer) => {
        this.tokens.push(Buffer.from(token));
      },
    };
    this.connection = new SealedConnection(
      {
        id: 1,
        remoteKey: Buffer.alloc(32),
        handshakeHash: Buffer.alloc(64),
        path: peer,
        localId: Buffer.alloc(8, initiator ? 1 : 2),
        remoteId: Buffer.alloc(8, initiator ? 2 : 1),
        keys,
        initiator,
        keepaliveMs,
        now: network.now,
      },
      host,
    );
    port.attach(this);
  }

  receive(datagram: Buffer, from: PathAddress, now: number): void {
    if (!this.gone) this.connection.receive(datagram, from, now);
  }

  flush(now: number): void {
    if (this.gone) return;
    const due = this.connection.deadline() <= now;
    if (!this.#dirty && !due) return;
    this.#dirty = false;
    this.connection.flush(now);
  }

  deadline(): number {
    return this.gone ? Number.POSITIVE_INFINITY : this.connection.deadline();
  }
}

/** Two ends with real keys, as a handshake would leave them. */
export class Pair {
  readonly clientPort: Port;
  readonly serverPort: Port;
  readonly client: End;
  readonly server: End;
  /** The client's, for a test that forges packets to the server. */
  readonly keys: SealedKeys;

  /** `host` begins both addresses: `127.0.0` puts the two on one machine. */
  constructor(network: SimulatedNetwork, keepaliveMs?: number, host = '10.0.0') {
    this.clientPort = network.port(`${host}.2`, 40_000);
    this.serverPort = network.port(`${host}.1`, 7_777);
    const up = Buffer.alloc(32);
    const down = Buffer.alloc(32);
    network.random(up);
    network.random(down);
    const now = network.now;
    this.keys = new SealedKeys(Buffer.from(up), Buffer.from(down), now);
    const serverKeys = new SealedKeys(Buffer.from(down), Buffer.from(up), now);
    this.client = new End(network, this.clientPort, this.serverPort.address, this.keys, true, keepaliveMs);
    this.server = new End(network, this.serverPort, this.clientPort.address, serverKeys, false);
  }
}
