import { centreOf, type Point } from '../../chat/geo.js';
import { ConversationKind } from '../../chat/operations.js';
import type { Change } from './change.js';

/** What is remembered of one device: its Noise static key names it. */
export interface Device {
  readonly key: Buffer;
  readonly label: string;
  /** Kept for good, or only for TEMPORARY_DEVICE_MS after its last use. */
  readonly kept: boolean;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

export interface Account {
  /** 16 random bytes. */
  readonly id: Buffer;
  readonly name: string;
  readonly key: string;
  readonly skeleton: string;
  /** OPAQUE registration record. */
  record: string;
  /** By device key, see `idKey`. */
  readonly devices: Map<string, Device>;
  /** Log numbers, less the lobby. */
  readonly conversations: Set<number>;
}

export interface Conversation {
  readonly log: number;
  /** 16 random bytes. */
  readonly id: Buffer;
  readonly kind: ConversationKind;
  /** As typed by whoever made it; empty for a direct conversation. Of a geo group its founder's. */
  readonly name: string;
  readonly key: string;
  readonly skeleton: string;
  topic: string;
  /** Account keys; empty for the lobby, whose members are all accounts. */
  readonly members: Set<string>;
  /** Of an interest or a geo group. */
  readonly group?: GroupFacts;
}

export interface GroupFacts {
  /** Account id of who founded it. */
  readonly founder: Buffer;
  /** Geo: the middle, a cell, and how far it reaches. An interest has none: '' and 0. */
  readonly cell: string;
  readonly km: number;
  /** The middle of that cell; everybody who moves is compared with it. */
  readonly centre?: Point;
  /** Geo: account keys of who left it although they are near; they are not enrolled again. */
  readonly declined: Set<string>;
}

/** The lobby's log number; every account is a member of it without a row. */
export const LOBBY = 1;
export const LOBBY_NAME = 'lobby';
/** Devices one account may have; for a new one the longest unused goes, one that need not be remembered first. */
export const DEVICES_MAX = 64;

/** A binary id as a Map key. */
export function idKey(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}

/** The direct conversation of two accounts, whichever asks. */
function directKey(a: Uint8Array, b: Uint8Array): string {
  const [one, two] = [idKey(a), idKey(b)].sort();
  return `${one}${two}`;
}

/**
 * Accounts, devices, rooms, direct conversations, memberships and topics, in memory.
 * Changes only through `apply`, which never fails on a change that was valid when it was journaled.
 */
export class RegistryState {
  readonly accounts = new Map<string, Account>();
  readonly conversations = new Map<number, Conversation>();
  readonly #accountByKey = new Map<string, Account>();
  readonly #accountBySkeleton = new Map<string, Account>();
  readonly #roomByKey = new Map<string, Conversation>();
  readonly #roomBySkeleton = new Map<string, Conversation>();
  readonly #directs = new Map<string, Conversation>();
  readonly #interests = new Map<string, Conversation>();
  readonly #geoByFounder = new Map<string, Conversation>();
  #lastLog = LOBBY;

  get nextLog(): number {
    return this.#lastLog + 1;
  }

  account(id: Uint8Array): Account | undefined {
    return this.accounts.get(idKey(id));
  }

  accountByKey(key: string): Account | undefined {
    return this.#accountByKey.get(key);
  }

  accountBySkeleton(skeleton: string): Account | undefined {
    return this.#accountBySkeleton.get(skeleton);
  }

  roomByKey(key: string): Conversation | undefined {
    return this.#roomByKey.get(key);
  }

  roomBySkeleton(skeleton: string): Conversation | undefined {
    return this.#roomBySkeleton.get(skeleton);
  }

  direct(a: Uint8Array, b: Uint8Array): Conversation | undefined {
    return this.#directs.get(directKey(a, b));
  }

  interest(tag: string): Conversation | undefined {
    return this.#interests.get(tag);
  }

  /** The geo group that an account founded. */
  geoOf(founder: Uint8Array): Conversation | undefined {
    return this.#geoByFounder.get(idKey(founder));
  }

  geoGroups(): Iterable<Conversation> {
    return this.#geoByFounder.values();
  }

  /** Named rooms, less the lobby, in no order. */
  rooms(): Iterable<Conversation> {
    return this.#roomByKey.values();
  }

  isMember(log: number, account: Uint8Array): boolean {
    if (log === LOBBY) return this.accounts.has(idKey(account));
    return this.conversations.get(log)?.members.has(idKey(account)) ?? false;
  }

  /** How many belong to a conversation; 0 for a direct one, whose two need no counting. */
  memberCount(conversation: Conversation): number {
    if (conversation.kind === ConversationKind.Lobby) return this.accounts.size;
    return conversation.kind === ConversationKind.Direct ? 0 : conversation.members.size;
  }

  /** The other of a direct conversation. */
  other(conversation: Conversation, account: Uint8Array): Account | undefined {
    const own = idKey(account);
    for (const member of conversation.members) if (member !== own) return this.accounts.get(member);
    return undefined;
  }

