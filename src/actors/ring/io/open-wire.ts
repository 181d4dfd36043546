import { Bucket } from '../../../net/bucket.js';
import { INITIAL_RTT_MS } from '../../../net/constants.js';
import type { Connection } from '../../../net/types.js';

/** What one connection may say: far above what a friendly peer has to say, little enough not to fill a mailbox. */
const FRAMES_PER_S = 2_000;
const FRAMES_BURST = 4_000;
/** A frame counts once more for every so many bytes of it. */
const FRAME_BYTES = 4_096;
/** A round trip that changed less is not worth a message. */
const RTT_CHANGE = 0.1;

/** What the wire actor keeps of a connection. */
export class OpenWire {
  readonly connection: Connection;
  readonly wire: number;
  /** Frames and their bytes that the ring told to send, since the wire was opened. */
  taken = 0;
  takenBytes = 0;
  readonly #frames: Bucket;
  #toldTaken = 0;
  #toldHeld = 0;
  #toldRttMs: number;

  constructor(connection: Connection, wire: number, now: number) {
    this.connection = connection;
    this.wire = wire;
    this.#frames = new Bucket(FRAMES_PER_S, FRAMES_BURST, now);
    this.#toldRttMs = connection.rttMs;
  }

  /** Smoothed round trip in whole microseconds; 0 before it was measured. */
  get rttUs(): number {
    const { rttMs } = this.connection;
    return rttMs === INITIAL_RTT_MS ? 0 : Math.max(1, Math.round(rttMs * 1000));
  }

  /** @returns false when it says too much */
  hears(bytes: number, now: number): boolean {
    for (let cost = 1 + Math.floor(bytes / FRAME_BYTES); cost > 0; cost--)
      if (this.#frames.take(now) > 0) return false;
    return true;
  }

  /** Everything the ring told was sent and has arrived, and the ring knows. */
  get idle(): boolean {
    return this.connection.outgoingMessages === 0 && !this.stale;
  }

  /** The ring does not know yet how much was taken, or what is held of it. */
  get stale(): boolean {
    return this.taken !== this.#toldTaken || this.connection.outgoingMessages !== this.#toldHeld;
  }

  get rttChanged(): boolean {
    const { rttMs } = this.connection;
    return Math.abs(rttMs - this.#toldRttMs) > Math.max(1, this.#toldRttMs * RTT_CHANGE);
  }

  /** The ring is told now. */
  told(): void {
    this.#toldTaken = this.taken;
    this.#toldHeld = this.connection.outgoingMessages;
    this.#toldRttMs = this.connection.rttMs;
  }
}
