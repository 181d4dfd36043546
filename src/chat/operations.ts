/**
 * What a client asks of a server besides POST and FETCH, and what a server tells unasked. Bodies are CBOR
 * maps with the short keys below, checked by a schema on arrival. docs/PROTOCOL.md specifies them.
 */

/** Operation byte of a REQUEST. Every one may be repeated: the answer is the same. */
export const Operation = {
  RegisterStart: 1,
  RegisterFinish: 2,
  LoginStart: 3,
  LoginFinish: 4,
  LoginDevice: 5,
  PasswordStart: 6,
  PasswordFinish: 7,
  Logout: 8,
  Devices: 9,
  DeviceForget: 10,

  Join: 20,
  Leave: 21,
  Direct: 22,
  Rooms: 23,
  Topic: 24,
  Who: 25,
  Cursor: 26,
  Away: 27,
  /** Where this account is, to a cell: it belongs to the geo groups around there, and to no others. */
  Here: 28,
  /** Founds a group of everybody near, in place of the one founded before. */
  Near: 29,
  /** Interests of those who are online. */
  Tags: 30,
  /** What people who are online share about themselves. */
  Shared: 31,
  /** Is there somebody of that name, here or not? */
  Person: 32,

  /** Offers a file in a conversation: makes it and posts its entry. */
  Offer: 40,
  /** The server wants this file's missing chunks over this connection, from now on. */
  Upload: 41,
  /** The whole was supplied and has this hash. */
  Finish: 42,
  /** Chunks of this file may be wanted over this connection, from now on. */
  Download: 43,
  /** Ends what Upload or Download began: to pause, or when it is done. */
  FileClose: 44,
  /** Withdraws a file: by its owner. */
  Withdraw: 45,
  /** What somebody does with a file offered to them. */
  Answer: 46,
  /** The files of one conversation. */
  Files: 47,
  /** The files of all conversations that were offered to this account and not answered. */
  Offers: 48,
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/** Event byte of an EVENT. */
export const EventKind = {
  /** A conversation appeared for this account (joined elsewhere, or somebody wrote privately). */
  Conversation: 1,
  /** A conversation is gone for this account. */
  ConversationGone: 2,
  /** A read cursor moved on another device. */
  Cursor: 3,
  /** The topic of a conversation changed. */
  Topic: 4,
  /** A file changed its state (FileEventBody): to its owner, and to whoever reads it or may in private. */
  File: 5,
  /** What somebody did with a file (AnswerEventBody): to its owner, and to the other devices of who did it. */
  Answer: 6,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Kind byte of an EPHEMERAL: the newest version per (log, kind, subject) wins. */
export const EphemeralKind = {
  /** Value: one byte, a PresenceState. On the lobby's log, and on a room's log for joining and leaving it. */
  Presence: 1,
  /** Value: one byte, 1 typing, 0 stopped. Shown for TYPING_SHOWN_MS at most. */
  Typing: 2,
  /** On the lobby's log. Value: an AboutBody; in place of all that was said of the subject before. */
  About: 3,
} as const;

export const PresenceState = { Offline: 0, Online: 1, Away: 2 } as const;
export type PresenceState = (typeof PresenceState)[keyof typeof PresenceState];

/** Kind byte of an entry. */
export const EntryKind = { Text: 1, Action: 2, Sticker: 3, File: 4, Notice: 5 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

export const ConversationKind = { Lobby: 0, Room: 1, Direct: 2, Interest: 3, Geo: 4 } as const;
export type ConversationKind = (typeof ConversationKind)[keyof typeof ConversationKind];

/** CBOR: a conversation as one account sees it. */
export interface ConversationBody {
  /** log number */ readonly l: number;
  /** log id, 16 bytes */ readonly i: Uint8Array;
  /** epoch */ readonly e: number;
  /** head: seq of the last entry, 0 when empty */ readonly h: number;
  /** kind */ readonly k: ConversationKind;
  /** name: the room's without `#`, the other person's, the tag without `+`, or the name of who founded a geo group */ readonly n: string;
  /** topic */ readonly t: string;
  /** read cursor of this account */ readonly c: number;
  /** members, 0 for a direct conversation */ readonly m: number;
  /** interest: who began it */ readonly b?: string;
  /** geo: its radius, km */ readonly r?: number;
}

/** CBOR bodies per operation: request, then reply. `Refusal` answers any of them with status 1. */
export interface Refusal {
  /** code, an ErrorCode */ readonly c: string;
  /** message: one sentence */ readonly m: string;
  /** details */ readonly d?: Record<string, string | number>;
}
/** n: account name as typed; r: OPAQUE registration request (base64url, as the library gives it). */
export interface RegisterStartBody {
  readonly n: string;
  readonly r: string;
}
/** r: OPAQUE registration response. */
export interface RegisterStartReply {
  readonly r: string;
}
/** r: registration record; d: remember this device (its Noise key) for good; l: its label. */
export interface RegisterFinishBody {
  readonly n: string;
  readonly r: string;
  readonly d: boolean;
  readonly l: string;
}
export interface LoginStartBody {
  readonly n: string;
  readonly r: string;
}
export interface LoginStartReply {
  readonly r: string;
}
/** r: finish request; m: keyed BLAKE2b-256 under the session key over ("natter login", handshake hash, device key). */
export interface LoginFinishBody {
  readonly n: string;
  readonly r: string;
  readonly m: Uint8Array;
  readonly d: boolean;
  readonly l: string;
}
export interface LoginDeviceBody {
  readonly n: string;
}
/** Answer to RegisterFinish, LoginFinish and LoginDevice. a: account id (16 bytes); n: the name as registered; c: conversations. */
export interface WelcomeReply {
  readonly a: Uint8Array;
  readonly n: string;
  readonly c: ConversationBody[];
}
/** Needs a LoginFinish in this session within the last five minutes. */
export interface PasswordStartBody {
  readonly r: string;
}
export interface PasswordStartReply {
  readonly r: string;
}
/** o: forget all other devices. */
export interface PasswordFinishBody {
  readonly r: string;
  readonly o: boolean;
}
export interface DevicesReply {
  readonly d: { readonly k: Uint8Array; readonly l: string; readonly s: number; readonly me: boolean }[];
}
export interface DeviceForgetBody {
  readonly k: Uint8Array;
}
export interface JoinBody {
  readonly n: string;
}
export interface LogBody {
  readonly l: number;
}
export interface DirectBody {
  readonly n: string;
}
/** n: a name; in the answer, as registered. */
export interface PersonBody {
  readonly n: string;
}
/** a: names after this one; at most 100 a reply. */
export interface RoomsBody {
  readonly a: string;
}
export interface RoomsReply {
  readonly r: { readonly n: string; readonly t: string; readonly m: number }[];
}
export interface TopicBody {
  readonly l: number;
  readonly t: string;
}
/** l: 0 for everyone. a: after this name; at most 500 a reply. */
export interface WhoBody {
  readonly l: number;
  readonly a: string;
}
export interface WhoReply {
  readonly u: { readonly n: string; readonly s: PresenceState /** version */; readonly v: number }[];
}
export interface CursorBody {
  readonly l: number;
  readonly s: number;
}
export interface AwayBody {
  readonly a: boolean;
}

// ---- Groups ---------------------------------------------------------------------------------------------

/** Why a conversation is gone for an account, where it did not leave it itself. */
export const GoneReason = { Moved: 1, Dismantled: 2 } as const;
export type GoneReason = (typeof GoneReason)[keyof typeof GoneReason];

/** l: log; r: why. */
export interface GoneEventBody {
  readonly l: number;
  readonly r?: GoneReason;
}
/** c: a cell, or empty: nowhere any more. */
export interface HereBody {
  readonly c: string;
}
/** k: radius, km. */
export interface NearBody {
  readonly k: number;
}
/** t: the commonest first, at most 100. p: how many people who are online have it. */
export interface TagsReply {
  readonly t: { readonly n: string; readonly p: number }[];
}
/** a: after this name; at most 100 a reply. */
export interface SharedBody {
  readonly a: string;
}
/** Who is online and shares anything. v: version, as of ephemerals about them. */
export interface SharedReply {
  readonly p: ({ readonly n: string; readonly v: number } & AboutBody)[];
}
/** g: cell, empty when they share none; i: interests, at most 12. */
export interface AboutBody {
  readonly g: string;
  readonly i: string[];
}

// ---- Files ----------------------------------------------------------------------------------------------

/** How far a file is with the server. */
export const FileState = {
  /** Its chunks are not all here; nobody sends any just now. */
  Waiting: 0,
  Uploading: 1,
  /** All are here, the whole is checked. */
  Verifying: 2,
  Held: 3,
  /** Withdrawn, expired or given up: `r` says why. */
  Gone: 4,
} as const;
export type FileState = (typeof FileState)[keyof typeof FileState];

/** What one account did with a file offered to it. */
export const FileAnswer = { None: 0, Accepted: 1, Rejected: 2, Done: 3 } as const;
export type FileAnswer = (typeof FileAnswer)[keyof typeof FileAnswer];

/** Body of an entry of kind File. f: the file's number on this server; i: its id; n: name; s: bytes; t: media type. */
export interface FileEntryBody {
  readonly f: number;
  readonly i: Uint8Array;
  readonly n: string;
  readonly s: number;
  readonly t: string;
}
/** l: log; i: id (16 random bytes, the same when repeated). */
export interface OfferBody {
  readonly l: number;
  readonly i: Uint8Array;
  readonly n: string;
  readonly s: number;
  readonly t: string;
}
/** f: the file's number: the transfer of WANT and CHUNK frames; q: seq of its entry. */
export interface OfferReply {
  readonly f: number;
  readonly q: number;
}
export interface FileBody {
  readonly f: number;
}
/** b: bytes that are verified here already. */
export interface UploadReply {
  readonly b: number;
}
/** h: BLAKE2b-256 of the whole. */
export interface FinishBody {
  readonly f: number;
  readonly h: Uint8Array;
}
/** s: Verifying or Held; an EVENT follows when it changes. Uploading: chunks are missing, they are being wanted. */
export interface FinishReply {
  readonly s: FileState;
}
/** s: state; z: bytes of the whole; h: its hash, once the file is held. */
export interface DownloadReply {
  readonly s: FileState;
  readonly z: number;
  readonly h?: Uint8Array;
}
/** u: the upload, else the download. */
export interface FileCloseBody {
  readonly f: number;
  readonly u: boolean;
}
export interface AnswerBody {
  readonly f: number;
  readonly s: FileAnswer;
}
/** A file as a list shows it. o: owner's name; b: bytes held; w: offered at (ms since 1970); a: this account's answer. */
export interface FileInfo extends FileEntryBody {
  readonly l: number;
  readonly o: string;
  readonly st: FileState;
  readonly b: number;
  readonly w: number;
  readonly a: FileAnswer;
  readonly h?: Uint8Array;
}
/** b: files with a number below this, newest first; 0 from the newest on. At most 50 a reply. */
export interface FilesBody {
  readonly l: number;
  readonly b: number;
}
/** a: files with a number above this, oldest first. At most 50 a reply. */
export interface OffersBody {
  readonly a: number;
}
export interface FilesReply {
  readonly f: FileInfo[];
}
/** r: why it is gone, an ErrorCode. */
export interface FileEventBody {
  readonly f: number;
  readonly l: number;
  readonly s: FileState;
  readonly h?: Uint8Array;
  readonly r?: string;
}
/** n: who. */
export interface AnswerEventBody {
  readonly f: number;
  readonly l: number;
  readonly n: string;
  readonly s: FileAnswer;
}
