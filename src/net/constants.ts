/**
 * Every number of the wire, with its unit and its source. docs/PROTOCOL.md gives the meaning of each.
 *
 * Units stand last in the names: `Ms` milliseconds, `Bytes` bytes, `Packets` packets.
 */

// ---- Versions -------------------------------------------------------------------------------------------

/** First byte after the type of every handshake datagram. A receiver drops what it does not know. */
export const VERSION = 1;
/** Noise prologue: both ends mix it into the handshake hash, so a downgrade cannot go unseen. */
export const PROLOGUE = 'natter/1';

// ---- Datagram types (first byte) ------------------------------------------------------------------------

export const DatagramType = {
  /** Client to server, Noise message 1, padded to INITIATION_BYTES. */
  Initiation: 0x01,
  /** Server to client, stateless: here is a token, try again. */
  Retry: 0x02,
  /** Server to client, Noise message 2. */
  Response: 0x03,
  /** Client to server, Noise message 3 (XX only). */
  Finish: 0x04,
  /** Sealed packet, key phase 0 and 1. */
  Sealed0: 0x10,
  Sealed1: 0x11,
} as const;

// ---- Handshake patterns (a byte in Initiation) ----------------------------------------------------------

export const Pattern = { XX: 0x01, IK: 0x02, XXpsk0: 0x03 } as const;
export type Pattern = (typeof Pattern)[keyof typeof Pattern];
/** Of XXpsk0: what lets a peer into a closed community. */
export const COMMUNITY_KEY_BYTES = 32;

// ---- Sizes ----------------------------------------------------------------------------------------------

/** Initiations are padded to this, so that nothing larger ever answers them (RFC 9000 section 14.1). */
export const INITIATION_BYTES = 1200;
/** Datagram size before a larger one was probed (RFC 8899 BASE_PLPMTU). */
export const DATAGRAM_BASE_BYTES = 1200;
/** Largest datagram that is probed for: Ethernet less IPv6 and UDP headers. */
export const DATAGRAM_MAX_BYTES = 1452;
/**
 * Where both ends are one machine: half the MTU of Linux's loopback interface. Each datagram less saves two system
 * calls and an ack's share; twice as much saves little more, and a receive buffer of 208 KB would hold three.
 */
export const DATAGRAM_LOOPBACK_BYTES = 32_000;
export const CONNECTION_ID_BYTES = 8;
/** Type byte, connection id, 64-bit packet number. */
export const SEALED_HEADER_BYTES = 17;
export const TAG_BYTES = 16;
export const SEALED_OVERHEAD_BYTES = SEALED_HEADER_BYTES + TAG_BYTES;
export const KEY_BYTES = 32;
/** Noise's h under BLAKE2b. */
export const HANDSHAKE_HASH_BYTES = 64;
/** A Noise message within a datagram of the handshake. */
export const HANDSHAKE_MESSAGE_MAX_BYTES = 1024;
/** Of PATH_CHALLENGE and PATH_RESPONSE. */
export const PATH_DATA_BYTES = 8;
/** A frame larger than a datagram travels in SEGMENTs; this bounds the frame. */
export const MESSAGE_MAX_BYTES = 64 * 1024;
/** A text, as UTF-8. */
export const TEXT_MAX_BYTES = 4096;
export const STREAM_ID_BYTES = 16;
export const LOG_ID_BYTES = 16;
export const ENTRY_ID_BYTES = 16;
export const ACCOUNT_ID_BYTES = 16;
/** An author's name, as UTF-8. */
export const AUTHOR_MAX_BYTES = 64;
/** What an EPHEMERAL is about: a name, as UTF-8. */
export const SUBJECT_MAX_BYTES = 256;
/** BLAKE2b-256 in LoginFinish, and the part of OPAQUE's session key that keys it. */
export const LOGIN_MAC_BYTES = 32;
export const LOGIN_MAC_KEY_BYTES = 32;
/** Bytes of a close reason and of an error message on the wire. */
export const REASON_MAX_BYTES = 256;

// ---- Frame types ----------------------------------------------------------------------------------------
// Below 0x10: the connection's own. From 0x10: type, varint length, body; opaque to the connection.

export const FRAME_APPLICATION_MIN = 0x10;

export const FrameType = {
  Padding: 0x00,
  Ping: 0x01,
  Ack: 0x02,
  PathChallenge: 0x03,
  PathResponse: 0x04,
  Token: 0x05,
  Close: 0x06,
  Segment: 0x07,

  Post: 0x10,
  Accepted: 0x11,
  Push: 0x12,
  Fetch: 0x13,
  Entries: 0x14,
  Head: 0x15,
  Ephemeral: 0x16,
  Request: 0x17,
  Reply: 0x18,
  Event: 0x19,
  Want: 0x1a,
  Chunk: 0x1b,

  // Between peers of a ring; see below, "Ring".
  Hello: 0x20,
  Need: 0x21,
  Stabilise: 0x22,
  Neighbours: 0x23,
  Probe: 0x24,
  Probed: 0x25,
  ProbeFor: 0x26,
  ProbedFor: 0x27,
  Find: 0x28,
  Found: 0x29,
  Links: 0x2a,
  Ahead: 0x2b,

  Gossip: 0x30,
  IHave: 0x31,
  Graft: 0x32,
  Prune: 0x33,

  Digest: 0x38,
  Heads: 0x39,
  Lack: 0x3a,
  Items: 0x3b,

  Route: 0x40,
  Keep: 0x41,
  Kept: 0x42,
  Mail: 0x43,
  Receipt: 0x44,
  Shelf: 0x45,
  Lacking: 0x46,
} as const;

