import { CHUNK_RECORD_MAX_BYTES, SUPPLIED_BYTES_MAX } from './constants.js';
import { ChunkFrame } from './frame.js';
import { Intervals } from './intervals.js';
import { type Linked, LinkedQueue } from './linked.js';
import type { Payload } from './payload.js';
import type { Carried } from './sent.js';

/** A piece shorter than this is not worth its header while the next packet has more room. */
const PIECE_BYTES_MIN = 128;

const NOTHING = Buffer.alloc(0);

/**
 * One record on its way, cut into pieces as packets have room. It is referenced, never copied:
 *
 *     bytes     [0 ......................................... length)
 *     waiting          [----)             [------------------)      to send, or to send again
 *     arrived   [------)          [-------)                         acknowledged
 *
 * As `Carried` its numbers are (from, to) in bytes.
 */
class Supply implements Carried, Linked<Supply> {
  readonly transfer: Transfer;
  readonly chunk: number;
  readonly length: number;
  previous: Supply | undefined;
  next: Supply | undefined;
  queued = false;
  /** Arrived or forgotten: what is still said of its packets means nothing. */
  done = false;
  readonly #supplies: Supplies;
  #record: Buffer;
  readonly #waiting = new Intervals();
  readonly #arrived = new Intervals();

  constructor(supplies: Supplies, transfer: Transfer, chunk: number, record: Buffer) {
    this.#supplies = supplies;
    this.transfer = transfer;
    this.chunk = chunk;
    this.length = record.length;
    this.#record = record;
    this.#waiting.add(0, record.length);
  }

  /** Nothing of it waits to be sent. */
  get sent(): boolean {
    return this.#waiting.count === 0;
  }

  /** Writes one piece; false when too little room is left. */
  write(payload: Payload): boolean {
    const { transfer, chunk, length } = this;
    const from = this.#waiting.from(0);
    const wanted = this.#waiting.to(0) - from;
    const fits = ChunkFrame.fits(payload.room, transfer.number, chunk, length, from, wanted);
    if (fits < Math.min(wanted, PIECE_BYTES_MIN)) return false;
    const next = ChunkFrame.encode(
      payload.bytes,
      payload.at,
      transfer.number,
      chunk,
      this.#record,
      from,
      fits,
    );
    payload.carry(next, this, from, from + fits);
    this.#waiting.advance(fits);
    return true;
  }

