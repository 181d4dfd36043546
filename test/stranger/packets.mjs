/** Sealed packets: keys with their generations, packet numbers, and what an ACK says about them. */

import { Reader, u64, varint } from './bytes.mjs';
import { blake2b, open, seal } from './noise.mjs';

const HEADER = 17;
const LEAST_PLAINTEXT = 9;
const FORGET_BELOW = 1024;
const PREVIOUS_KEY_MS = 3_000;

const nonceOf = (header) => Buffer.concat([Buffer.alloc(4), header.subarray(9, HEADER)]);
const nextKey = (key) => blake2b(32, Buffer.from('natter rekey', 'ascii'), key);

/** Both keys of a connection. A packet under the next receiving key moves both to the next generation. */
export class Keys {
  constructor({ sending, receiving }) {
    this.sending = sending;
    this.receiving = receiving;
    this.generation = 0;
    this.number = 0;
    this.lowest = undefined;
  }

  /** A datagram for the peer's connection id, and the number it got. */
  seal(peer, frames) {
    const content = Buffer.concat(frames);
    const plaintext = Buffer.concat([content, Buffer.alloc(Math.max(0, LEAST_PLAINTEXT - content.length))]);
    const number = this.number;
    this.number += 1;
    const header = Buffer.concat([Buffer.from([0x10 | (this.generation & 1)]), peer, u64(number)]);
    return {
      number,
      datagram: Buffer.concat([header, seal(this.sending, nonceOf(header), header, plaintext)]),
    };
  }

  /** The number and plaintext of a datagram, or undefined when no key opens it. */
  open(datagram) {
    if (datagram.length < HEADER + LEAST_PLAINTEXT) return undefined;
    const header = datagram.subarray(0, HEADER);
    const number = new Reader(header.subarray(9)).u64();
    const attempt = (key) => key && open(key, nonceOf(header), header, datagram.subarray(HEADER));
    if ((header[0] & 1) === (this.generation & 1)) {
      const plaintext = attempt(this.receiving);
      if (!plaintext) return undefined;
      this.#openedPresent(number);
      return { number, plaintext };
    }
    const undecided = this.lowest === undefined;
    if (undecided || number < this.lowest) {
      const plaintext = attempt(this.previous);
      if (plaintext) return { number, plaintext };
      if (!undecided) return undefined;
    }
    const plaintext = attempt(nextKey(this.receiving));
    if (!plaintext) return undefined;
    this.advance();
    this.#openedPresent(number);
    return { number, plaintext };
  }

  /** Goes to the next generation in both directions; allowed once a packet of this one was opened. */
  advance() {
    this.previous = this.receiving;
    this.receiving = nextKey(this.receiving);
    this.sending = nextKey(this.sending);
    this.generation += 1;
    this.lowest = undefined;
  }

  #openedPresent(number) {
    if (this.lowest !== undefined) {
      this.lowest = Math.min(this.lowest, number);
      return;
    }
    this.lowest = number;
    const erased = this.previous;
    setTimeout(() => {
      if (this.previous === erased) this.previous = undefined;
    }, PREVIOUS_KEY_MS).unref();
  }
}

/** Which packet numbers came, as ranges [from, to], newest first. */
export class Received {
  ranges = [];

  get largest() {
    return this.ranges[0]?.[1] ?? -1;
  }

  /** True for a number that is new; those that may have been forgotten count as seen. */
  add(number) {
    if (number <= this.largest - FORGET_BELOW) return false;
    const at = this.ranges.findIndex(([from]) => number >= from);
    const range = this.ranges[at];
    if (range && number <= range[1]) return false;
    this.ranges.splice(at < 0 ? this.ranges.length : at, 0, [number, number]);
    for (let index = this.ranges.length - 1; index > 0; index -= 1) {
      if (this.ranges[index][1] + 1 < this.ranges[index - 1][0]) continue;
      this.ranges[index - 1][0] = this.ranges[index][0];
      this.ranges.splice(index, 1);
    }
    this.ranges = this.ranges.filter(([, to]) => to > this.largest - FORGET_BELOW);
    return true;
  }

  /** An ACK frame; `delay` in milliseconds since the largest came. */
  frame(delay) {
    const shown = this.ranges.slice(0, 33);
    const parts = [Buffer.from([0x02]), varint(this.largest), varint(Math.round(delay * 125))];
    parts.push(varint(shown.length - 1), varint(shown[0][1] - shown[0][0]));
    for (let index = 1; index < shown.length; index += 1) {
      parts.push(
        varint(shown[index - 1][0] - shown[index][1] - 2),
        varint(shown[index][1] - shown[index][0]),
      );
    }
    return Buffer.concat(parts);
  }
}

/** The ranges of an ACK frame whose type is read already, newest first. */
export function readAck(reader) {
  let to = reader.varint();
  reader.varint();
  const further = reader.varint();
  if (further > 32) throw new Error('an ACK of more than 33 ranges');
  let from = to - reader.varint();
  const ranges = [[from, to]];
  for (let index = 0; index < further; index += 1) {
    to = from - reader.varint() - 2;
    from = to - reader.varint();
    ranges.push([from, to]);
  }
  if (from < 0) throw new Error('an ACK below packet 0');
  return ranges;
}
