/**
 * The vocabulary between what runs (a client, a ring peer) and what is seen (a screen, JSON lines, a test).
 * Discriminated unions without logic; plain data only, since they cross threads by structured clone.
 */
import type { ErrorCode } from './error.js';

/** `#room`, `@name`, `+interest` or `~group`: how a conversation is written wherever people read it. */
export type Target = string;

export type MessageKind = 'text' | 'action' | 'sticker' | 'file' | 'notice';
/** Of one's own message. `failed` offers a retry. */
export type Delivery = 'sending' | 'ok' | 'failed' | PrivateDelivery;
/** Of a private message in the ring: others keep it for whom it is for, it is with them, or nobody came for it. */
export type PrivateDelivery = 'held' | 'delivered' | 'expired';
export type Presence = 'online' | 'away' | 'offline';

/** One entry as people see it. `seq` is 0 while it is `sending` or `failed`. */
export interface Message {
  readonly room: Target;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly text: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
  readonly kind: MessageKind;
  readonly mine: boolean;
  readonly delivery: Delivery;
  /** Why it failed, one sentence. */
  readonly reason?: string;
  /** Of kind `file`: what is offered; `text` is its name. */
  readonly file?: FileOffer;
  /** In the ring: the fingerprint of the key that signed it. */
  readonly author?: string;
  /** In the ring: its hybrid logical clock as 16 hex digits. What is shown is sorted by it, then by author. */
  readonly clock?: string;
}

/** Somebody, as lists show them. */
export interface Person {
  /** In the ring with `~` and four characters of the fingerprint behind it where two share a name. */
  readonly user: string;
  readonly state: Presence;
  /** In the ring: the fingerprint of their key. */
  readonly author?: string;
  /** The cell they share, a geohash of at most 5 characters. */
  readonly near?: string;
  readonly interests?: readonly string[];
}

/** A group of people who are near each other (`~founder`), of one interest (`+tag`), or everybody (the lobby). */
export interface Group {
  readonly group: Target;
  readonly kind: 'geo' | 'interest' | 'lobby';
  /** Names, as in `Person.user`. */
  readonly members: readonly string[];
  /** Who founded it. */
  readonly by?: string;
  /** Geo: how far from its centre one may be, km. */
  readonly km?: number;
}

/** Where somebody says they are: never finer than a cell of about 5 km. */
export interface Location {
  /** A geohash of 5 characters. */
  readonly cell: string;
  /** The nearest city of the gazetteer, as people read it. */
  readonly city: string;
}

/** One peer as the ring view draws it. */
export interface DrawnPeer {
  readonly user: string;
  readonly author: string;
  /** 0 to 1, clockwise. */
  readonly place: number;
  readonly role: 'self' | 'successor' | 'predecessor' | 'long' | 'extra' | 'other';
  readonly link: 'dialling' | 'handshaking' | 'syncing' | 'live' | 'suspect' | 'gone' | 'none';
  readonly lagMs?: number;
}

/** How one's own peer stands in the ring. */
export interface RingStatus {
  /** Other live members known. */
  readonly peers: number;
  readonly state: 'alone' | 'joining' | 'stable' | 'repairing';
  /** Fingerprints. */
  readonly successor?: string;
  readonly predecessor?: string;
  /** For how long it has been so, ms. */
  readonly sinceMs: number;
}
/** What is known of a file before any of it is here. */
export interface FileOffer {
  /** Hex of the file's id: the `id` of its transfer at both ends. */
  readonly id: string;
  /** Safe to show and to save under (chat/filename.ts). */
  readonly name: string;
  readonly size: number;
  /** A media type, `application/octet-stream` when nothing is known. */
  readonly type: string;
}

/**
 * Where a transfer stands. `accepted` waits for its turn, for the connection or for the other end; `running`
 * includes asking what is missing.
 */
export type TransferState =
  | 'offered'
  | 'accepted'
  | 'rejected'
  | 'running'
  | 'paused'
  | 'verifying'
  | 'done'
  | 'failed';

