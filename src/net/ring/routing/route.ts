/**
 * ROUTE: a frame on its way to a peer with whom its sender has no link, from peer to peer, each nearer to it.
 *
 *     id (8), hops u8, to (32), from (32), type u8, body
 */
import { Malformed, type Reader, type Writer } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import { ROUTE_BODY_MAX_BYTES, ROUTE_ID_BYTES } from '../constants.js';

export interface Route {
  /** Random: by it peers know that they had it before. */
  readonly id: Buffer;
  /** Links it has gone over, this one included. */
  readonly hops: number;
  /** Ed25519 public keys. `from` is what its first peer wrote: nothing proves it. */
  readonly to: Buffer;
  readonly from: Buffer;
  /** The type of the frame that it carries, and that frame's body. */
  readonly type: number;
  readonly body: Buffer;
}

export const routeCodec = {
  encode(writer: Writer, { id, hops, to, from, type, body }: Route): void {
    writer.bytes(id).u8(hops).bytes(to).bytes(from).u8(type).bytes(body);
  },
  /** Views. @throws Malformed */
  decode(reader: Reader): Route {
    const id = reader.bytes(ROUTE_ID_BYTES);
    const hops = reader.u8();
    if (hops === 0) throw new Malformed('a route over no link');
    const to = reader.bytes(KEY_BYTES);
    const from = reader.bytes(KEY_BYTES);
    const type = reader.u8();
    if (reader.remaining > ROUTE_BODY_MAX_BYTES) throw new Malformed('a route that carries too much');
    return { id, hops, to, from, type, body: reader.rest() };
  },
};
