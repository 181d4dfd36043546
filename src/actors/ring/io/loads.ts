import { Writer } from '../../../net/bytes.js';
import { RingMessage } from '../../messages.js';
import type { Clock } from '../../runtime/actor.js';
import type { Line } from './line.js';
import type { Lines } from './lines.js';

/** How soon the ring hears how much of what it told is still held. */
const LOAD_EVERY_MS = 50;
const RTT_EVERY_MS = 2_000;

export interface LoadsOptions {
  readonly clock: Clock;
  readonly lines: Lines;
  readonly tell: (type: number, body: Uint8Array) => void;
}

/** Tells the ring how far its wires have come: what was taken and is held, and the round trip when it changes. */
export class Loads {
  readonly #options: LoadsOptions;
  readonly #writer = new Writer(64);
  /** Wires of which something is held, or of which the ring knows too little. */
  readonly #busy = new Set<Line>();
  #isDue = false;

  constructor(options: LoadsOptions) {
    this.#options = options;
    this.#sweep();
  }

  /** Something was taken. */
  note(line: Line): void {
    this.#busy.add(line);
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.setTimeout(() => this.#report(), LOAD_EVERY_MS);
  }

  forget(line: Line): void {
    this.#busy.delete(line);
  }

  clear(): void {
    this.#busy.clear();
  }

  #report(): void {
    this.#isDue = false;
    const busy = [...this.#busy];
    this.#busy.clear();
    for (const line of busy) {
      if (line.stale) this.#say(line);
      if (!line.idle) this.note(line);
    }
  }

  #sweep(): void {
    for (const line of this.#options.lines.all()) if (line.rttChanged) this.#say(line);
    this.#options.clock.setTimeout(() => this.#sweep(), RTT_EVERY_MS);
  }

  #say(line: Line): void {
    const { wire, taken, takenBytes, rttUs } = line;
    const { outgoingMessages, outgoingBytes } = line.connection;
    const writer = this.#writer.reset().varint(wire).varint(taken).varint(takenBytes);
    writer.varint(outgoingMessages).varint(outgoingBytes).varint(rttUs);
    this.#options.tell(RingMessage.Load, writer.view());
    line.told();
  }
}
