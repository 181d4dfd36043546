import { Writer } from '../../../net/bytes.js';
import { RingMessage } from '../../ring-messages.js';
import type { Clock } from '../../runtime/actor.js';
import type { OpenWire } from './open-wire.js';
import type { WireTable } from './wire-table.js';

/** How soon the ring hears how much of what it told is still held. */
const LOAD_EVERY_MS = 50;
const RTT_EVERY_MS = 2_000;

export interface LoadsOptions {
  readonly clock: Clock;
  readonly wires: WireTable;
  readonly tell: (type: number, body: Uint8Array) => void;
}

/** Tells the ring how far its wires have come: what was taken and is held, and the round trip when it changes. */
export class Loads {
  readonly #options: LoadsOptions;
  readonly #writer = new Writer(64);
  /** Wires of which something is held, or of which the ring knows too little. */
  readonly #busy = new Set<OpenWire>();
  #isDue = false;

  constructor(options: LoadsOptions) {
    this.#options = options;
    this.#sweep();
  }

  /** Something was taken. */
  note(open: OpenWire): void {
    this.#busy.add(open);
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.setTimeout(() => this.#report(), LOAD_EVERY_MS);
  }

  forget(open: OpenWire): void {
    this.#busy.delete(open);
  }

  clear(): void {
    this.#busy.clear();
  }

  #report(): void {
    this.#isDue = false;
    const busy = [...this.#busy];
    this.#busy.clear();
    for (const open of busy) {
      if (open.stale) this.#say(open);
      if (!open.idle) this.note(open);
    }
  }

  #sweep(): void {
    for (const open of this.#options.wires.all()) if (open.rttChanged) this.#say(open);
    this.#options.clock.setTimeout(() => this.#sweep(), RTT_EVERY_MS);
  }

  #say(open: OpenWire): void {
    const { wire, taken, takenBytes, rttUs } = open;
    const { outgoingMessages, outgoingBytes } = open.connection;
    const writer = this.#writer.reset().varint(wire).varint(taken).varint(takenBytes);
    writer.varint(outgoingMessages).varint(outgoingBytes).varint(rttUs);
    this.#options.tell(RingMessage.Load, writer.view());
    open.told();
  }
}
