/** CBOR bodies between the registry and those who ask it; keys are the short ones of chat/operations.ts. */
import type { ConversationBody, ConversationKind } from '../../chat/operations.js';

/** n: name as typed; r: OPAQUE request; c: connection; p: the client's address without its port. */
export interface PasswordAttempt {
  readonly n: string;
  readonly r: string;
  readonly c: number;
  readonly p: string;
}
/** r: OPAQUE response. */
export interface OpaqueResponse {
  readonly r: string;
}
/** r: registration record; k: device key; d: keep the device; l: its label. */
export interface RegisterFinish {
  readonly n: string;
  readonly r: string;
  readonly c: number;
  readonly k: Uint8Array;
  readonly d: boolean;
  readonly l: string;
}
/** As RegisterFinish; r: OPAQUE finish; m: the MAC over h, the handshake hash, and k; p: address. */
export interface LoginFinish extends RegisterFinish {
  readonly m: Uint8Array;
  readonly h: Uint8Array;
  readonly p: string;
}
export interface LoginDevice {
  readonly n: string;
  readonly k: Uint8Array;
}
/** Who logged in. a: account id; n: name as registered. */
export interface Identified {
  readonly a: Uint8Array;
  readonly n: string;
}
export interface PasswordStart {
  readonly a: Uint8Array;
  readonly r: string;
}
/** k: the device that stays; o: forget all others. */
export interface PasswordFinish extends PasswordStart {
  readonly k: Uint8Array;
  readonly o: boolean;
}
export interface DeviceOf {
  readonly a: Uint8Array;
  readonly k: Uint8Array;
}
export interface ByName {
  readonly n: string;
}
export interface AccountFound {
  readonly a: Buffer;
  /** As registered. */
  readonly n: string;
}
export interface ByLog {
  readonly l: number;
}
/** a: who asks; n: the room's name as typed; p: the client's address without its port. */
export interface RoomOpen {
  readonly a: Uint8Array;
  readonly n: string;
  readonly p: string;
}
/** As RoomOpen; n: the other's name. */
export type DirectOpen = RoomOpen;
/** A direct conversation as both see it: o is the other's account, mine and theirs differ in the name. */
export interface DirectOpened {
  readonly o: Uint8Array;
  readonly mine: ConversationSeed;
  readonly theirs: ConversationSeed;
}
/** A conversation less what only the store knows: epoch, head and cursor. */
export type ConversationSeed = Omit<ConversationBody, 'e' | 'h' | 'c'>;

/** What a room needs. i: log id; k: kind; m: members (none for the lobby); b, r: see ConversationBody. */
export interface RoomLoaded {
  readonly i: Uint8Array;
  readonly k: ConversationKind;
  readonly n: string;
  readonly t: string;
  readonly m: readonly Identified[];
  readonly b?: string;
  readonly r?: number;
}
export interface Membership {
  readonly l: number;
  readonly a: Uint8Array;
}
export interface TopicSet {
  readonly l: number;
  readonly t: string;
}
export interface RoomsAfter {
  readonly a: string;
}
/** n: the account's name as it is now. */
export interface ConversationsReply {
  readonly n: string;
  readonly c: readonly ConversationSeed[];
}

/** c: cell; k: radius in km; p: the founder's address without its port. */
export interface GeoFound {
  readonly a: Uint8Array;
  readonly c: string;
  readonly k: number;
  readonly p: string;
}
/** o: the group that was founded before, and is no more. */
export interface GeoFounded extends ByLog {
  readonly o?: number;
}
/** c: the middle; k: radius in km; m: whether who asks is in it already. */
export interface GeoFoundBy extends ByLog {
  readonly c: string;
  readonly k: number;
  readonly m: boolean;
}
/** c: cell, empty for nowhere. */
export interface GeoPlan {
  readonly a: Uint8Array;
  readonly c: string;
}
/** e: logs to enter; g: logs to leave. */
export interface GeoPlanned {
  readonly e: readonly number[];
  readonly g: readonly number[];
}
/** a: accounts; x: they asked for it themselves. */
export interface Memberships {
  readonly l: number;
  readonly a: readonly Uint8Array[];
  readonly x: boolean;
}
/** m: those of them that belong to it now. */
export interface MembersAdded {
  readonly m: readonly Identified[];
}
export interface GeoMembers {
  readonly a: readonly Uint8Array[];
}
/** i: tags, without `+`. */
export interface InterestsReply {
  readonly i: readonly string[];
}
export interface AccountOnly {
  readonly a: Uint8Array;
}
