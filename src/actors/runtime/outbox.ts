import type { Address, MailLane } from './actor.js';
import { BatchWriter, batchCost, envelopeBytes, What } from './batch.js';
import { BATCH_MAX_BYTES } from './buffers.js';

/** Bounds of one lane of one link, in bytes. */
export interface LaneBounds {
  /** Sent and not yet handled by the receiver. */
  readonly windowBytes: number;
  /** Waiting here for credit, or for a thread that is being respawned. */
  readonly queueBytes: number;
}

export const LANE_BOUNDS: readonly [LaneBounds, LaneBounds] = [
  { windowBytes: 512 * 1024, queueBytes: 1024 * 1024 },
  { windowBytes: 1024 * 1024, queueBytes: 4 * 1024 * 1024 },
];

/** What a batch takes of the window. Capped, so that one that costs more than the window can still be sent alone. */
export function batchCharge(cost: number, windowBytes: number): number {
  return Math.min(cost, windowBytes / 2);
}

/**
 * One lane of a link, on the sending side. A MessagePort has no backpressure of its own, so the sender may
 * have only `windowBytes` unhandled at the receiver; what is beyond that waits here, up to `queueBytes`.
 *
 *   add ->  [ open batch ]  -> closed, closed, ... -> flush -> in flight (window) -> credited
 *           '-------- queueBytes --------------'
 */
export class Outbox {
  readonly #bounds: LaneBounds;
  readonly #open: BatchWriter;
  #closed: ArrayBuffer[] = [];
  #closedBytes = 0;
  #inFlight = 0;

  constructor(lane: MailLane, bounds: LaneBounds) {
    this.#bounds = bounds;
    this.#open = new BatchWriter(lane);
  }

  /** Bytes that wait here. */
  get queuedBytes(): number {
    return this.#closedBytes + (this.#open.count > 0 ? this.#open.bytes : 0);
  }

  /** Bytes charged and not yet credited. */
  get inFlightBytes(): number {
    return this.#inFlight;
  }

  /**
   * Copies a message in; false when it is full. Answers are always taken: each was asked for, and the number
   * of asks is bounded where they begin.
   */
  add(
    what: What,
    type: number,
    to: Address,
    from: Address,
    askId: number,
    askThread: number,
    sentAt: number,
    body: Uint8Array,
  ): boolean {
    const bytes = envelopeBytes(body.length);
    if (what !== What.Reply && what !== What.Refusal) {
      // An empty outbox takes whatever one message may be.
      const queued = this.queuedBytes;
      if (queued > 0 && queued + bytes > this.#bounds.queueBytes) return false;
    }
    if (this.#open.count > 0 && this.#open.bytes + bytes > BATCH_MAX_BYTES) this.#close();
    this.#open.add(what, type, to, from, askId, askThread, sentAt, body);
    return true;
  }

  /** Gives `post` every batch there is credit for, oldest first. */
  flush(post: (buffer: ArrayBuffer) => void): void {
    if (this.#closed.length > 0) {
      let sent = 0;
      for (const buffer of this.#closed) {
        if (!this.#spend(batchCost(buffer))) break;
        this.#closedBytes -= buffer.byteLength;
        sent++;
        post(buffer);
      }
      if (sent > 0) this.#closed = this.#closed.slice(sent);
      if (this.#closed.length > 0) return;
    }
    if (this.#open.count > 0 && this.#spend(this.#open.cost)) post(this.#open.take());
  }

  /** The receiver has handled this much. */
  credit(bytes: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
  }

  /** The receiver is gone: what was in flight is lost, what waits here keeps waiting. */
  forgetInFlight(): void {
    this.#inFlight = 0;
  }

  /** Everything that waits, and nothing waits any more. */
  takeAll(): ArrayBuffer[] {
    if (this.#open.count > 0) this.#close();
    const all = this.#closed;
    this.#closed = [];
    this.#closedBytes = 0;
    return all;
  }

  #close(): void {
    const buffer = this.#open.take();
    this.#closedBytes += buffer.byteLength;
    this.#closed.push(buffer);
  }

  #spend(cost: number): boolean {
    const charge = batchCharge(cost, this.#bounds.windowBytes);
    if (this.#inFlight > 0 && this.#inFlight + charge > this.#bounds.windowBytes) return false;
    this.#inFlight += charge;
    return true;
  }
}
