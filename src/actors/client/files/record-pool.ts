import { CHUNK_RECORD_MAX_BYTES, SUPPLIED_BYTES_MAX } from '../../../net/constants.js';

/** Records that a connection holds for all uploads together. */
const RECORDS_MAX = Math.floor(SUPPLIED_BYTES_MAX / CHUNK_RECORD_MAX_BYTES);

/** One upload's part of the records. */
export interface Share {
  /** Records it has. */
  held: number;
  /** There is room again. */
  room(): void;
}

/**
 * The buffers that records of all uploads travel in, a fixed number of them, which go round. Each upload has its
 * equal share at most, so that none waits for ever behind another.
 */
export class RecordPool {
  readonly #spare: Buffer[] = [];
  readonly #shares = new Set<Share>();
  #taken = 0;

  open(share: Share): void {
    this.#shares.add(share);
  }

  /** Whatever it held was given back. */
  close(share: Share): void {
    this.#shares.delete(share);
  }

  /** @returns at most `count` buffers of CHUNK_RECORD_MAX_BYTES; none when there is no room now: then `room` is called */
  take(share: Share, count: number): Buffer[] {
    const fair = Math.max(1, Math.floor(RECORDS_MAX / Math.max(1, this.#shares.size)));
    const records: Buffer[] = [];
    while (records.length < count && share.held < fair && this.#taken < RECORDS_MAX) {
      records.push(this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES));
      share.held++;
      this.#taken++;
    }
    return records;
  }

  giveBack(share: Share, records: Iterable<Buffer>): void {
    for (const record of records) {
      this.#spare.push(record);
      share.held--;
      this.#taken--;
    }
    // Nobody sends: nothing is kept for it.
    if (this.#taken === 0 && this.#shares.size === 0) this.#spare.length = 0;
    for (const each of this.#shares) each.room();
  }
}
