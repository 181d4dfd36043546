import {
  DATAGRAM_BASE_BYTES,
  MESSAGE_MAX_BYTES,
  OUTGOING_BYTES_MAX,
  OUTGOING_MESSAGES_MAX,
  REASSEMBLIES_MAX,
  REASSEMBLY_BYTES_MAX,
  SEALED_OVERHEAD_BYTES,
  SEGMENT_NUMBERS_MAX,
} from './constants.js';
import { LinkedQueue } from './linked.js';
import { Message, type MessageQueue } from './message.js';
import type { Payload } from './payload.js';
import { Lane } from './types.js';

/** What the peer must be able to reassemble for talk while bulk uses everything it may. */
const TALK_REASSEMBLIES = 8;
const TALK_REASSEMBLY_BYTES = 2 * MESSAGE_MAX_BYTES;
/** A frame up to this fits into a datagram on every path. */
const WHOLE_BYTES_MAX = DATAGRAM_BASE_BYTES - SEALED_OVERHEAD_BYTES;

/**
 * Application frames held until they are acknowledged or cancelled, in three lanes. Bounded in number and
 * bytes. Segmented ones are begun only as far as the peer is bound to reassemble.
 */
export class Outgoing implements MessageQueue {
  /** Frames held. */
  messages = 0;
  /** Bytes held, less what of segmented frames has arrived. */
  bytes = 0;
  readonly #lanes = [
    new LinkedQueue<Message>(),
    new LinkedQueue<Message>(),
    new LinkedQueue<Message>(),
  ] as const;
  // A handle is slot + OUTGOING_MESSAGES_MAX * use: found without a map, and never mistaken for a later one.
  readonly #slots: (Message | undefined)[] = [];
  readonly #free: number[] = [];
  #uses = 0;
  #nextNumber = 0;
  // Segmented messages not yet arrived, oldest first; the finished are taken from the front.
  readonly #begun: Message[] = [];
  #begunUnfinished = 0;
  #begunBytes = 0;

  /** @returns a handle, or 0 when a bound is reached */
  send(type: number, body: Uint8Array, lane: Lane): number {
    if (this.messages >= OUTGOING_MESSAGES_MAX || this.bytes + body.length > OUTGOING_BYTES_MAX) return 0;
    const slot = this.#free.pop() ?? this.#slots.length;
    const message = new Message(this, slot + OUTGOING_MESSAGES_MAX * ++this.#uses, lane, type, body);
    if (message.length > MESSAGE_MAX_BYTES) {
      this.#free.push(slot);
      throw new RangeError(`a frame of ${message.length} bytes is above ${MESSAGE_MAX_BYTES}`);
    }
    this.#slots[slot] = message;
    this.messages++;
    this.bytes += message.length;
    this.#lanes[lane].append(message);
    return message.handle;
  }

  cancel(handle: number): void {
    const message = this.#slots[handle % OUTGOING_MESSAGES_MAX];
    if (message?.handle !== handle) return;
    this.#release(message);
    if (message.number < 0) {
      message.done = true;
    } else {
      this.#begunBytes -= message.length;
      message.abandon();
      return;
    }
    if (message.queued) this.#lanes[message.lane].remove(message);
  }

  /** Forgets everything. Must not be used afterwards except for late acks. */
  clear(): void {
    for (const message of this.#slots) {
      if (message === undefined) continue;
      message.done = true;
      if (message.queued) this.#lanes[message.lane].remove(message);
    }
    this.#slots.length = 0;
    this.#begun.length = 0;
    this.messages = 0;
    this.bytes = 0;
  }

  /** Something of this lane waits to be sent. */
  waitsIn(lane: Lane): boolean {
    return this.#lanes[lane].first !== undefined;
  }

  /** Fills the packet from one lane, in order. */
  fill(payload: Payload, lane: Lane): void {
    const queue = this.#lanes[lane];
    for (let message = queue.first; message !== undefined; message = queue.first) {
      if (message.number < 0 && message.length <= WHOLE_BYTES_MAX) {
        if (message.length > payload.room) return;
        message.writeWhole(payload);
      } else {
        if (message.number < 0 && !this.#begin(message)) return;
        if (!message.writeSegment(payload)) return;
        if (!message.sent) continue;
      }
      queue.remove(message);
    }
  }

  waits(message: Message): void {
    if (!message.queued) this.#lanes[message.lane].prepend(message);
  }

  released(bytes: number): void {
    this.bytes -= bytes;
  }

  finished(message: Message): void {
    if (message.queued) this.#lanes[message.lane].remove(message);
    if (this.#slots[message.handle % OUTGOING_MESSAGES_MAX] === message) this.#release(message);
    if (message.number < 0) return;
    this.#begunUnfinished--;
    this.#begunBytes -= message.length;
    while (this.#begun[0]?.done) this.#begun.shift();
  }

  /** Frees the slot and what is still held. */
  #release(message: Message): void {
    this.messages--;
    this.bytes -= message.held;
    const slot = message.handle % OUTGOING_MESSAGES_MAX;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Gives the message a number, if the peer must keep one more under reassembly. */
  #begin(message: Message): boolean {
    const talk = message.lane !== Lane.Bulk;
    const countMax = talk ? REASSEMBLIES_MAX : REASSEMBLIES_MAX - TALK_REASSEMBLIES;
    const bytesMax = talk ? REASSEMBLY_BYTES_MAX : REASSEMBLY_BYTES_MAX - TALK_REASSEMBLY_BYTES;
    if (this.#begunUnfinished >= countMax || this.#begunBytes + message.length > bytesMax) return false;
    const oldest = this.#begun[0]?.number ?? this.#nextNumber;
    if (this.#nextNumber >= oldest + SEGMENT_NUMBERS_MAX) return false;
    message.segment(this.#nextNumber++);
    this.#begun.push(message);
    this.#begunUnfinished++;
    this.#begunBytes += message.length;
    return true;
  }
}
