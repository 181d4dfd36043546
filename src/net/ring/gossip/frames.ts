/**
 * The frames of broadcast:
 *
 *     GOSSIP  hops u8, kind u8, item (the rest)
 *     IHAVE   count u8, count ids (16)
 *     GRAFT   count u8 (also 0), count ids (16)
 *     PRUNE   nothing
 */
import { Malformed, type Reader, Writer } from '../../bytes.js';
import { GRAFT_IDS_MAX, IHAVE_IDS_MAX, ITEM_ID_BYTES, ITEM_MAX_BYTES } from '../constants.js';
import { type Item, type ItemId, isItemKind } from './item.js';

const HOPS_MAX = 255;

// One frame is written at a time on a thread, and sending copies.
const writer = new Writer(256, ITEM_MAX_BYTES + 2);

export const gossipFrame = {
  /** @returns a view that the next frame overwrites */
  encode({ kind, bytes }: Item, hops: number): Buffer {
    return writer.reset().u8(Math.min(hops, HOPS_MAX)).u8(kind).bytes(bytes).view();
  },

  /** The item's bytes are a view of the body's. @throws Malformed */
  decode(body: Reader): { readonly item: Item; readonly hops: number } {
    const hops = body.u8();
    const kind = body.u8();
    if (!isItemKind(kind)) throw new Malformed('an item of no known kind');
    if (body.remaining > ITEM_MAX_BYTES) throw new Malformed('an item above its limit');
    return { item: { kind, bytes: body.rest() }, hops };
  },
};

export const ihaveFrame = {
  /** @param ids at most IHAVE_IDS_MAX */
  encode(ids: readonly ItemId[]): Buffer {
    return writeIds(ids);
  },

  /** @throws Malformed */
  decode(body: Reader): ItemId[] {
    return readIds(body, IHAVE_IDS_MAX);
  },
};

export const graftFrame = {
  /** @param ids at most GRAFT_IDS_MAX; none when only the link is to become eager */
  encode(ids: readonly ItemId[]): Buffer {
    return writeIds(ids);
  },

  /** @throws Malformed */
  decode(body: Reader): ItemId[] {
    return readIds(body, GRAFT_IDS_MAX);
  },
};

function writeIds(ids: readonly ItemId[]): Buffer {
  writer.reset().u8(ids.length);
  for (const id of ids) writer.bytes(Buffer.from(id, 'latin1'));
  return writer.view();
}

function readIds(body: Reader, max: number): ItemId[] {
  const count = body.u8();
  if (count > max) throw new Malformed('too many ids');
  return Array.from({ length: count }, () => body.bytes(ITEM_ID_BYTES).toString('latin1'));
}
