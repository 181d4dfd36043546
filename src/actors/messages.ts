/**
 * What the server's actors say to each other. One table per receiving kind; bodies are written with
 * `net/bytes.ts` in the order given. `conn` is a connection's number (varint), `log` a log's number (varint).
 *
 *   client -> io -> session -> room -> store -> room -> io -> clients
 *                      |         |
 *                      +-> registry, presence
 *
 * Only a room posts Subscribe, Unsubscribe, Table, Publish and Ephemeral for its log, so what it says
 * about its readers stays in order with what they read.
 */

/** To io (key 0). */
export const IoMessage = {
  /** Nothing: the socket is bound, take datagrams in. */
  Listen: 0,
  /** conn, frame type u8, lane u8, body (rest): one application frame to one client. */
  Send: 1,
  /** conn, identity (rest): kept with the connection, handed to the session again if its thread dies. */
  Identity: 2,
  /** conn, code varint, reason text. */
  Close: 3,
  /** log, generation u32, epoch u32, conn, after varint: push entries with seq > after from now on; a HEAD goes out at once. */
  Subscribe: 10,
  /** log, generation u32, conn. */
  Unsubscribe: 11,
  /** log, generation u32, epoch u32, head varint, count varint, count x conn: replaces the whole table. */
  Table: 12,
  /** log, generation u32, epoch u32, seq varint, entry (rest). */
  Publish: 13,
  /** log, generation u32, kind u8, except conn (0 none), subject text, version varint, value (rest). */
  Ephemeral: 14,
  /** log: nobody reads it and the room sleeps; caches are dropped. */
  Forget: 15,
  /** From blobs: conn, file, first varint, count varint, bytes of each varint, bytes of the last one varint: records to ask the client for. */
  Want: 20,
  /** From blobs: conn, file. */
  Unwant: 21,
  /** From blobs: conn, file, chunk varint, record (rest). */
  Supply: 22,
  /** From blobs: conn, file. */
  Unsupply: 23,
  /** From blobs: mark varint: everything told before it was taken in; io tells BlobsMessage.Marked. */
  Mark: 24,
  /** From blobs: mark varint: everything told before that BlobsMessage.Mark was taken in. */
  Marked: 25,
  /** From blobs: nothing: it lives anew in the same thread, what it had asked for and given is forgotten. */
  Renew: 26,
} as const;

/** To a session (key = conn). */
export const SessionMessage = {
  /** remote key (32), handshake hash block, path text, identity (rest; empty for a new connection). */
  Open: 1,
  /** frame type u8, body (rest). */
  Frame: 2,
  /** code varint, reason text. */
  Closed: 3,
  /** From presence: a conversation this account has appeared (CBOR ConversationBody less cursor). */
  Conversation: 10,
  /** log; where the account did not leave it itself, a GoneReason u8. */
  ConversationGone: 11,
  /** log, seq varint, conn: the session of that connection read up to here; the account's others tell their clients. */
  CursorMoved: 12,
  /** The account's device was forgotten or its password changed: close unless `device key (32)` equals ours. A further u8 of 1: close only if it does. */
  Revoked: 13,
  /** From a room: request varint, frame type u8, body (rest): an answer to pass on (refusal of a post, say). */
  Answer: 14,
  /** From a room: stream (16), log, counter varint, expected varint, request varint: a post came too early or too late. */
  Expected: 15,
  /** From a transfer: event u8, except conn (0 none), body (rest): an EVENT for the client, if its account is in conversation `l` of that body. */
  Event: 16,
  /** From a transfer: file varint: another connection uploads it now. */
  UploadTaken: 17,
} as const;

