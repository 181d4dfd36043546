import { type Address, MailLane } from './actor.js';
import { Batch, type BatchOwner, batchCost, emptyBatch, type What, writeCredit } from './batch.js';
import { takeBuffer } from './buffers.js';
import { batchCharge, LANE_BOUNDS, type LaneBounds, Outbox } from './outbox.js';

/** What carries batches to another thread: a MessagePort, or a queue in a test. */
export interface Wire {
  /** Takes the buffer over. */
  post(buffer: ArrayBuffer): void;
  close(): void;
}

export const LinkState = {
  /** Not wired yet, or its thread is being respawned: messages wait within bounds. */
  Waiting: 'waiting',
  Up: 'up',
  /** The supervisor gave that thread up: nothing is taken any more. */
  Lost: 'lost',
} as const;
export type LinkState = (typeof LinkState)[keyof typeof LinkState];

const NONE: readonly ArrayBuffer[] = [];

/** What was handled of one wire's batches and is still to be credited. A new wire starts a new account. */
class Receipts implements BatchOwner {
  readonly #bounds: readonly [LaneBounds, LaneBounds];
  control = 0;
  data = 0;
  #spares: ArrayBuffer[] = [];

  constructor(bounds: readonly [LaneBounds, LaneBounds]) {
    this.#bounds = bounds;
  }

  handled(batch: Batch): void {
    const charge = batchCharge(batchCost(batch.buffer), this.#bounds[batch.lane].windowBytes);
    if (batch.lane === MailLane.Control) this.control += charge;
    else this.data += charge;
  }

  /** Whoever sends much and gets little has use for it: bounded by what it may have in flight. */
  spare(buffer: ArrayBuffer): void {
    this.#spares.push(buffer);
  }

  takeSpares(): readonly ArrayBuffer[] {
    if (this.#spares.length === 0) return NONE;
    const spares = this.#spares;
    this.#spares = [];
    return spares;
  }

  /** So much that the sender must not be left waiting for a batch that goes its way anyhow. */
  get due(): boolean {
    return this.control >= this.#bounds[0].windowBytes / 4 || this.data >= this.#bounds[1].windowBytes / 4;
  }

  write(buffer: ArrayBuffer): void {
    writeCredit(buffer, this.control, this.data);
    this.control = 0;
    this.data = 0;
  }
}

/**
 * Everything this thread says to one other thread: two lanes with credit each, control first. Credit travels
 * back in the header of whatever batch goes the other way, or in an empty one when a quarter of a window was
 * handled and nothing else is going. So do buffers of which there are enough here.
 */
export class Link {
  readonly thread: number;
  readonly #bounds: readonly [LaneBounds, LaneBounds];
  readonly #control: Outbox;
  readonly #data: Outbox;
  #wire: Wire | undefined;
  #state: LinkState = LinkState.Waiting;
  #receipts: Receipts;
  #sent = 0;
  readonly #post = (buffer: ArrayBuffer): void => this.#send(buffer);

  constructor(thread: number, bounds: readonly [LaneBounds, LaneBounds] = LANE_BOUNDS) {
    this.thread = thread;
    this.#bounds = bounds;
    this.#receipts = new Receipts(bounds);
    this.#control = new Outbox(MailLane.Control, bounds[0]);
    this.#data = new Outbox(MailLane.Data, bounds[1]);
  }

  get state(): LinkState {
    return this.#state;
  }

  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** Batches posted so far. */
  get batchesSent(): number {
    return this.#sent;
  }

  get queuedBytes(): number {
    return this.#control.queuedBytes + this.#data.queuedBytes;
  }

  get inFlightBytes(): number {
    return this.#control.inFlightBytes + this.#data.inFlightBytes;
  }

  /** Copies a message into its lane; false when that is full, or the thread was given up. */
  add(
    lane: MailLane,
    what: What,
    type: number,
    to: Address,
    from: Address,
    askId: number,
    askThread: number,
    sentAt: number,
    body: Uint8Array,
  ): boolean {
    if (this.#state === LinkState.Lost) return false;
    const outbox = lane === MailLane.Control ? this.#control : this.#data;
    return outbox.add(what, type, to, from, askId, askThread, sentAt, body);
  }

  /** Sends what there is credit for. Called at the end of a turn. */
  flush(): void {
    if (this.#wire === undefined) return;
    this.#control.flush(this.#post);
    this.#data.flush(this.#post);
    for (const spare of this.#receipts.takeSpares()) this.#send(emptyBatch(spare));
    if (this.#receipts.due) this.#send(emptyBatch(takeBuffer(0)));
  }

  /** Reads the credit in a batch that came in, and makes it ours to handle. */
  receive(buffer: ArrayBuffer): Batch {
    const batch = new Batch(buffer, this.#receipts);
    this.#control.credit(batch.u32[4] as number);
    this.#data.credit(batch.u32[5] as number);
    return batch;
  }

  /** The thread is there: what waited goes with the next flush. */
  attach(wire: Wire): void {
    this.#wire?.close();
    this.#wire = wire;
    this.#state = LinkState.Up;
  }

  /** The thread is gone and will come back: what was in flight is lost, what waits keeps waiting. */
  detach(): void {
    this.#wire?.close();
    this.#wire = undefined;
    if (this.#state === LinkState.Up) this.#state = LinkState.Waiting;
    this.#control.forgetInFlight();
    this.#data.forgetInFlight();
    this.#receipts = new Receipts(this.#bounds);
  }

  /** The thread will not come back. Returns what still waited. */
  lose(): Batch[] {
    this.detach();
    this.#state = LinkState.Lost;
    return [...this.#control.takeAll(), ...this.#data.takeAll()].map((buffer) => new Batch(buffer));
  }

  #send(buffer: ArrayBuffer): void {
    this.#receipts.write(buffer);
    this.#sent++;
    this.#wire?.post(buffer);
  }
}
