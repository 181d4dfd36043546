import { Reader, Writer } from '../../net/bytes.js';
import { cutText } from '../../net/closing.js';
import { AUTHOR_MAX_BYTES, KEY_BYTES, REASON_MAX_BYTES, TEXT_MAX_BYTES } from '../../net/constants.js';
import { CLOCK_BYTES, LETTER_ID_BYTES, MAIL_MAX_BYTES } from '../../net/ring/constants.js';
import { readU48, U48_MAX, u48 } from '../tables.js';
import type { MailTables } from './tables.js';

/** Letters of one conversation that are kept; the oldest are forgotten. */
const CONVERSATION_MAX = 10_000;
/** Conversations that are listed. */
const PEERS_MAX = 10_000;
const OUTBOX_MAX = 100_000;
const U48_BYTES = 6;

const STATES = ['ok', 'sending', 'held', 'delivered', 'expired', 'failed'] as const;
export type LetterState = (typeof STATES)[number];

/** One letter of a private conversation. */
export interface StoredLetter {
  /** The other one: Ed25519 public key, hex. */
  readonly peer: string;
  /** Counts within the conversation, in the order in which letters came or were written, from 1. */
  readonly seq: number;
  /** Hex, unique among its author's. */
  readonly id: string;
  readonly mine: boolean;
  /** One that came is `ok`. */
  readonly state: LetterState;
  /** Hybrid logical clock, 8 bytes. */
  readonly clock: Buffer;
  /** When it came or was written here, ms since 1970. */
  readonly at: number;
  /** chat's EntryKind. */
  readonly kind: number;
  /** Its author's name at that time, as it came. */
  readonly name: string;
  readonly body: Buffer;
  /** Why it failed; '' otherwise. */
  readonly reason: string;
}

/** A letter of one's own that is on its way. */
export interface Outgoing {
  /** Of its piece of mail, hex. */
  readonly piece: string;
  readonly peer: string;
  readonly seq: number;
  /** The piece as it travels. */
  readonly bytes: Buffer;
}

/** Private conversations of one peer. What changes them is done within `transact`. */
export class Letters {
  readonly #mail: MailTables;
  readonly #heads = new Map<string, number>();

  constructor(mail: MailTables) {
    this.#mail = mail;
  }

  /** All or nothing; durable when it returns. Throws what the disk refuses with. */
  transact(write: () => void): void {
    try {
      this.#mail.transact(write);
    } catch (error) {
      this.#heads.clear();
      throw error;
    }
  }

  /** Appends a letter. @returns it with its seq */
  add(author: Buffer, letter: Omit<StoredLetter, 'seq'>): StoredLetter {
    const { known, letters } = this.#mail.tables;
    const peer = Buffer.from(letter.peer, 'hex');
    const seq = this.head(letter.peer) + 1;
    const stored = { ...letter, seq };
    letters.put(Buffer.concat([peer, u48(seq)]), encode(stored));
    known.put(knownKey(author, letter.id), Buffer.concat([peer, u48(seq)]));
    this.#heads.set(letter.peer, seq);
    this.#trim(peer, seq - CONVERSATION_MAX);
    return stored;
  }

  /** Where that author's letter is. */
  find(author: Buffer, id: string): { readonly peer: string; readonly seq: number } | undefined {
    const at = this.#mail.tables.known.get(knownKey(author, id));
    if (at === undefined) return undefined;
    return { peer: at.toString('hex', 0, KEY_BYTES), seq: at.readUIntBE(KEY_BYTES, U48_BYTES) };
  }

  get(peer: string, seq: number): StoredLetter | undefined {
    const key = Buffer.concat([Buffer.from(peer, 'hex'), u48(seq)]);
    const value = this.#mail.tables.letters.get(key);
    return value === undefined ? undefined : decode(peer, seq, value);
  }

  update(letter: StoredLetter): void {
    const key = Buffer.concat([Buffer.from(letter.peer, 'hex'), u48(letter.seq)]);
    this.#mail.tables.letters.put(key, encode(letter));
  }

  /** Forgets it; that it was there stays known. */
  remove({ peer, seq }: StoredLetter): void {
    this.#mail.tables.letters.remove(Buffer.concat([Buffer.from(peer, 'hex'), u48(seq)]));
  }

  /** At most `count` letters with a seq below `before`, the oldest first. */
  before(peer: string, before: number, count: number): StoredLetter[] {
    const key = Buffer.from(peer, 'hex');
    const range = { from: Buffer.concat([key, u48(0)]), to: Buffer.concat([key, u48(before)]) };
    const rows = this.#mail.tables.letters.range({ ...range, limit: count, backwards: true });
    return rows.reverse().map((row) => decode(peer, row.key.readUIntBE(KEY_BYTES, U48_BYTES), row.value));
  }

