/** What one tree carries: entries of feeds, peers' records, notices of deaths. */
import sodium from 'sodium-native';
import { ITEM_ID_BYTES } from '../constants.js';

export const ItemKind = { Entry: 1, Record: 2, Death: 3 } as const;
export type ItemKind = (typeof ItemKind)[keyof typeof ItemKind];

export interface Item {
  readonly kind: ItemKind;
  /** As its author signed it. */
  readonly bytes: Buffer;
}

/** The 16 bytes of an item's id as a string of 16 characters (latin1): the key of a Map. */
export type ItemId = string;

const kindByte = Buffer.alloc(1);
const digest = Buffer.alloc(ITEM_ID_BYTES);

/** BLAKE2b-128 over kind and bytes. */
export function itemIdOf({ kind, bytes }: Item): ItemId {
  kindByte[0] = kind;
  sodium.crypto_generichash_batch(digest, [kindByte, bytes]);
  return digest.toString('latin1');
}

export const isItemKind = (kind: number): kind is ItemKind =>
  kind === ItemKind.Entry || kind === ItemKind.Record || kind === ItemKind.Death;
