import { CHUNK_RECORD_MAX_BYTES } from '../../src/net/constants.js';
import type { SimulatedNetwork } from './link.js';
import type { End } from './pair.js';

/**
 * One file on its way between two ends as their owners would move it: the sink wants as much as it may, the
 * source supplies each record once, and again what it had no room for as soon as it has.
 */
export class SimulatedTransfer {
  /** By chunk, how often it arrived and was supplied. */
  readonly arrived = new Map<number, number>();
  readonly supplied = new Map<number, number>();
  /** Arrived records that were not what they should be. */
  wrong = 0;
  /** Of records that arrived. */
  bytes = 0;
  /** Wants no more bytes than this at a time. */
  share = Number.POSITIVE_INFINITY;
  #outstanding = 0;
  #next = 0;
  readonly #held = new Set<number>();
  readonly #refused: number[] = [];

  /** Has chunks from 0 to `chunks - 1`, all of `recordBytes` but the last, which is of half of it. */
  constructor(
    readonly source: End,
    readonly sink: End,
    readonly number: number,
    readonly chunks: number,
    readonly recordBytes = CHUNK_RECORD_MAX_BYTES,
  ) {}

  get done(): boolean {
    return this.arrived.size === this.chunks;
  }

  bytesOf(chunk: number): number {
    return chunk === this.chunks - 1 ? Math.ceil(this.recordBytes / 2) : this.recordBytes;
  }

  /** Different for every chunk, and within it at every place where packets are cut. */
  record(chunk: number): Buffer {
    const record = Buffer.alloc(this.bytesOf(chunk), `${this.number}/${chunk};`);
    for (let at = 0; at + 4 <= record.length; at += 97) record.writeUInt32BE(at, at);
    return record;
  }

  /** Asks for what there is room for. */
  want(): void {
    while (this.#next < this.chunks && this.#outstanding < this.share) {
      const bytes = this.bytesOf(this.#next);
      if (!this.sink.connection.want(this.number, this.#next, bytes)) return;
      this.#outstanding += bytes;
      this.#next++;
    }
  }

  wanted(first: number, count: number): void {
    for (let chunk = first; chunk < first + count; chunk++) this.#supply(chunk);
  }

  suppliedOne(chunk: number): void {
    this.supplied.set(chunk, (this.supplied.get(chunk) ?? 0) + 1);
    for (const refused of this.#refused.splice(0)) {
      this.#held.delete(refused);
      this.#supply(refused);
    }
  }

  arrivedOne(chunk: number, record: Buffer): void {
    if (!record.equals(this.record(chunk))) this.wrong++;
    this.arrived.set(chunk, (this.arrived.get(chunk) ?? 0) + 1);
    this.bytes += record.length;
    this.#outstanding -= record.length;
    this.want();
  }

  #supply(chunk: number): void {
    if (this.#held.has(chunk)) return;
    this.#held.add(chunk);
    if (!this.source.connection.supply(this.number, chunk, this.record(chunk))) this.#refused.push(chunk);
  }
}

/** Lets transfers run between the two ends they name, all in one direction, each `apartMs` after the one before. */
export function runTransfers(
  network: SimulatedNetwork,
  transfers: readonly SimulatedTransfer[],
  apartMs = 0,
): void {
  const byNumber = new Map(transfers.map((transfer) => [transfer.number, transfer]));
  for (const { source, sink } of transfers) {
    source.onWanted = (number, first, count) => byNumber.get(number)?.wanted(first, count);
    source.onSupplied = (number, chunk) => byNumber.get(number)?.suppliedOne(chunk);
    sink.onChunk = (number, chunk, record) => byNumber.get(number)?.arrivedOne(chunk, record);
  }
  transfers.forEach((transfer, i) => {
    network.after(i * apartMs, () => transfer.want());
  });
}