/** To a room (key = log number): lobby, room and direct conversation alike. */
export const RoomMessage = {
  /** conn, request varint, account (16), author text, stream (16), counter varint, kind u8, body (rest). */
  Post: 1,
  /** conn, account (16), after varint. Asked: answers epoch u32, head varint; subscribes if a member. */
  Attach: 2,
  /** conn. */
  Detach: 3,
  /** Asked: account (16), name text, conn: becomes a member (made durable first); answers CBOR ConversationBody. */
  Join: 4,
  /** Asked: account (16), name text. */
  Leave: 5,
  /** Asked: account (16), name text, topic text. */
  Topic: 6,
  /** conn, request varint, account (16), after varint, entries varint: checks membership, answers ENTRIES through io. */
  Fetch: 7,
  /** conn, name text, on u8: typing. */
  Typing: 8,
  /** Asked: account (16), after text: CBOR WhoReply. */
  Who: 9,
  /** Asked: account (16): answers kind u8 and, of a direct conversation, both accounts (16 each); or NOT_A_MEMBER. */
  Member: 10,
  /** Asked: account (16), author text, stream (16), counter varint, kind u8, body (rest): as Post, for an actor instead of a client; answers seq varint once it is durable. */
  Enter: 11,
  /** From groups, asked: explicit u8, count varint, accounts (16 each): they belong to it from now on, as far as the registry lets them; answers nothing. */
  Enrol: 12,
  /** From groups, asked: count varint, accounts (16 each): they are not near any more; answers nothing. */
  Dismiss: 13,
  /** From groups, asked: the group is gone for good, everybody in it is told; answers nothing. */
  Dismantle: 14,
  /** From the store: see StoreMessage.Append. */
  Appended: 20,
  /** From the store: conn, request, stream (16), counter varint, code text, message text, expected varint. */
  AppendRefused: 21,
  /** From presence: name text, state u8, version varint: publish on this log (the lobby). */
  Presence: 22,
  /** From groups: name text, version varint, CBOR AboutBody (rest): publish on this log (the lobby). */
  About: 23,
} as const;

/** To the store (key 0). */
export const StoreMessage = {
  /** log, log id (16), conn, request varint, account (16), author text, stream (16), counter varint, kind u8, body (rest).
   *  Answered with RoomMessage.Appended: conn, request, stream (16), counter varint, repeat u8, epoch u32, seq varint, at u48, entry (rest). */
  Append: 1,
  /** Asked: log, after varint, entries varint, bytes varint: answers epoch u32, head varint, first varint, count varint, entry blocks. */
  Read: 2,
  /** Asked: log: answers epoch u32, head varint. */
  Head: 3,
  /** Asked: count varint, count x block: appended to the journal in one transaction; answers the last journal seq. */
  Journal: 4,
  /** Asked: after varint: answers last seq varint, count varint, blocks (at most 1 MiB; ask again after the last). */
  JournalRead: 5,
  /** Asked: account (16), log, seq varint: moves a read cursor forward; answers the cursor. */
  Cursor: 6,
  /** Asked: account (16), count varint, logs: answers count varint, cursors. */
  Cursors: 7,
  /** Asked: through varint: a snapshot holds the journal up to there, it may be forgotten; answers nothing. */
  JournalTrim: 8,
  /** Asked: answers instance (16), epoch u32, last journal seq varint, fault code text, fault message text (both empty while writing works). */
  Info: 9,
} as const;

/** To files (key 0). */
export const FilesMessage = {
  /** Asked: brings the registry's snapshot up to the journal's end and trims the journal; answers the seq it holds varint. */
  Compact: 1,
} as const;

/**
 * To blobs (key 0), which lives with `files`: what files there are, and their chunks. Asked with a body of
 * blobs/bodies.ts in CBOR, and answered so, unless a layout stands here.
 */
export const BlobsMessage = {
  Create: 1,
  Load: 2,
  /** Wants the missing chunks over that connection from now on; another upload of the file ends. Answers UploadReply. */
  OpenUpload: 3,
  OpenDownload: 4,
  /** Ends the uploads (or downloads) of a file over a connection. */
  Close: 5,
  /** All chunks must be here: checks the whole, makes it durable, gives it its final place. Answers FileRow; may take long. */
  Finish: 6,
  /** The file is gone for good, with its chunks. */
  Remove: 7,
  Answer: 8,
  List: 9,
  Offers: 10,
  /** From io: conn, file, first varint, count varint: the client's WANT. */
  Wanted: 20,
  /** From io: conn, file, chunk varint, record (rest). */
  Chunk: 21,
  /** From io: conn, file, chunk varint: the client has a supplied record. */
  Supplied: 22,
  /** From io: conn: it is closed. */
  Closed: 23,
  /** From io: mark varint. */
  Marked: 24,
  /** From io: mark varint: everything told before it was taken in; blobs tells IoMessage.Marked. */
  Mark: 25,
  /** From io: nothing: it lives anew with the connections of before, what was on its way is lost. */
  Renewed: 26,
} as const;

