import { Writer } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import { RING_PLACES, ROSTER_SET, SYNC_MARK_BYTES } from '../constants.js';
import { type Item, ItemKind } from '../gossip/item.js';
import type { Place } from '../place.js';
import type { PeerId } from '../types.js';
import { DigestBuckets } from './buckets.js';
import type { SyncHead, SyncRange, SyncSet } from './set.js';

/** What is known of one peer. */
export interface RosterRow {
  readonly record: { readonly version: number; readonly bytes: Buffer };
  /** Of exactly that version. */
  readonly death: { readonly bytes: Buffer } | undefined;
}

const element = new Writer(KEY_BYTES + 8, KEY_BYTES + 8);
const BUCKET_PLACES = RING_PLACES / 256;
/** Of two records with one version either will do, so nothing tells them apart. */
const NO_MARK = Buffer.alloc(SYNC_MARK_BYTES);

/**
 * Everybody's newest record, and who died since, as a set to sync: a late joiner knows by it who is there. A
 * record of version v has the number 2v, the notice that its peer died 2v + 1; so news have the higher number, and
 * only the newest is kept.
 */
export class RosterSet implements SyncSet {
  readonly id = ROSTER_SET;
  readonly #row: (id: PeerId) => RosterRow | undefined;
  readonly #buckets = new DigestBuckets((id) => this.#element(id));

  /** @param row what is known of a peer now */
  constructor(row: (id: PeerId) => RosterRow | undefined) {
    this.#row = row;
  }

  get root(): Buffer {
    return this.#buckets.root;
  }

  get digest(): Buffer {
    return this.#buckets.digest;
  }

  /** Call it whenever the row of a peer is new, another, or gone. */
  changed(id: PeerId, place: Place): void {
    // Places are hashes: nobody crowds one bucket.
    const bucket = Math.floor(place / BUCKET_PLACES);
    if (this.#row(id) === undefined) this.#buckets.delete(bucket, id);
    else this.#buckets.put(bucket, id);
  }

  heads(bucket: number): readonly SyncHead[] {
    return this.#buckets.ids(bucket).flatMap((id) => {
      const row = this.#row(id);
      if (row === undefined) return [];
      const { version } = row.record;
      const name = Buffer.from(id, 'hex');
      return [{ id: name, first: 2 * version, last: numberOf(row), mark: NO_MARK, at: version }];
    });
  }

  lack({ id, last }: SyncHead): readonly SyncRange[] {
    const row = this.#row(id.toString('hex'));
    const from = row === undefined ? 0 : numberOf(row) + 1;
    return from > last ? [] : [{ id, from, to: last }];
  }

  /** Of a record only the newest is ever missing, and its peer makes the next. */
  lost(): void {}

  read({ id, from, to }: SyncRange): readonly Item[] {
    const row = this.#row(id.toString('hex'));
    if (row === undefined) return [];
    const items: Item[] = [];
    const number = 2 * row.record.version;
    if (number >= from && number <= to) items.push({ kind: ItemKind.Record, bytes: row.record.bytes });
    if (row.death !== undefined && number + 1 >= from && number < to)
      items.push({ kind: ItemKind.Death, bytes: row.death.bytes });
    return items;
  }

  #element(id: PeerId): Buffer {
    const row = this.#row(id);
    element.reset().bytes(Buffer.from(id, 'hex'));
    return element.u64(row === undefined ? 0 : numberOf(row)).copy();
  }
}

const numberOf = ({ record, death }: RosterRow): number => 2 * record.version + (death === undefined ? 0 : 1);
