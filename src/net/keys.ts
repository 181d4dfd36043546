/**
 * Seals and opens the packets of one connection: ChaCha20-Poly1305 (RFC 8439) under keys that a BLAKE2b
 * ratchet replaces every REKEY_AFTER_MS. docs/PROTOCOL.md, "Sealed packets" and "Rekey".
 *
 * The key phase follows RFC 9001 section 6: both directions share a generation, whose low bit is the low bit
 * of the datagram type. One side goes ahead by sealing under the next generation; the other follows at the
 * first packet it opens under it. Nobody goes ahead again before a packet of the present generation came
 * in, so the two are never more than one apart however long the path loses everything.
 *
 *     generation   g-1 (previous)      g (current)          g+1 (next)
 *     rx           kept a short while  opens                tried when the phase bit differs
 *     tx           erased              seals                derived when needed
 */
import sodium from 'sodium-native';
import {
  CONNECTION_ID_BYTES,
  DATAGRAM_LOOPBACK_BYTES,
  DatagramType,
  KEY_BYTES,
  KEY_LINGER_MS,
  REKEY_AFTER_MS,
  REKEY_AFTER_PACKETS,
  SEALED_HEADER_BYTES,
  SEALED_OVERHEAD_BYTES,
  TAG_BYTES,
} from './constants.js';
import { Scratch } from './scratch.js';

const NO_KEY = Buffer.alloc(0);
const RATCHET = Buffer.from('natter rekey');
const PACKET_NUMBER_AT = 1 + CONNECTION_ID_BYTES;
/** Packet numbers stop where a JavaScript number stops being exact. */
const HIGH_WORD_MAX = 2 ** 21 - 1;

// One set for the whole thread: a packet is sealed or opened to its end before the next one is begun.
const plain = Buffer.alloc(DATAGRAM_LOOPBACK_BYTES - SEALED_OVERHEAD_BYTES);
const plainViews = new Scratch(plain);
const outgoing = Buffer.alloc(DATAGRAM_LOOPBACK_BYTES);
const outgoingViews = new Scratch(outgoing);
const outgoingHeader = outgoing.subarray(0, SEALED_HEADER_BYTES);
const outgoingSealed = new Scratch(outgoing, SEALED_HEADER_BYTES);
const incoming = Buffer.alloc(DATAGRAM_LOOPBACK_BYTES);
const incomingHeader = incoming.subarray(0, SEALED_HEADER_BYTES);
const incomingSealed = new Scratch(incoming, SEALED_HEADER_BYTES);
const opened = Buffer.alloc(DATAGRAM_LOOPBACK_BYTES - SEALED_OVERHEAD_BYTES);
const openedViews = new Scratch(opened);
const nonce = Buffer.alloc(sodium.crypto_aead_chacha20poly1305_ietf_NPUBBYTES);

/** The ratchet: BLAKE2b-256 keyed with the present key over a fixed text. One-way, so old traffic stays closed. */
function nextKey(key: Buffer): Buffer {
  const next = Buffer.allocUnsafeSlow(KEY_BYTES);
  sodium.crypto_generichash(next, RATCHET, key);
  return next;
}

export class SealedKeys {
  /** Scratch for the plaintext to be sealed, filled from offset 0; shared by all connections of the thread. */
  readonly plain = plain;
  /** Holds the plaintext after `open`; shared like `plain`, valid until the next `open`. */
  readonly opened = opened;
  /** Of the last packet that `open` was given. */
  packetNumber = 0;

  #tx: Buffer;
  #rx: Buffer;
  #rxNext: Buffer;
  #rxPrevious: Buffer | undefined;
  #previousUntil = Number.POSITIVE_INFINITY;
  #generation = 0;
  #since: number;
  #sealed = 0;
  /** A packet of the present generation was opened. */
  #confirmed = false;
  /** Lowest packet number opened in the present generation: anything below it is of the previous one. */
  #firstNumber = Number.POSITIVE_INFINITY;
  #heard = false;

  /** Takes over both keys (32 bytes each): they are erased when they are replaced. */
  constructor(tx: Buffer, rx: Buffer, now: number) {
    this.#tx = tx;
    this.#rx = rx;
    this.#rxNext = nextKey(rx);
    this.#since = now;
  }

