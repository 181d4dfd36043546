/**
 * The vocabulary between what runs (a client, a ring peer) and what is seen (a screen, JSON lines, a test).
 * Discriminated unions without logic; plain data only, since they cross threads by structured clone.
 */
import type { ErrorCode } from './error.js';

/** `#room`, `@name`, `+interest` or `~group`: how a conversation is written wherever people read it. */
export type Target = string;

export type MessageKind = 'text' | 'action' | 'sticker' | 'file' | 'notice';
/** Of one's own message. `failed` offers a retry. */
export type Delivery = 'sending' | 'ok' | 'failed';
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
}

export interface Room {
  readonly room: Target;
  readonly kind: 'lobby' | 'room' | 'direct';
  readonly topic: string;
  /** Seq of the last entry. */
  readonly head: number;
  /** Everything up to this seq was read, on whichever device. */
  readonly cursor: number;
  readonly unread: number;
  readonly mentions: number;
  readonly members: number;
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
  | { readonly event: 'presence'; readonly user: string; readonly state: Presence; readonly room: Target }
  /** Who was asked for, whole. */
  | {
      readonly event: 'members';
      readonly room: Target;
      readonly members: readonly { readonly user: string; readonly state: Presence }[];
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

/** What a screen asks of its client. Each resolves when the server has answered, or rejects with a NatterError. */
export interface ClientCommands {
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
  who(room?: Target): Promise<readonly { user: string; state: Presence }[]>;
  rooms(): Promise<readonly { name: string; topic: string; members: number }[]>;
  topic(room: Target, topic: string): Promise<void>;
  changePassword(current: string, next: string, forgetOthers: boolean): Promise<void>;
  devices(): Promise<readonly { key: string; label: string; seenAt: number; me: boolean }[]>;
  forgetDevice(key: string): Promise<void>;
  /** Waits at most `ms` for what is unanswered, closes cleanly. */
  quit(ms: number): Promise<void>;
}
