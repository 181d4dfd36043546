import type { EntryKind } from '../chat/operations.js';
import { Reader, Writer } from '../net/bytes.js';
import { ACCOUNT_ID_BYTES } from '../net/constants.js';
import { packCbor, unpackCbor } from './cbor.js';
import { RoomMessage } from './messages.js';
import { type ActorContext, Kind } from './runtime/actor.js';
import { BLOBS, REGISTRY } from './singletons.js';

/** Within the client's own patience (20 s), above what a commit on a slow disk takes. */
export const ASK_MS = 8_000;

/** Asks the registry; body and answer are the CBOR shapes of registry/bodies.ts. */
export async function askRegistry<T extends object>(
  context: ActorContext,
  type: number,
  body: object,
  deadlineMs = ASK_MS,
): Promise<T> {
  return unpackCbor<T>(await context.ask(REGISTRY, type, packCbor(body), deadlineMs));
}

/** Asks blobs; body and answer are the CBOR shapes of blobs/bodies.ts. Where there is nothing to say the answer is empty. */
export async function askBlobs<T extends object>(
  context: ActorContext,
  type: number,
  body: object,
  deadlineMs = ASK_MS,
): Promise<T> {
  const answer = await context.ask(BLOBS, type, packCbor(body), deadlineMs);
  return answer.length === 0 ? ({} as T) : unpackCbor<T>(answer);
}

/** The one entry of a stream of its own. */
export interface OwnEntry {
  readonly account: Uint8Array;
  readonly author: string;
  /** 16 bytes. */
  readonly stream: Uint8Array;
  readonly kind: EntryKind;
  readonly body: Uint8Array;
}

/** Has a room post an entry. @returns its seq, once it is durable; the same however often it is asked for */
export async function enterEntry(context: ActorContext, log: number, entry: OwnEntry): Promise<number> {
  const { account, author, stream, kind, body } = entry;
  const writer = new Writer(512, 1 << 16).bytes(account).text(author).bytes(stream).varint(1).u8(kind);
  const room = { kind: Kind.Room, key: log } as const;
  const answer = await context.ask(room, RoomMessage.Enter, writer.bytes(body).view(), ASK_MS);
  return new Reader(answer).varint();
}

/**
 * Asks a room whether an account belongs to it. @returns both accounts if it is a private conversation, else nobody
 * @throws NatterError NOT_A_MEMBER, NO_SUCH_ROOM
 */
export async function askMember(
  context: ActorContext,
  log: number,
  account: Uint8Array,
): Promise<readonly Buffer[]> {
  const room = { kind: Kind.Room, key: log } as const;
  const answer = await context.ask(room, RoomMessage.Member, new Writer(32).bytes(account).view(), ASK_MS);
  const reader = new Reader(answer);
  reader.u8();
  const people: Buffer[] = [];
  while (reader.remaining > 0) people.push(Buffer.from(reader.bytes(ACCOUNT_ID_BYTES)));
  return people;
}
