import { Malformed, Reader, Writer, writeVarint } from './bytes.js';
import {
  CHUNK_PIECES_MAX,
  CHUNK_RECORD_MAX_BYTES,
  FrameType,
  WANT_CHUNKS_MAX,
  WANTED_BYTES_MAX,
} from './constants.js';
import { ChunkFrame, WantFrame } from './frame.js';
import { Intervals } from './intervals.js';
import type { Payload } from './payload.js';
import type { Carried } from './sent.js';
import { giveSpare, takeSpare } from './spares.js';

/** Neighbours that one WANT names. As `Carried` it has no numbers: it is written whole, and once. */
class Run implements Carried {
  readonly transfer: number;
  readonly first: number;
  count = 1;
  readonly #wants: Wants;

  constructor(wants: Wants, transfer: number, first: number) {
    this.#wants = wants;
    this.transfer = transfer;
    this.first = first;
  }

  acked(): void {}

  lost(): void {
    this.#wants.lost(this);
  }
}

/** A record under assembly; it has a buffer only once something of it came. */
class Wanted {
  readonly bytes: number;
  buffer: Buffer | undefined;
  readonly arrived = new Intervals();
  /** The WANT that names it. */
  run: Run;

  constructor(bytes: number, run: Run) {
    this.bytes = bytes;
    this.run = run;
  }

  free(): void {
    if (this.buffer !== undefined) giveSpare(this.buffer);
    this.buffer = undefined;
  }
}

// One frame is written or read at a time on a thread.
const writer = new Writer(32);
const reader = new Reader();

/**
 * What is wanted of the peer, and the assembly of what comes: pieces in any order, some of them twice. Bounded
 * by what the owner wants, at most WANTED_BYTES_MAX: the peer cannot make anything be kept that was not asked
 * for. A WANT whose packet was given up names, when it is sent again, only what is wanted still: that has not all come,
 * so a peer that knows of it has it under way yet, and sends nothing twice.
 */
export class Wants {
  /** Of all records wanted and not yet complete. */
  bytes = 0;
  readonly #transfers = new Map<number, Map<number, Wanted>>();
  /** Wanted, but no WANT says so yet. */
  #runs: Run[] = [];
  readonly #deliver: (transfer: number, chunk: number, record: Buffer) => void;

  /** `deliver` gets each record once; the buffer is reused after it returns. */
  constructor(deliver: (transfer: number, chunk: number, record: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** WANTs are to be written. */
  get waiting(): boolean {
    return this.#runs.length > 0;
  }

  /** @returns false when WANTED_BYTES_MAX is reached */
  want(transfer: number, chunk: number, bytes: number): boolean {
    if (bytes < 1 || bytes > CHUNK_RECORD_MAX_BYTES) throw new RangeError(`a record of ${bytes} bytes`);
    const chunks = this.#transfers.get(transfer) ?? new Map<number, Wanted>();
    if (chunks.has(chunk)) return true;
    if (this.bytes + bytes > WANTED_BYTES_MAX) return false;
    this.#transfers.set(transfer, chunks.set(chunk, new Wanted(bytes, this.#note(transfer, chunk))));
    this.bytes += bytes;
    return true;
  }

  unwant(transfer: number): void {
    const chunks = this.#transfers.get(transfer);
    if (chunks === undefined) return;
    this.#transfers.delete(transfer);
    for (const wanted of chunks.values()) {
      this.bytes -= wanted.bytes;
      wanted.free();
    }
    this.#runs = this.#runs.filter((run) => run.transfer !== transfer);
  }

  clear(): void {
    for (const transfer of this.#transfers.keys()) this.unwant(transfer);
  }

  /** Writes WANTs for what is new; what finds no room waits for the next packet. */
  fill(payload: Payload): void {
    let written = 0;
    for (const run of this.#runs) {
      WantFrame.encode(writer.reset(), run.transfer, run.first, run.count);
      const body = writer.view();
      if (payload.room < 2 + body.length) break;
      payload.bytes[payload.at] = FrameType.Want;
      const at = writeVarint(payload.bytes, payload.at + 1, body.length);
      payload.carry(at + body.copy(payload.bytes, at), run, 0, 0);
      written++;
    }
    this.#runs.splice(0, written);
  }

  /** The packet with this WANT did not arrive, as far as is known. */
  lost(run: Run): void {
    const chunks = this.#transfers.get(run.transfer);
    if (chunks === undefined) return;
    for (let chunk = run.first; chunk < run.first + run.count; chunk++) {
      const wanted = chunks.get(chunk);
      if (wanted?.run === run) wanted.run = this.#note(run.transfer, chunk);
    }
  }

  /**
   * Takes the body of a CHUNK.
   * @returns false when it is not wanted, or not of the length that was
   * @throws Malformed
   */
  take(body: Buffer): boolean {
    const { transfer, chunk, total, offset, from, to } = ChunkFrame.decode(reader.reset(body));
    const chunks = this.#transfers.get(transfer);
    const wanted = chunks?.get(chunk);
    if (chunks === undefined || wanted === undefined || wanted.bytes !== total) return false;
    wanted.buffer ??= takeSpare();
    body.copy(wanted.buffer, offset, from, to);
    wanted.arrived.add(offset, offset + to - from);
    if (wanted.arrived.count > CHUNK_PIECES_MAX) throw new Malformed('record in too many pieces');
    if (!wanted.arrived.covers(0, total)) return true;
    // Before it is delivered: its owner may find it wrong and want it again.
    chunks.delete(chunk);
    if (chunks.size === 0) this.#transfers.delete(transfer);
    this.bytes -= total;
    const { buffer } = wanted;
    try {
      this.#deliver(transfer, chunk, total === buffer.length ? buffer : buffer.subarray(0, total));
    } finally {
      wanted.free();
    }
    return true;
  }

  /** @returns the WANT that will name it */
  #note(transfer: number, chunk: number): Run {
    const last = this.#runs.at(-1);
    if (last?.transfer === transfer && last.first + last.count === chunk && last.count < WANT_CHUNKS_MAX) {
      last.count++;
      return last;
    }
    const run = new Run(this, transfer, chunk);
    this.#runs.push(run);
    return run;
  }
}