  acked(from: number, to: number): void {
    if (this.done) return;
    this.#arrived.add(from, to);
    if (this.#waiting.count > 0) this.#waiting.subtract(from, to);
    if (this.#arrived.covers(0, this.length)) this.#supplies.arrived(this);
    else if (this.queued && this.sent) this.#supplies.unqueue(this);
  }

  lost(from: number, to: number): void {
    if (this.done || this.#arrived.covers(from, to)) return;
    this.#waiting.add(from, to);
    this.#supplies.requeue(this);
  }

  /** Lets go of the bytes: packets in flight may remember it for long. */
  release(): void {
    this.done = true;
    this.#record = NOTHING;
  }
}

/** The records of one transfer, by chunk, and those of which something waits, in the order they are sent. */
class Transfer implements Linked<Transfer> {
  readonly number: number;
  readonly records = new Map<number, Supply>();
  readonly waiting = new LinkedQueue<Supply>();
  previous: Transfer | undefined;
  next: Transfer | undefined;
  queued = false;

  constructor(number: number) {
    this.number = number;
  }
}

/**
 * Records that the peer wants, held until it has every byte. Transfers take turns packet by packet; what was
 * lost of a transfer goes before what is new of it. Nothing is allocated per packet.
 *
 *     turns   transfer 7 ──> transfer 9 ──> ...
 *             chunk 12 (a lost piece)
 *             chunk 15, 16, 17
 */
export class Supplies {
  /** Of all records held. */
  bytes = 0;
  readonly #transfers = new Map<number, Transfer>();
  readonly #turns = new LinkedQueue<Transfer>();
  /** Arrived since the last `report`. */
  readonly #arrived: Supply[] = [];
  readonly #supplied: (transfer: number, chunk: number) => void;

  /** `supplied` is told of each record that arrived whole, when `report` is called. */
  constructor(supplied: (transfer: number, chunk: number) => void) {
    this.#supplied = supplied;
  }

  /** Something waits to be sent. */
  get waiting(): boolean {
    return this.#turns.first !== undefined;
  }

  /**
   * Takes a record of 1 to CHUNK_RECORD_MAX_BYTES; one that is held already is not taken twice.
   * @returns false when SUPPLIED_BYTES_MAX is reached
   */
  supply(number: number, chunk: number, record: Buffer): boolean {
    if (record.length < 1 || record.length > CHUNK_RECORD_MAX_BYTES) {
      throw new RangeError(`a record of ${record.length} bytes`);
    }
    const transfer = this.#transfers.get(number) ?? new Transfer(number);
    if (transfer.records.has(chunk)) return true;
    if (this.bytes + record.length > SUPPLIED_BYTES_MAX) return false;
    const supply = new Supply(this, transfer, chunk, record);
    this.#transfers.set(number, transfer);
    transfer.records.set(chunk, supply);
    this.bytes += record.length;
    transfer.waiting.append(supply);
    if (!transfer.queued) this.#turns.append(transfer);
    return true;
  }

  /** Forgets a transfer's records, sent or not. Late acks of them are harmless. */
  unsupply(number: number): void {
    const transfer = this.#transfers.get(number);
    if (transfer === undefined) return;
    this.#transfers.delete(number);
    for (const supply of transfer.records.values()) {
      this.bytes -= supply.length;
      supply.release();
    }
    transfer.records.clear();
    if (transfer.queued) this.#turns.remove(transfer);
  }

  clear(): void {
    for (const number of this.#transfers.keys()) this.unsupply(number);
    this.#arrived.length = 0;
  }

  /** Fills the packet, from one transfer as far as it has anything; the others go first next time. */
  fill(payload: Payload): void {
    for (let transfer = this.#turns.first; transfer !== undefined; transfer = this.#turns.first) {
      const before = payload.at;
      const emptied = fillFrom(transfer, payload);
      if (emptied || payload.at > before) this.#turns.remove(transfer);
      if (!emptied) {
        if (!transfer.queued) this.#turns.append(transfer);
        return;
      }
    }
  }

  /** Tells of each record that arrived whole since the last time. */
  report(): void {
    // While it is told more may be supplied, or everything forgotten, but nothing arrives.
    for (let supply = this.#arrived.shift(); supply !== undefined; supply = this.#arrived.shift()) {
      this.#supplied(supply.transfer.number, supply.chunk);
    }
  }

  /** Some of it was lost. */
  requeue(supply: Supply): void {
    const { transfer } = supply;
    if (!supply.queued) transfer.waiting.prepend(supply);
    if (!transfer.queued) this.#turns.append(transfer);
  }

  /** What waited of it arrived after all. */
  unqueue(supply: Supply): void {
    const { transfer } = supply;
    transfer.waiting.remove(supply);
    if (transfer.waiting.first === undefined && transfer.queued) this.#turns.remove(transfer);
  }

  arrived(supply: Supply): void {
    const { transfer } = supply;
    if (supply.queued) this.unqueue(supply);
    transfer.records.delete(supply.chunk);
    if (transfer.records.size === 0) this.#transfers.delete(transfer.number);
    this.bytes -= supply.length;
    supply.release();
    this.#arrived.push(supply);
  }
}

/** @returns true when nothing of the transfer waits any more */
function fillFrom(transfer: Transfer, payload: Payload): boolean {
  const queue = transfer.waiting;
  for (let supply = queue.first; supply !== undefined; supply = queue.first) {
    if (!supply.write(payload)) return false;
    if (supply.sent) queue.remove(supply);
  }
  return true;
}
