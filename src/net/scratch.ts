import { DATAGRAM_MAX_BYTES } from './constants.js';

/** A fresh view of more bytes than this costs little beside what is done with them. */
const KEPT_BYTES_MAX = DATAGRAM_MAX_BYTES;

/**
 * A buffer shared by the whole thread, with its prefixes prepared as views.
 *
 * A fresh `subarray` costs 100 to 200 ns and makes the encryption behind it slower still, since each new
 * view is new to the native side. Packets have few distinct lengths, so a view is made once per length and
 * kept: nothing is allocated per packet. Of the longer ones, which only loopback carries, the last is kept.
 *
 *     bytes   [ 0 ........ from ............................ size )
 *     view(n)             [ from .... from + n )
 */
export class Scratch {
  readonly bytes: Buffer;
  readonly #views: (Buffer | undefined)[];
  readonly #from: number;
  #long: Buffer;

  constructor(bytes: Buffer, from = 0) {
    this.bytes = bytes;
    this.#from = from;
    this.#long = bytes.subarray(from);
    // Filled, so that the array is dense and a look-up stays a load.
    const kept = Math.min(bytes.length - from, KEPT_BYTES_MAX);
    this.#views = new Array<Buffer | undefined>(kept + 1).fill(undefined);
  }

  /** The bytes from `from` on; throws a RangeError when the buffer is shorter. */
  view(length: number): Buffer {
    return this.#views[length] ?? this.#make(length);
  }

  #make(length: number): Buffer {
    if (length === this.#long.length) return this.#long;
    if (!(length >= 0 && this.#from + length <= this.bytes.length))
      throw new RangeError(`no room for ${length} bytes`);
    const made = this.bytes.subarray(this.#from, this.#from + length);
    if (length < this.#views.length) this.#views[length] = made;
    else this.#long = made;
    return made;
  }
}