/** A file on its way, or one of the history. */
export interface Transfer extends FileOffer {
  readonly direction: 'in' | 'out';
  readonly state: TransferState;
  /** The conversation it was offered in. */
  readonly room: Target;
  readonly from: string;
  /** Whom it was offered to: a name, or the room. */
  readonly to: Target;
  /** Bytes that are verified at the receiving end of this transfer. */
  readonly bytes: number;
  /** Bytes a second, of the last seconds; 0 unless `running`. */
  readonly rate: number;
  /** Chunks that were verified before and came again: 0 unless something is wrong. */
  readonly repeated: number;
  /** Where it is: the sender's file, or what was received once `done`. */
  readonly path?: string;
  /** BLAKE2b-256 of the whole, hex; once `done`. */
  readonly hash?: string;
  /** Why it failed, was paused by itself, or waits: one sentence, and its code. */
  readonly reason?: string;
  readonly code?: ErrorCode;
  /** In the ring, outgoing and `accepted`: it lies ready, and nobody is fetching it just now. */
  readonly isOnOffer?: boolean;
  /** Outgoing, private: what the other did with it. */
  readonly answer?: 'accepted' | 'rejected' | 'done';
  /** When it was offered, milliseconds since 1970. */
  readonly at: number;
}

export interface Room {
  readonly room: Target;
  readonly kind: 'lobby' | 'room' | 'direct' | 'geo' | 'interest';
  readonly topic: string;
  /** Seq of the last entry. */
  readonly head: number;
  /** Everything up to this seq was read, on whichever device. */
  readonly cursor: number;
  readonly unread: number;
  readonly mentions: number;
  readonly members: number;
  /**
   * In the ring, of a private conversation: the fingerprint of the other one's key. The conversation keeps its name
   * when the other one comes to be written otherwise.
   */
  readonly author?: string;
}

/** Where the session machine stands, in words for the status bar. */
export type LinkState =
  | 'offline'
  | 'dialling'
  | 'handshaking'
  | 'authenticating'
  | 'syncing'
  | 'live'
  | 'reconnecting'
  | 'failed';

/** What a client tells its screen. */
export type ClientEvent =
  | {
      readonly event: 'link';
      readonly state: LinkState;
      readonly lagMs: number;
      readonly sinceMs: number;
      readonly detail: string;
    }
  /** First contact with a server: its key was pinned. */
  | { readonly event: 'pinned'; readonly server: string; readonly fingerprint: string }
  | { readonly event: 'welcome'; readonly user: string; readonly account: string }
  /** A conversation is there, or something of it changed. */
  | { readonly event: 'room'; readonly room: Room }
  | { readonly event: 'left'; readonly room: Target }
  /** A new entry in order, each once. `history` is true for what a `history` command brought: it is older than all shown. */
  | { readonly event: 'message'; readonly message: Message; readonly history: boolean }
  /**
   * One's own message changed its state; `message.id` finds it. On `ok` seq and at are final. `was`: until now
   * it had this id, and `message.id` is new: it was numbered anew because one before it was refused, or retried.
   */
  | { readonly event: 'delivery'; readonly message: Message; readonly was?: string }
  | ({ readonly event: 'presence'; readonly room: Target } & Person)
  /** A group one is in: it is new, or its members changed. */
  | ({ readonly event: 'group' } & Group)
  | ({ readonly event: 'ring' } & RingStatus)
  /** Who was asked for, whole. */
  | {
      readonly event: 'members';
      readonly room: Target;
      readonly members: readonly Person[];
    }
  | { readonly event: 'typing'; readonly room: Target; readonly user: string; readonly on: boolean }
  | {
      readonly event: 'directory';
      readonly rooms: readonly { readonly name: string; readonly topic: string; readonly members: number }[];
    }
  | {
      readonly event: 'devices';
      readonly devices: readonly {
        readonly key: string;
        readonly label: string;
        readonly seenAt: number;
        readonly me: boolean;
      }[];
    }
  /** A transfer is new, or something of it changed; while it runs at most ten times a second. */
  | { readonly event: 'transfer'; readonly transfer: Transfer }
  /** No older entries than those shown. */
  | { readonly event: 'beginning'; readonly room: Target }
  /** Caught up: everything up to the head at the time of (re)joining was shown. */
  | { readonly event: 'caughtUp'; readonly room: Target; readonly seq: number }
  | { readonly event: 'notice'; readonly text: string }
  | { readonly event: 'error'; readonly code: ErrorCode; readonly message: string; readonly room?: Target };

export interface Credentials {
  readonly user: string;
  /** Absent: only a remembered device key can log in. */
  readonly password?: string;
  readonly register: boolean;
  readonly remember: boolean;
}

