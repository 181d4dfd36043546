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
  bytes = 0;
  #next = 0;
  readonly #held = new Set<number>();
  readonly #refused: number[] = [];

  /** Chunks from 0 to `chunks - 1`, all of `recordBytes` but the last, which is of half of it. */
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
    while (
      this.#next < this.chunks &&
      this.sink.connection.want(this.number, this.#next, this.bytesOf(this.#next))
    ) {
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
    this.arrived.set(chunk, (this.arrived.get(chunk) ?? 0) + 1);
    this.bytes += record.length;
    this.want();
  }

  verify(chunk: number, record: Buffer): void {
    if (!record.equals(this.record(chunk))) this.wrong++;
  }

  #supply(chunk: number): void {
    if (this.#held.has(chunk)) return;
    this.#held.add(chunk);
    if (!this.source.connection.supply(this.number, chunk, this.record(chunk))) this.#refused.push(chunk);
  }
}

/** Lets transfers run between the two ends they name, all in one direction. */
export function runTransfers(network: SimulatedNetwork, transfers: readonly SimulatedTransfer[]): void {
  const byNumber = new Map(transfers.map((transfer) => [transfer.number, transfer]));
  for (const { source, sink } of transfers) {
    source.onWanted = (number, first, count) => byNumber.get(number)?.wanted(first, count);
    source.onSupplied = (number, chunk) => {
      // Room for one is room for any of them.
      byNumber.get(number)?.suppliedOne(chunk);
    };
    sink.onChunk = (number, chunk, record) => {
      byNumber.get(number)?.verify(chunk, record);
      byNumber.get(number)?.arrivedOne(chunk, record);
    };
  }
  network.after(0, () => {
    for (const transfer of transfers) transfer.want();
  });
}
