/** Reads what passes on the wires, as far as figures need it: copies of entries, and notices of deaths. */
import sodium from 'sodium-native';
import { Reader } from '../net/bytes.js';
import { ENTRY_ID_BYTES, FrameType, KEY_BYTES } from '../net/constants.js';
import { FEED_HASH_BYTES } from '../net/ring/constants.js';
import { gossipFrame } from '../net/ring/gossip/frames.js';
import { type Item, ItemKind } from '../net/ring/gossip/item.js';
import { itemsFrame, readName } from '../net/ring/sync/frames.js';
import type { PeerId } from '../net/ring/types.js';
import type { Way } from './ledger.js';

export interface PayloadPort {
  /** @param hops 0 when it came by repair @param bytes of the payload */
  entry(id: string, to: number, way: Way, hops: number, bytes: number): void;
  notice(subject: PeerId, version: number): void;
}

export class Payloads {
  readonly #port: PayloadPort;
  readonly #reader = new Reader();
  readonly #hash = Buffer.alloc(FEED_HASH_BYTES);

  constructor(port: PayloadPort) {
    this.#port = port;
  }

  /** A frame reaches a member. */
  see(to: number, type: number, body: Buffer): void {
    if (type === FrameType.Gossip) {
      const { item, hops } = gossipFrame.decode(this.#reader.reset(body));
      this.#item(item, to, 'broadcast', hops);
    } else if (type === FrameType.Items) {
      const reader = this.#reader.reset(body);
      readName(reader);
      for (const item of itemsFrame.decode(reader).items) this.#item(item, to, 'repair', 0);
    }
  }

  #item({ kind, bytes }: Item, to: number, way: Way, hops: number): void {
    if (kind === ItemKind.Entry) {
      sodium.crypto_generichash(this.#hash, bytes);
      const id = this.#hash.toString('hex', 0, ENTRY_ID_BYTES);
      this.#port.entry(id, to, way, hops, bytes.length);
    } else if (kind === ItemKind.Death) {
      const reader = this.#reader.reset(bytes);
      this.#port.notice(reader.bytes(KEY_BYTES).toString('hex'), reader.u48());
    }
  }
}
