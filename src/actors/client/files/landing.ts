import { CHUNK_RECORD_MAX_BYTES } from '../../../net/constants.js';

/**
 * To verify and write one takes a third of a millisecond. A socket hands over up to 32 datagrams, which may bring as
 * many records, before anything else has its turn: what people say would wait behind all of them.
 */
const RECORDS_PER_TURN = 2;

interface Landed {
  readonly file: number;
  readonly chunk: number;
  /** Of CHUNK_RECORD_MAX_BYTES. */
  readonly buffer: Buffer;
  readonly bytes: number;
}

/**
 * Records that have come, until they are taken in, a few each turn. How many there can be is bounded by those who
 * want them: none counts as here before it was taken.
 */
export class Landing {
  readonly #turnEnd: (run: () => void) => void;
  readonly #take: (file: number, chunk: number, record: Buffer) => void;
  #queue: Landed[] = [];
  /** Buffers that go round while records come. */
  #spare: Buffer[] = [];
  #due = false;

  /** @param take is given each record once; it is used again afterwards */
  constructor(
    turnEnd: (run: () => void) => void,
    take: (file: number, chunk: number, record: Buffer) => void,
  ) {
    this.#turnEnd = turnEnd;
    this.#take = take;
  }

  /** A record has come; a view. */
  add(file: number, chunk: number, record: Buffer): void {
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES);
    buffer.set(record);
    this.#queue.push({ file, chunk, buffer, bytes: record.length });
    this.#schedule();
  }

  /** That file is not taken any more. */
  forget(file: number): void {
    this.#queue = this.#queue.filter((landed) => landed.file !== file);
  }

  /** Nothing is taken any more. */
  clear(): void {
    this.#queue = [];
    this.#spare = [];
  }

  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    this.#turnEnd(() => this.#turn());
  }

  #turn(): void {
    this.#due = false;
    for (let left = RECORDS_PER_TURN; left > 0; left--) {
      const landed = this.#queue.shift();
      if (landed === undefined) return;
      const { file, chunk, buffer, bytes } = landed;
      this.#take(file, chunk, buffer.subarray(0, bytes));
      this.#spare.push(buffer);
    }
    if (this.#queue.length > 0) this.#schedule();
  }
}
