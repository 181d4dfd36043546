/**
 * The frames of broadcast:
 *
 *     GOSSIP  hops u8, kind u8, item (the rest)
 *     IHAVE   count u8, count times: id (16), hops u8
 *     GRAFT   count u8 (also 0), count ids (16)
 *     PRUNE   nothing
 */
import { Malformed, type Reader, Writer } from '../../bytes.js';
import { GRAFT_IDS_MAX, IHAVE_IDS_MAX, ITEM_ID_BYTES, ITEM_MAX_BYTES } from '../../constants.js';
import { type Item, type ItemId, isItemKind } from './item.js';

export const HOPS_MAX = 255;

export interface Announcement {
  readonly id: ItemId;
  /** How far it had come at who announces it. */
  readonly hops: number;
}

// One frame is written at a time on a thread, and sending copies.
const writer = new Writer(256, ITEM_MAX_BYTES + 2);

export const gossipFrame = {
  /** @returns a view that the next frame overwrites */
  encode({ kind, bytes }: Item, hops: number): Buffer {
    return writer.reset().u8(Math.min(hops, HOPS_MAX)).u8(kind).bytes(bytes).view();
  },

  /** The item's bytes are a copy. @throws Malformed */
  decode(body: Reader): { readonly item: Item; readonly hops: number } {
    const hops = body.u8();
    const kind = body.u8();
    if (!isItemKind(kind)) throw new Malformed('an item of no known kind');
    if (body.remaining > ITEM_MAX_BYTES) throw new Malformed('an item above its limit');
    return { item: { kind, bytes: Buffer.from(body.rest()) }, hops };
  },
};

export const ihaveFrame = {
  /** @param announcements at most IHAVE_IDS_MAX */
  encode(announcements: readonly Announcement[]): Buffer {
    writer.reset().u8(announcements.length);
    for (const { id, hops } of announcements) writer.bytes(idBytes(id)).u8(Math.min(hops, HOPS_MAX));
    return writer.view();
  },

  /** @throws Malformed */
  decode(body: Reader): Announcement[] {
    const count = body.u8();
    if (count > IHAVE_IDS_MAX) throw new Malformed('too many announcements');
    const announcements: Announcement[] = [];
    for (let index = 0; index < count; index++) announcements.push({ id: readId(body), hops: body.u8() });
    return announcements;
  },
};

export const graftFrame = {
  /** @param ids at most GRAFT_IDS_MAX; none when only the link is to become eager */
  encode(ids: readonly ItemId[]): Buffer {
    writer.reset().u8(ids.length);
    for (const id of ids) writer.bytes(idBytes(id));
    return writer.view();
  },

  /** @throws Malformed */
  decode(body: Reader): ItemId[] {
    const count = body.u8();
    if (count > GRAFT_IDS_MAX) throw new Malformed('too many grafts');
    return Array.from({ length: count }, () => readId(body));
  },
};

const idBytes = (id: ItemId): Buffer => Buffer.from(id, 'latin1');
const readId = (body: Reader): ItemId => body.bytes(ITEM_ID_BYTES).toString('latin1');
