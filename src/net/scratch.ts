/**
 * A buffer shared by the whole thread, with its prefixes prepared as views.
 *
 * A fresh `subarray` costs 100 to 200 ns and makes the encryption behind it slower still, since each new
 * view is new to the native side. Packets have few distinct lengths, so a view is made once per length and
 * kept: nothing is allocated per packet.
 *
 *     bytes   [ 0 ........ from ............................ size )
 *     view(n)             [ from .... from + n )
 */
export class Scratch {
  readonly bytes: Buffer;
  readonly #views: (Buffer | undefined)[];
  readonly #from: number;

  constructor(bytes: Buffer, from = 0) {
    this.bytes = bytes;
    this.#from = from;
    // Filled, so that the array is dense and a look-up stays a load.
    this.#views = new Array<Buffer | undefined>(bytes.length - from + 1).fill(undefined);
  }

  /** The bytes from `from` on; throws a RangeError when the buffer is shorter. */
  view(length: number): Buffer {
    return this.#views[length] ?? this.#make(length);
  }

  #make(length: number): Buffer {
    if (!(length >= 0 && length < this.#views.length)) throw new RangeError(`no room for ${length} bytes`);
    const made = this.bytes.subarray(this.#from, this.#from + length);
    this.#views[length] = made;
    return made;
  }
}
