import { varintBytes, writeVarint } from './bytes.js';
import { DATAGRAM_BASE_BYTES, LATEST_SLOTS_MAX, SEALED_OVERHEAD_BYTES } from './constants.js';
import type { Payload } from './payload.js';
import type { Carried } from './sent.js';

const FRAME_BYTES_MAX = DATAGRAM_BASE_BYTES - SEALED_OVERHEAD_BYTES;

/** As `Carried` its numbers are (version, unused). */
class Slot implements Carried {
  readonly key: string;
  frame: Buffer;
  version = 0;
  readonly #latest: Latest;

  constructor(latest: Latest, key: string, frame: Buffer) {
    this.#latest = latest;
    this.key = key;
    this.frame = frame;
  }

  acked(version: number): void {
    if (version === this.version) this.#latest.arrived(this);
  }

  lost(version: number): void {
    // A newer value is under way or waits.
    if (version === this.version) this.#latest.wanted(this);
  }
}

/** Frames of which only the newest per key matters: who types, who is here. At most LATEST_SLOTS_MAX keys. */
export class Latest {
  readonly #slots = new Map<string, Slot>();
  // In the order in which they are sent.
  readonly #waiting = new Set<Slot>();

  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  get slots(): number {
    return this.#slots.size;
  }

  /** Replaces what waits under the same key. Copies `body`; a frame that needs segments is a RangeError. */
  put(key: string, type: number, body: Uint8Array): void {
    const head = 1 + varintBytes(body.length);
    if (head + body.length > FRAME_BYTES_MAX)
      throw new RangeError(`a newest-wins frame of ${body.length} bytes`);
    const frame = Buffer.allocUnsafe(head + body.length);
    frame[0] = type;
    writeVarint(frame, 1, body.length);
    frame.set(body, head);

    let slot = this.#slots.get(key);
    if (slot === undefined) {
      if (this.#slots.size >= LATEST_SLOTS_MAX) this.#dropOldest();
      slot = new Slot(this, key, frame);
      this.#slots.set(key, slot);
    } else {
      slot.frame = frame;
      slot.version++;
    }
    this.#waiting.add(slot);
  }

  clear(): void {
    this.#slots.clear();
    this.#waiting.clear();
  }

  fill(payload: Payload): void {
    for (const slot of this.#waiting) {
      if (slot.frame.length > payload.room) return;
      const next = payload.at + slot.frame.copy(payload.bytes, payload.at);
      payload.carry(next, slot, slot.version, 0);
      this.#waiting.delete(slot);
    }
  }

  arrived(slot: Slot): void {
    this.#waiting.delete(slot);
    if (this.#slots.get(slot.key) === slot) this.#slots.delete(slot.key);
  }

  wanted(slot: Slot): void {
    // Unless it was dropped or arrived meanwhile.
    if (this.#slots.get(slot.key) === slot) this.#waiting.add(slot);
  }

  #dropOldest(): void {
    for (const slot of this.#slots.values()) {
      this.#slots.delete(slot.key);
      this.#waiting.delete(slot);
      return;
    }
  }
}