  /** Letters with a seq above `after`, the oldest first. */
  after(peer: string, after: number, count: number): StoredLetter[] {
    const key = Buffer.from(peer, 'hex');
    const range = { from: Buffer.concat([key, u48(after + 1)]), to: Buffer.concat([key, u48(U48_MAX)]) };
    const rows = this.#mail.tables.letters.range({ ...range, limit: count });
    return rows.map((row) => decode(peer, row.key.readUIntBE(KEY_BYTES, U48_BYTES), row.value));
  }

  /** Seq of the last letter; 0 when there is none. */
  head(peer: string): number {
    const known = this.#heads.get(peer);
    if (known !== undefined) return known;
    const key = Buffer.from(peer, 'hex');
    const range = { from: Buffer.concat([key, u48(0)]), to: Buffer.concat([key, u48(U48_MAX)]) };
    const [last] = this.#mail.tables.letters.range({ ...range, limit: 1, backwards: true });
    const head = last === undefined ? 0 : last.key.readUIntBE(KEY_BYTES, U48_BYTES);
    this.#heads.set(peer, head);
    return head;
  }

  // ---- Conversations ------------------------------------------------------------------------------------

  /** With whom there is one, and up to where it was read. */
  conversations(): { readonly peer: string; readonly read: number }[] {
    const range = { from: Buffer.alloc(KEY_BYTES), to: Buffer.alloc(KEY_BYTES + 1, 0xff), limit: PEERS_MAX };
    return this.#mail.tables.conversations
      .range(range)
      .map(({ key, value }) => ({ peer: key.toString('hex'), read: readU48(value, 0) }));
  }

  read(peer: string): number | undefined {
    const value = this.#mail.tables.conversations.get(Buffer.from(peer, 'hex'));
    return value === undefined ? undefined : readU48(value, 0);
  }

  /** Begins the conversation, or moves how far it was read. */
  setRead(peer: string, seq: number): void {
    this.#mail.tables.conversations.put(Buffer.from(peer, 'hex'), u48(seq));
  }

  // ---- The outbox ---------------------------------------------------------------------------------------

  send({ piece, peer, seq, bytes }: Outgoing): void {
    const value = Buffer.concat([Buffer.from(peer, 'hex'), u48(seq), bytes]);
    this.#mail.tables.outbox.put(Buffer.from(piece, 'hex'), value);
  }

  sent(piece: string): void {
    this.#mail.tables.outbox.remove(Buffer.from(piece, 'hex'));
  }

  outbox(): Outgoing[] {
    const range = { from: Buffer.alloc(LETTER_ID_BYTES), to: Buffer.alloc(LETTER_ID_BYTES + 1, 0xff) };
    return this.#mail.tables.outbox.range({ ...range, limit: OUTBOX_MAX }).map(({ key, value }) => ({
      piece: key.toString('hex'),
      peer: value.toString('hex', 0, KEY_BYTES),
      seq: value.readUIntBE(KEY_BYTES, U48_BYTES),
      bytes: value.subarray(KEY_BYTES + U48_BYTES),
    }));
  }

  /** What was known stays known: a letter that was forgotten does not come anew. */
  #trim(peer: Buffer, seq: number): void {
    if (seq > 0) this.#mail.tables.letters.remove(Buffer.concat([peer, u48(seq)]));
  }
}

function knownKey(author: Buffer, id: string): Buffer {
  return Buffer.concat([author, Buffer.from(id, 'hex')]);
}

/** flags u8 (1 mine), state u8, id (16), clock (8), at u48, kind u8, name text, body block, reason text */
function encode({ mine, state, id, clock, at, kind, name, body, reason }: StoredLetter): Buffer {
  const writer = new Writer(256, MAIL_MAX_BYTES);
  writer
    .u8(mine ? 1 : 0)
    .u8(STATES.indexOf(state))
    .bytes(Buffer.from(id, 'hex'))
    .bytes(clock)
    .u48(at);
  return writer.u8(kind).text(name).block(body).block(cutText(reason, REASON_MAX_BYTES)).copy();
}

function decode(peer: string, seq: number, value: Buffer): StoredLetter {
  const reader = new Reader(value);
  const mine = reader.u8() === 1;
  const state = STATES[reader.u8()] ?? 'failed';
  const id = reader.bytes(LETTER_ID_BYTES).toString('hex');
  const clock = reader.bytes(CLOCK_BYTES);
  const at = reader.u48();
  const kind = reader.u8();
  const name = reader.text(AUTHOR_MAX_BYTES);
  const body = reader.block(TEXT_MAX_BYTES);
  return { peer, seq, mine, state, id, clock, at, kind, name, body, reason: reader.text(REASON_MAX_BYTES) };
}