// ---- Handshake ------------------------------------------------------------------------------------------

/** wireguard-go `COOKIE_REFRESH_TIME`. */
export const TOKEN_LIFE_MS = 120_000;
/** A token as the wire carries it; its inside is its maker's business. */
export const TOKEN_MAX_BYTES = 64;
/** Used tokens remembered per secret; beyond it the secret is replaced early. */
export const TOKENS_USED_MAX = 65_536;
/** wireguard-go ratelimiter: per address (IPv6: per 64-bit prefix). */
export const HANDSHAKES_PER_S = 20;
export const HANDSHAKES_BURST = 5;
export const HANDSHAKE_RETRY_FIRST_MS = 300;
export const HANDSHAKE_RETRY_MAX_MS = 1000;
/** FINISH is repeated after three round trips, but not before this. */
export const FINISH_RETRY_MIN_MS = 50;
/** A half-open XX handshake is forgotten after this. */
export const HANDSHAKE_HALF_OPEN_MS = 5_000;
export const HANDSHAKES_HALF_OPEN_MAX = 4096;
/** Addresses whose rate is remembered. */
export const HANDSHAKE_ADDRESSES_MAX = 8_192;
/**
 * Between two handshakes of the responder, which take 0.4 ms each: a flood leaves more than half of the thread
 * to established connections, and never stands in their way for longer than one handshake.
 */
export const HANDSHAKE_PAUSE_MS = 1;
/** Initiations with a valid token that wait to be computed; what comes beyond is dropped. */
export const HANDSHAKES_QUEUED_MAX = 256;
/** Connections of one endpoint, unless its limits say otherwise. */
export const CONNECTIONS_MAX = 20_000;
/** Of one network (ratelimit.ts), so that one stranger cannot take every place. */
export const CONNECTIONS_PER_NETWORK_MAX = 1_000;
/** Initiations of one attempt that are remembered: an answer to any of them completes it. */
export const FLIGHTS_MAX = 4;
/** RETRYs that one attempt follows between two runs of its timer. */
export const RETRIES_FOLLOWED_MAX = 3;
/** Addresses for which a dialler keeps a token for next time. */
export const TOKENS_KEPT_MAX = 1_024;
/**
 * A RESPONSE came that cannot be opened: another one may still come within this, since anybody on the path could
 * have sent the first. Then the attempt has failed.
 */
export const FOREIGN_RESPONSE_GRACE_MS = 1_000;
/** IK tries without an answer before an XX handshake compares keys. */
export const IK_TRIES = 2;
/** Something is owed and nothing authenticated came for this long: dial again beside the old session. */
export const SILENCE_REDIAL_MS = 1_500;

// ---- Sessions -------------------------------------------------------------------------------------------

/** wireguard-go `REKEY_AFTER_TIME`. */
export const REKEY_AFTER_MS = 120_000;
export const REKEY_AFTER_PACKETS = 2 ** 32;
/** Packets of the previous key phase are opened this long after the first one of the present phase. */
export const KEY_LINGER_MS = 3_000;
/** wireguard-go `replay.go`, RFC 6479. */
export const REPLAY_WINDOW_PACKETS = 8128;
/** NAT bindings last 30 s at the least (RFC 9000 section 10.1.2). */
export const KEEPALIVE_MS = 25_000;
/**
 * As KEEPALIVE_MS, of a client whose user wants to know soon that the server is gone: with the 3 s after which
 * silence is shown it is known within 7 s.
 */
export const KEEPALIVE_ATTENTIVE_MS = 4_000;
/** An initiator heard nothing authentic for this long: the connection is gone. */
export const IDLE_MS = 180_000;
/** A responder heard nothing for this long: it asks with a PING, also one whose keepalive is KEEPALIVE_MS. */
export const PROBE_AFTER_MS = 10_000;
/** Nothing was heard for this long after that, through all repeats of the PING: the connection is gone. */
export const PROBE_PATIENCE_MS = 10_000;

// ---- Recovery (RFC 9002) --------------------------------------------------------------------------------

