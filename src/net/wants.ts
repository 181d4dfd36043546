import { Malformed, Reader, Writer } from './bytes.js';
import {
  CHUNK_PIECES_MAX,
  CHUNK_RECORD_MAX_BYTES,
  FrameType,
  WANT_CHUNKS_MAX,
  WANTED_BYTES_MAX,
} from './constants.js';
import { ChunkFrame, WantFrame } from './frame.js';
import { Intervals } from './intervals.js';
import type { Outgoing } from './outgoing.js';
import { giveSpare, takeSpare } from './spares.js';
import { Lane } from './types.js';

/** Neighbours that one WANT will name. */
interface Run {
  readonly transfer: number;
  readonly first: number;
  count: number;
}

/** A record under assembly; it has a buffer only once something of it came. */
class Wanted {
  readonly bytes: number;
  buffer: Buffer | undefined;
  readonly arrived = new Intervals();

  constructor(bytes: number) {
    this.bytes = bytes;
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
 * for.
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
    this.#transfers.set(transfer, chunks.set(chunk, new Wanted(bytes)));
    this.bytes += bytes;
    this.#note(transfer, chunk);
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

  /** Queues WANTs for what is new; what finds no room waits for the next time. */
  ask(outgoing: Outgoing): void {
    let asked = 0;
    for (const { transfer, first, count } of this.#runs) {
      WantFrame.encode(writer.reset(), transfer, first, count);
      if (outgoing.send(FrameType.Want, writer.view(), Lane.Control) === 0) break;
      asked++;
    }
    this.#runs.splice(0, asked);
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

  #note(transfer: number, chunk: number): void {
    const run = this.#runs.at(-1);
    const neighbour = run?.transfer === transfer && run.first + run.count === chunk;
    if (neighbour && run.count < WANT_CHUNKS_MAX) run.count++;
    else this.#runs.push({ transfer, first: chunk, count: 1 });
  }
}