  /** A packet from the peer was opened: it holds the keys, not merely a copy of our handshake. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Counts rekeys; its low bit is the key phase. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Seals the first `plainLength` bytes of `plain` into a whole datagram.
   * @param remoteId the peer's connection id, 8 bytes
   * @param packetNumber never used twice by this connection, in whatever generation
   * @returns a view into a reused buffer, valid until the next `seal` of any connection
   */
  seal(remoteId: Buffer, packetNumber: number, plainLength: number, now: number): Buffer {
    if (now - this.#since >= REKEY_AFTER_MS || this.#sealed >= REKEY_AFTER_PACKETS) this.#goAhead(now);
    this.#sealed++;
    outgoing[0] = DatagramType.Sealed0 | (this.#generation & 1);
    for (let i = 0; i < CONNECTION_ID_BYTES; i++) outgoing[1 + i] = remoteId[i] as number;
    const high = Math.floor(packetNumber / 2 ** 32);
    outgoing.writeUInt32BE(high, PACKET_NUMBER_AT);
    outgoing.writeUInt32BE(packetNumber >>> 0, PACKET_NUMBER_AT + 4);
    nonce.writeUInt32BE(high, 4);
    nonce.writeUInt32BE(packetNumber >>> 0, 8);
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
      outgoingSealed.view(plainLength + TAG_BYTES),
      plainViews.view(plainLength),
      outgoingHeader,
      null,
      nonce,
      this.#tx,
    );
    return outgoingViews.view(plainLength + SEALED_OVERHEAD_BYTES);
  }

  /**
   * Opens a SEALED datagram into `opened` and sets `packetNumber`. Does not look at the replay window.
   * @returns the plaintext's length in bytes, or -1 when it is not authentic
   */
  open(datagram: Buffer, now: number): number {
    const length = datagram.length - SEALED_OVERHEAD_BYTES;
    if (length < 0 || datagram.length > DATAGRAM_LOOPBACK_BYTES) return -1;
    const high = datagram.readUInt32BE(PACKET_NUMBER_AT);
    if (high > HIGH_WORD_MAX) return -1;
    const low = datagram.readUInt32BE(PACKET_NUMBER_AT + 4);
    this.packetNumber = high * 2 ** 32 + low;
    nonce.writeUInt32BE(high, 4);
    nonce.writeUInt32BE(low, 8);
    // A copy with prepared views is cheaper than two fresh views of the datagram.
    datagram.copy(incoming);
    if (this.#rxPrevious !== undefined && now >= this.#previousUntil) this.#forgetPrevious();

    const phase = (incoming[0] as number) & 1;
    const known =
      phase === (this.#generation & 1) ? this.#openPresent(length, now) : this.#openOther(length, now);
    if (!known) return -1;
    this.#heard = true;
    return length;
  }

  /** Erases every key; afterwards `seal` throws and nothing opens. */
  erase(): void {
    sodium.sodium_memzero(this.#tx);
    sodium.sodium_memzero(this.#rx);
    sodium.sodium_memzero(this.#rxNext);
    // Keys without a length make sodium throw: nothing may ever be sealed under a key of zeros.
    this.#tx = NO_KEY;
    this.#rx = NO_KEY;
    this.#rxNext = NO_KEY;
    this.#forgetPrevious();
  }

  #openPresent(length: number, now: number): boolean {
    if (!decrypt(length, this.#rx)) return false;
    if (!this.#confirmed) this.#confirm(now);
    if (this.packetNumber < this.#firstNumber) this.#firstNumber = this.packetNumber;
    return true;
  }

  /** The phase bit is the other one: a late packet of the previous generation, or the first of the next. */
  #openOther(length: number, now: number): boolean {
    if (this.packetNumber < this.#firstNumber && this.#rxPrevious !== undefined) {
      if (decrypt(length, this.#rxPrevious)) return true;
      // While nothing of the present generation was opened it may be either: both sides may have gone ahead
      // by themselves, and the peer, having opened a packet of ours, once more.
      if (this.#confirmed) return false;
    }
    if (!decrypt(length, this.#rxNext)) return false;
    this.#advance(now);
    this.#confirm(now);
    this.#firstNumber = this.packetNumber;
    return true;
  }

  #goAhead(now: number): void {
    if (this.#confirmed) this.#advance(now);
  }

  #advance(now: number): void {
    this.#forgetPrevious();
    const tx = nextKey(this.#tx);
    sodium.sodium_memzero(this.#tx);
    this.#tx = tx;
    this.#rxPrevious = this.#rx;
    this.#rx = this.#rxNext;
    this.#rxNext = nextKey(this.#rx);
    this.#generation++;
    this.#since = now;
    this.#sealed = 0;
    this.#confirmed = false;
    this.#firstNumber = Number.POSITIVE_INFINITY;
  }

  /** From now on the peer seals under this generation; what it sealed before may still be on its way. */
  #confirm(now: number): void {
    this.#confirmed = true;
    this.#previousUntil = now + KEY_LINGER_MS;
  }

  #forgetPrevious(): void {
    if (this.#rxPrevious !== undefined) sodium.sodium_memzero(this.#rxPrevious);
    this.#rxPrevious = undefined;
    this.#previousUntil = Number.POSITIVE_INFINITY;
  }
}

function decrypt(length: number, key: Buffer): boolean {
  try {
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
      openedViews.view(length),
      null,
      incomingSealed.view(length + TAG_BYTES),
      incomingHeader,
      nonce,
      key,
    );
    return true;
  } catch {
    return false;
  }
}