/** To a transfer (key = the file's number), on a core thread. Asked with CBOR bodies of blobs/bodies.ts, unless a layout stands here. */
export const TransferMessage = {
  Upload: 1,
  Finish: 2,
  Download: 3,
  Close: 4,
  Withdraw: 5,
  Answer: 6,
  /** From blobs: nothing: every chunk is here and verified. */
  Complete: 20,
  /** From blobs: code text, message text: the disk, or nothing came for too long. What is here stays. */
  Halted: 21,
  /** From blobs: code text: the file is gone (it expired, or cannot be read any more). */
  Gone: 22,
  /** From blobs: conn: it took nothing for too long and is supplied no more, until it opens the file again. */
  ReaderStalled: 23,
} as const;

/** To the registry (key 0): accounts, devices, conversations and their members. All asked; bodies and answers CBOR. */
export const RegistryMessage = {
  RegisterStart: 1,
  RegisterFinish: 2,
  LoginStart: 3,
  LoginFinish: 4,
  LoginDevice: 5,
  PasswordStart: 6,
  PasswordFinish: 7,
  Devices: 8,
  DeviceForget: 9,
  /** A session uses this device, so a temporary one does not expire; refused when the account has it no more. */
  DeviceSeen: 10,
  /** Forgets a device that was not to be remembered. */
  DeviceLogout: 11,
  /** A room by name, made if it does not exist. */
  RoomOpen: 20,
  /** A direct conversation between two accounts, made if it does not exist. */
  DirectOpen: 21,
  /** What a room needs when it wakes: by log number. */
  RoomLoad: 22,
  MemberAdd: 23,
  MemberRemove: 24,
  TopicSet: 25,
  Rooms: 26,
  /** All conversations of an account. */
  Conversations: 27,
  AccountByName: 28,
  /** An interest's group by tag, made if it does not exist. */
  InterestOpen: 40,
  /** The group somebody founded, founded anew unless it is the same one. */
  GeoFound: 41,
  /** The group that somebody of that name founded. */
  GeoByName: 42,
  /** Which geo groups an account in some cell has to enter and to leave. */
  GeoPlan: 43,
  /** All accounts that belong to a geo group. */
  GeoMembers: 44,
  /** Many at once. */
  MembersAdd: 45,
  MembersRemove: 46,
  /** The interests of an account. */
  Interests: 47,
} as const;

/**
 * To groups (key 0): who is near whom, and who has which interests. `place` is cell text (empty: nowhere) and, as
 * varint, when the client told it (ms since 1970).
 */
export const GroupsMessage = {
  /** conn, account (16), name text, place. */
  Enter: 1,
  /** conn, goodbye u8: 1 when the client said so, 0 when the connection was lost. */
  Exit: 2,
  /** Asked: as Enter: the account is there now, and in the groups around there; answers nothing. */
  Here: 3,
  /** Asked, CBOR: founds a group; answers its log. */
  Near: 4,
  /** Asked, CBOR: a group by its `+tag` or `~founder`; answers its log. The account may be let in. */
  Find: 5,
  /** Asked: CBOR TagsReply. */
  Tags: 6,
  /** Asked: after text: CBOR SharedReply. */
  Shared: 7,
  /** account (16): its interests changed. */
  Changed: 8,
} as const;

/** To presence (key 0): which accounts are here, by which sessions. */
export const PresenceMessage = {
  /** conn, account (16), name text, away u8. */
  Enter: 1,
  /** conn. */
  Exit: 2,
  /** conn, away u8. */
  Away: 3,
  /** Asked: after text: CBOR WhoReply of everyone here. */
  Who: 4,
  /** account (16), message type u16, body (rest): pass on to every session of that account. */
  Notify: 5,
  /** Asked: count varint, accounts (16 each): answers count x (PresenceState u8, version varint). */
  States: 6,
} as const;