/** Unit of an ACK's delay: 8 us, as RFC 9000's default ack_delay_exponent gives it. */
export const ACK_DELAY_UNIT_MS = 0.008;
export const PACKET_THRESHOLD = 3;
/** A reordering threshold adapts up to this. */
export const PACKET_THRESHOLD_MAX = 64;
export const TIME_THRESHOLD = 9 / 8;
export const GRANULARITY_MS = 1;
export const INITIAL_RTT_MS = 333;
/** Half of what Mosh allows itself; every ack of a small packet costs its receiver as much as the packet did. */
export const ACK_DELAY_MAX_MS = 50;
/** Acknowledge at once after so many ack-eliciting packets: while a connection is young, and later. */
export const ACK_EVERY_YOUNG_PACKETS = 2;
export const ACK_EVERY_PACKETS = 40;
/** Or after so many bytes of them, ten full ones; but of the large ones of loopback not before so many packets. */
export const ACK_EVERY_BYTES = 12_000;
export const ACK_EVERY_LARGE_PACKETS = 4;
export const ACK_YOUNG_PACKETS = 100;
export const ACK_RANGES_MAX = 32;
export const INITIAL_WINDOW_PACKETS = 10;
export const MINIMUM_WINDOW_PACKETS = 4;

// ---- Bounds per connection ------------------------------------------------------------------------------

/** Unacknowledged application frames held for retransmission. */
export const OUTGOING_MESSAGES_MAX = 512;
export const OUTGOING_BYTES_MAX = 512 * 1024;
/** Segmented messages under reassembly at once, their declared totals together, and how far their numbers spread. */
export const REASSEMBLIES_MAX = 64;
export const REASSEMBLY_BYTES_MAX = 1024 * 1024;
export const SEGMENT_NUMBERS_MAX = 256;
/**
 * Pieces of one segmented message that do not touch: every second one of the smallest segments a sender makes
 * (128 bytes). Each further one would make every segment dearer to place than it was to send.
 */
export const SEGMENT_PIECES_MAX = 256;
/** Distinct (log) ranges waiting to be pushed; beyond it the oldest becomes a HEAD. */
export const PUSH_RANGES_MAX = 256;
/** Newest-wins slots waiting to be sent. */
export const LATEST_SLOTS_MAX = 1024;
/** Sent packets that wait for an ack. */
export const SENT_PACKETS_MAX = 4096;

// ---- Files ----------------------------------------------------------------------------------------------

/** A file is a log of chunks of this size; the last one may be shorter, an empty file has none. */
export const CHUNK_BYTES = 64 * 1024;
/** BLAKE2b-256, of a chunk and of a whole file. */
export const FILE_HASH_BYTES = 32;
/** A chunk's record, as it travels and is kept: its hash, then its bytes. */
export const CHUNK_RECORD_MAX_BYTES = FILE_HASH_BYTES + CHUNK_BYTES;
/** Chosen by who offers a file, so that an offer may be repeated. */
export const FILE_ID_BYTES = 16;
/** 1 TiB: every bitmap and list that a declared size makes somebody keep stays small. */
export const FILE_BYTES_MAX = 2 ** 40;
/** A file's name, as UTF-8. */
export const FILE_NAME_MAX_BYTES = 255;
/** A media type. */
export const FILE_TYPE_MAX_BYTES = 127;
/** Records of all transfers that a connection may have wanted and not yet got; it must be able to keep them. */
export const WANTED_BYTES_MAX = 4 * 1024 * 1024;
/** Chunks of one WANT: as many whole records as may be wanted at once. */
export const WANT_CHUNKS_MAX = 64;
/** Records of all transfers that a connection holds until they are acknowledged. */
export const SUPPLIED_BYTES_MAX = 4 * 1024 * 1024;
/** Pieces of one record that do not touch; see SEGMENT_PIECES_MAX. */
export const CHUNK_PIECES_MAX = 256;

// ---- Requests -------------------------------------------------------------------------------------------

/** Posts one stream may have unanswered in one log. */
export const POSTS_IN_FLIGHT_MAX = 64;
/** Rooms in one reply to Rooms, people in one to Who, files in one to Files or Offers: a shorter reply is the last. */
export const ROOMS_PER_REPLY = 100;
export const WHO_PER_REPLY = 500;
export const FILES_PER_REPLY = 50;
export const SHARED_PER_REPLY = 100;
/** Only the commonest are told. */
export const TAGS_PER_REPLY = 100;
/** Interests of one person that others are told; that many of the longest, of 100 people, fit into one reply. */
export const TAGS_SHOWN_MAX = 12;
export const STREAM_LIFE_MS = 90 * 24 * 3600 * 1000;
export const REQUEST_RETRY_FIRST_MS = 500;
export const REQUEST_RETRY_MAX_MS = 2_000;
/** Entries and bytes one FETCH may ask for. */
export const FETCH_ENTRIES_MAX = 1024;
export const FETCH_BYTES_MAX = 48 * 1024;

// ---- Groups: with a server and in the ring ---------------------------------------------------------------

/** An interest's tag, as UTF-8. */
export const TAG_NAME_MAX_BYTES = 32;
