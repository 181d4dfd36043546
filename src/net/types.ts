/** What the protocol core shows to its owner: the I/O actor of a server, or a client's. No logic. */

/** Where datagrams come from and go to, as `node:dgram` gives it. */
export interface PathAddress {
  readonly address: string;
  readonly port: number;
}

/** A static X25519 key pair; both 32 bytes. */
export interface KeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

/** Which frames leave first when a datagram is filled. */
export const Lane = { Control: 0, Talk: 1, Bulk: 2 } as const;
export type Lane = (typeof Lane)[keyof typeof Lane];

/** Reasons of CLOSE frames and of connections that ended without one. Values are on the wire. */
export const CloseCode = {
  /** Asked for by the owner. */
  Done: 0,
  /** The server stops; come again. */
  ShuttingDown: 1,
  /** The peer broke the protocol. */
  Protocol: 2,
  /** Over a limit. */
  Limit: 3,
  /** The account was shut out or the device forgotten. */
  Revoked: 4,
  /** Never on the wire: nothing was heard for IDLE_MS, or after PROBE_PATIENCE_MS of asking. */
  Silent: 0x40,
  /** Never on the wire: no answer to the handshake. */
  NoAnswer: 0x41,
  /** Never on the wire: the server's key is not the pinned one. */
  KeyChanged: 0x42,
  /** Never on the wire: somebody answers there, but is of another community, or has another key of it. */
  Foreign: 0x43,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

export interface CloseReason {
  readonly code: CloseCode;
  /** One sentence, at most REASON_MAX_BYTES; from the network unless `local`. */
  readonly text: string;
  readonly local: boolean;
}

/**
 * Entries of one log that can be pushed. The I/O actor keeps the newest in a bounded cache; the connection
 * holds only (feed, from, to) and copies the bytes when a datagram is filled, also when it was lost.
 */
export interface PushFeed {
  /** The log's number on this server. */
  readonly log: number;
  /**
   * Copies whole PUSH frames, from `seq` on and not past `to`, into `target` at `offset`, as many as fit
   * before `end`. Returns the next offset; `copied` then says how many frames went in.
   * Returns -1 when `seq` is no longer in the cache: the connection sends a HEAD instead.
   */
  copy(seq: number, to: number, target: Buffer, offset: number, end: number): number;
  /** Frames put in by the last `copy`. */
  readonly copied: number;
  /** Writes a HEAD frame with the newest epoch and seq; returns the next offset, or -1 if it does not fit. */
  head(target: Buffer, offset: number, end: number): number;
}

/** One authenticated session between two endpoints; made by the endpoint after the handshake. */
export interface Connection {
  /** Local, counts from 1, never used twice by its endpoint. On the client, the number of its attempt. */
  readonly id: number;
  /** This end began the handshake. */
  readonly dialled: boolean;
  /** The peer's static key, 32 bytes. */
  readonly remoteKey: Buffer;
  /** Noise handshake hash, 64 bytes: binds a login to this session. */
  readonly handshakeHash: Buffer;
  /** The validated path. */
  readonly path: PathAddress;
  /** Smoothed round trip, milliseconds; INITIAL_RTT_MS before the first sample. */
  readonly rttMs: number;
  /** Monotonic time of the last authenticated packet. */
  readonly heardAt: number;
  /** Something ack-eliciting is unacknowledged, or a message waits to be sent. */
  readonly owing: boolean;
  readonly closed: CloseReason | undefined;
  /** Frames and bytes held for sending or retransmission. */
  readonly outgoingMessages: number;
  readonly outgoingBytes: number;
  /** A place for the owner's own record of this connection. */
  owner: unknown;

  /**
   * Queues one application frame (type >= 0x10); larger than a datagram it is segmented. It is sent again
   * until its packet is acknowledged or `cancel` is called. Copies `body`.
   * @returns a handle for `cancel`, or 0 when the bounds are reached and nothing was queued.
   */
  send(type: number, body: Uint8Array, lane?: Lane): number;
  /** Forgets a frame that is not needed any more (its request was answered). Unknown handles are ignored. */
  cancel(handle: number): void;
  /** Pushes entries `from`..`to` of a feed, merged with what waits already. */
  push(feed: PushFeed, from: number, to: number): void;
  /** Forgets what waits of a feed (the reader left). Nothing of it is sent after this returns. */
  unpush(feed: PushFeed): void;
  /** Newest wins: replaces an unsent frame with the same key; a lost one is sent again only if still newest. */
  latest(key: string, type: number, body: Uint8Array): void;
  /**
   * Asks the peer for one chunk's record of a transfer, `bytes` long; neighbours asked for in one turn share a
   * WANT frame. It comes once, by `handler.chunk`, or never: then it is to be asked for again over the next
   * connection. What the peer sends unasked is dropped. Asking twice is asking once.
   * @returns false when WANTED_BYTES_MAX is reached, or when the connection is closed
   * @throws RangeError for a record of no bytes, or of more than CHUNK_RECORD_MAX_BYTES
   */
  want(transfer: number, chunk: number, bytes: number): boolean;
  /**
   * Nothing of that transfer is wanted any more; what still comes of it is dropped. The peer is not told: its owner has
   * to `unsupply` before anything of the transfer that was under way is wanted again.
   */
  unwant(transfer: number): void;
  /**
   * Sends a record that the peer wants, on the bulk lane; transfers take turns. It is kept, not copied, until
   * the peer has all of it (`handler.supplied`), and must not be changed until then. One that is held already is
   * not taken a second time.
   * @returns false when SUPPLIED_BYTES_MAX is reached, or when the connection is closed
   * @throws RangeError for a record of no bytes, or of more than CHUNK_RECORD_MAX_BYTES
   */
  supply(transfer: number, chunk: number, record: Buffer): boolean;
  /** Forgets what waits or flies of that transfer. */
  unsupply(transfer: number): void;
  /** Sends CLOSE (best effort, three times) and frees everything. */
  close(code: CloseCode, text: string): void;
}

/** What an endpoint tells its owner. Calls are synchronous; views are valid only during the call. */
export interface EndpointHandler {
  /** A handshake is complete and the peer's key is proven. */
  opened(connection: Connection): void;
  /** One application frame. `body` is a view into a reused buffer. Throwing `Malformed` closes the connection. */
  frame(connection: Connection, type: number, body: Buffer): void;
  closed(connection: Connection, reason: CloseReason): void;
  /**
   * The peer wants the chunks `first` to `first + count - 1` of a transfer; `count` is 1 to WANT_CHUNKS_MAX, all are
   * below 2^53. Nothing else is promised: neither that there are such chunks, nor how often it asks, also for the same.
   */
  wanted?(connection: Connection, transfer: number, first: number, count: number): void;
  /** A whole record that `want` asked for, once, in any order. The buffer is reused: valid only during the call. */
  chunk?(connection: Connection, transfer: number, chunk: number, record: Buffer): void;
  /** The peer has the whole of a supplied record. */
  supplied?(connection: Connection, transfer: number, chunk: number): void;
  /** The peer was silent and is asked with a PING whether it is there: an ack is owed from now on. */
  asked?(connection: Connection): void;
  /** The peer's new address was validated. */
  moved?(connection: Connection, from: PathAddress): void;
  /** Client: an attempt made with `connect` ended without a connection. */
  failed?(attempt: number, reason: CloseReason, offeredKey: Buffer | undefined): void;
}

/** Counters, each from 0 for the life of the endpoint. */
export interface EndpointCounters {
  datagramsIn: number;
  datagramsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Not authentic, unknown connection id, or replayed. */
  dropped: number;
  malformed: number;
  replayed: number;
  oversized: number;
  handshakes: number;
  handshakesRefused: number;
  /** Handshake messages that this end's community or key does not open. */
  foreign: number;
  /** Answered initiations that their initiator never finished. */
  unfinished: number;
  retries: number;
  packetsLost: number;
  pathsMoved: number;
  /** CHUNK frames dropped since nothing of the kind was wanted (any more): late copies, or an unfriendly peer. */
  unwanted: number;
}

export interface ConnectOptions {
  readonly to: PathAddress;
  /** The pinned key: IK is used, and a different key is a failure. Absent: XX. */
  readonly serverKey?: Buffer;
  /** Give up after this long without an answer; Infinity keeps trying. */
  readonly giveUpMs: number;
  /** PING when nothing was sent, or nothing heard, for this long; KEEPALIVE_MS unless given. */
  readonly keepaliveMs?: number;
}

export interface Limits {
  readonly handshakesPerS: number;
  readonly handshakesBurst: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}

/** How peers of one community shake hands: by XX, or by XXpsk0 where it is closed; by nothing else. */
export interface PeerTerms {
  /** Mixed into every handshake: between two communities it opens nothing. */
  readonly prologue: Buffer;
  /** COMMUNITY_KEY_BYTES: who has not got it is not let in, nor answered. */
  readonly psk?: Buffer;
}

export interface EndpointOptions {
  /** Static identity: a server's key, or a device's. */
  readonly keys: KeyPair;
  /** Accepts initiations. A client leaves it false and drops them. */
  readonly listening: boolean;
  readonly handler: EndpointHandler;
  /** Hands a datagram to the socket. The buffer is reused as soon as this returns. */
  readonly transmit: (datagram: Buffer, to: PathAddress) => void;
  /** Fills a buffer with unpredictable bytes; a simulator hands in a seeded one. */
  readonly random: (target: Buffer) => void;
  readonly limits?: Partial<Limits>;
  /** An endpoint among equals: both ends of a connection ask soon whether the other is there. */
  readonly peers?: PeerTerms;
}

/**
 * Owns connections and handshakes of one socket. Bytes and a monotonic time go in; bytes, events and the
 * next deadline come out. `now` is in milliseconds and never goes back.
 */
export interface Endpoint {
  readonly counters: EndpointCounters;
  readonly connections: ReadonlyMap<number, Connection>;
  receive(datagram: Buffer, from: PathAddress, now: number): void;
  /** End of a turn: sends what is due and allowed, one datagram per dirty connection first. */
  flush(now: number): void;
  /** When `flush` must be called again at the latest; Infinity when nothing is due. */
  deadline(): number;
  /** Starts a handshake; returns the number of the attempt, which `opened` or `failed` ends. */
  connect(options: ConnectOptions, now: number): number;
  /** Gives up an attempt silently. */
  abandon(attempt: number): void;
  /** Closes every connection with this reason. */
  close(code: CloseCode, text: string, now: number): void;
}