/** Groups of people nearby and like-minded: in both modes. */
export interface GroupCommands {
  /** Shares this place from now on, coarsely; undefined ends it. @throws BAD_ARGUMENT for nonsense */
  locate(
    at: { readonly lat: number; readonly lon: number } | { readonly city: string } | undefined,
  ): Promise<Location | undefined>;
  location(): Promise<Location | undefined>;
  /** Founds a group of everybody within so many km, at least 5, and enrols them; without `km` back to the one one has. */
  near(km?: number): Promise<Room>;
  /** Joins everybody with that interest; without `tag` back to the last one. */
  interest(tag?: string): Promise<Room>;
  groups(): Promise<readonly Group[]>;
  /** Interests that others have, the commonest first. */
  tags(): Promise<readonly { readonly tag: string; readonly people: number }[]>;
}

/** What only a peer of the ring is asked. */
export interface RingCommands {
  /** A link by which others come here: `natter://...`. */
  invite(): Promise<string>;
  /** Where others reach one, as `host:port`, as far as that is known. */
  addresses(): Promise<readonly string[]>;
  ringStatus(): Promise<RingStatus>;
  /** Everybody known, by place. */
  ringView(): Promise<readonly DrawnPeer[]>;
}

/** What a screen asks of its client. Each resolves when the server has answered, or rejects with a NatterError. */
export interface ClientCommands extends GroupCommands {
  /** Connects and logs in; afterwards the client keeps itself connected until `quit`. Resolves on `welcome`. */
  login(server: string, credentials: Credentials): Promise<{ user: string }>;
  /** Is somebody there? Round trip in ms; does a handshake only, pins nothing. */
  probe(server: string): Promise<{ lagMs: number; fingerprint: string; known: boolean }>;
  join(room: Target): Promise<Room>;
  leave(room: Target): Promise<void>;
  /**
   * Queues at once and returns the message's id; its state follows as `delivery`. The n-th text said under one
   * `key` in a room is one entry, however often a script is run again; a refused one fails those behind it.
   */
  say(room: Target, text: string, kind: MessageKind, key?: string): Promise<string>;
  retry(id: string): Promise<void>;
  discard(id: string): Promise<void>;
  /** Fetches at most `count` entries before `before`; they come as `message` with `history`. */
  history(room: Target, before: number, count: number): Promise<void>;
  /** Everything with seq > since comes as `message`, from now on too. */
  follow(room: Target, since?: number): Promise<Room>;
  read(room: Target, seq: number): Promise<void>;
  typing(room: Target, on: boolean): Promise<void>;
  away(on: boolean): Promise<void>;
  who(room?: Target): Promise<readonly Person[]>;
  /** Somebody by their name, `offline` where they are not here. @throws NO_SUCH_USER where nobody is known by it */
  person(name: string): Promise<Person>;
  rooms(): Promise<readonly { name: string; topic: string; members: number }[]>;
  topic(room: Target, topic: string): Promise<void>;
  changePassword(current: string, next: string, forgetOthers: boolean): Promise<void>;
  devices(): Promise<readonly { key: string; label: string; seenAt: number; me: boolean }[]>;
  forgetDevice(key: string): Promise<void>;
  /**
   * Offers a file of this machine in a conversation and begins to send it. Resolves with the transfer's id when
   * the offer is durable with the server; the rest follows as `transfer`.
   */
  sendFile(room: Target, path: string): Promise<string>;
  /** Takes an offered file, by the id of its offer. `into`: a folder; the downloads folder without it. */
  acceptFile(id: string, into?: string): Promise<void>;
  rejectFile(id: string): Promise<void>;
  pauseFile(id: string): Promise<void>;
  resumeFile(id: string): Promise<void>;
  /** Ends it: an incoming one is dropped, an outgoing one withdrawn from everybody. */
  cancelFile(id: string): Promise<void>;
  /** Files that person offers privately are taken without asking, or no longer. */
  trust(user: string, on: boolean): Promise<void>;
  /** Everything under way and the history, newest first. */
  transfers(): Promise<readonly Transfer[]>;
  /** Files of all conversations that are offered to this account and not answered yet, oldest first. */
  offers(): Promise<readonly Transfer[]>;
  /** Waits at most `ms` for what is unanswered, closes cleanly. */
  quit(ms: number): Promise<void>;
}