  apply(change: Change): void {
    switch (change.t) {
      case 'lobby':
        this.#add({ log: LOBBY, id: change.id, kind: ConversationKind.Lobby, name: LOBBY_NAME });
        return;
      case 'account':
        this.#addAccount(change);
        return;
      case 'device':
        this.#addDevice(change);
        return;
      case 'deviceGone':
        this.account(change.account)?.devices.delete(idKey(change.key));
        return;
      case 'password':
        this.#setPassword(change);
        return;
      case 'room':
        this.#addRoom(change);
        return;
      case 'direct': {
        const direct = this.#add({ log: change.log, id: change.id, kind: ConversationKind.Direct, name: '' });
        this.#directs.set(directKey(change.a, change.b), direct);
        this.#join(change.log, change.a);
        this.#join(change.log, change.b);
        return;
      }
      case 'member':
        this.#join(change.log, change.account);
        return;
      case 'memberGone':
        this.#leave(change);
        return;
      case 'interest':
      case 'geo':
        this.#addGroup(change);
        return;
      case 'dismantled':
        this.#dismantle(change.log);
        return;
      case 'lastLog':
        this.#lastLog = Math.max(this.#lastLog, change.log);
        return;
      case 'topic': {
        const conversation = this.conversations.get(change.log);
        if (conversation) conversation.topic = change.topic;
        return;
      }
    }
  }

  /** What a snapshot holds: ids in hex, so that a person may read it. */
  toJSON(): object {
    const hex = (bytes: Buffer): string => bytes.toString('hex');
    const hexKeys = (keys: Set<string>): string[] => [...keys].map((key) => hex(Buffer.from(key, 'latin1')));
    return {
      accounts: [...this.accounts.values()].map(({ id, name, key, skeleton, record, devices }) => ({
        ...{ id: hex(id), name, key, skeleton, record },
        devices: [...devices.values()].map((device) => ({ ...device, key: hex(device.key) })),
      })),
      conversations: [...this.conversations.values()].map(({ group, ...conversation }) => ({
        ...conversation,
        id: hex(conversation.id),
        members: hexKeys(conversation.members),
        ...(group && {
          group: {
            founder: hex(group.founder),
            cell: group.cell,
            km: group.km,
            declined: hexKeys(group.declined),
          },
        }),
      })),
      lastLog: this.#lastLog,
    };
  }

  #add(of: Pick<Conversation, 'log' | 'id' | 'kind' | 'name'> & Partial<Conversation>): Conversation {
    const conversation = { key: '', skeleton: '', topic: '', members: new Set<string>(), ...of };
    this.conversations.set(of.log, conversation);
    this.#lastLog = Math.max(this.#lastLog, of.log);
    return conversation;
  }

  #addAccount({ id, name, key, skeleton, record }: Extract<Change, { t: 'account' }>): void {
    const account = { id, name, key, skeleton, record, devices: new Map(), conversations: new Set<number>() };
    this.accounts.set(idKey(id), account);
    this.#accountByKey.set(key, account);
    this.#accountBySkeleton.set(skeleton, account);
  }

  #addDevice({ account, key, label, kept, at }: Extract<Change, { t: 'device' }>): void {
    const devices = this.account(account)?.devices;
    if (!devices) return;
    const before = devices.get(idKey(key));
    // Set again, it moves to the end: the Map's order is the order of last use.
    devices.delete(idKey(key));
    devices.set(idKey(key), {
      key,
      label: label || (before?.label ?? ''),
      kept: kept || (before?.kept ?? false),
      seenAt: at,
    });
    if (devices.size <= DEVICES_MAX) return;
    const [oldest] = devices.keys();
    const temporary = [...devices].find(([, device]) => !device.kept);
    devices.delete(temporary?.[0] ?? oldest ?? '');
  }

  #setPassword({ account, record, spare }: Extract<Change, { t: 'password' }>): void {
    const found = this.account(account);
    if (!found) return;
    found.record = record;
    if (spare.length === 0) return;
    for (const key of found.devices.keys()) if (key !== idKey(spare)) found.devices.delete(key);
  }

  #addRoom({ log, id, name, key, skeleton }: Extract<Change, { t: 'room' }>): void {
    const room = this.#add({ log, id, kind: ConversationKind.Room, name, key, skeleton });
    this.#roomByKey.set(key, room);
    this.#roomBySkeleton.set(skeleton, room);
  }

  #addGroup(change: Extract<Change, { t: 'interest' | 'geo' }>): void {
    const { log, id, founder } = change;
    const declined = new Set<string>();
    if (change.t === 'interest') {
      const { tag } = change;
      const group = { founder, cell: '', km: 0, declined };
      this.#interests.set(tag, this.#add({ log, id, kind: ConversationKind.Interest, name: tag, group }));
    } else {
      const { cell, km } = change;
      const name = this.account(founder)?.name ?? '';
      const group = { founder, cell, km, centre: centreOf(cell), declined };
      this.#geoByFounder.set(idKey(founder), this.#add({ log, id, kind: ConversationKind.Geo, name, group }));
    }
  }

  #dismantle(log: number): void {
    const gone = this.conversations.get(log);
    if (!gone?.group) return;
    this.conversations.delete(log);
    for (const member of gone.members) this.accounts.get(member)?.conversations.delete(log);
    const founder = idKey(gone.group.founder);
    if (this.#geoByFounder.get(founder) === gone) this.#geoByFounder.delete(founder);
  }

  #join(log: number, account: Buffer): void {
    const conversation = this.conversations.get(log);
    conversation?.members.add(idKey(account));
    conversation?.group?.declined.delete(idKey(account));
    this.account(account)?.conversations.add(log);
  }

  #leave({ log, account, declined }: Extract<Change, { t: 'memberGone' }>): void {
    const conversation = this.conversations.get(log);
    conversation?.members.delete(idKey(account));
    if (declined) conversation?.group?.declined.add(idKey(account));
    this.account(account)?.conversations.delete(log);
  }
}
