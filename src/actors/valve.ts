/** Told and not yet marked beyond which the valve is shut: well below what waits for a thread (docs/ACTORS.md). */
const OPEN_BYTES = 2 * 1024 * 1024;
/** Between two marks. */
const MARK_EVERY_BYTES = 256 * 1024;

interface Mark {
  readonly number: number;
  readonly bytes: number;
}

/**
 * Keeps whoever tells much from telling more than the other thread takes in: what does not fit into a mailbox or in
 * front of it would be lost. Among the messages a mark is told now and then; the other end tells it back.
 *
 *   tell, tell, tell, MARK 1, tell, tell, MARK 2, tell ...            bytes since the last mark that came back
 *   <------------------ MARK 1 ------------------                     decide whether it is open
 */
export class Valve {
  readonly #mark: (number: number) => void;
  #marks: Mark[] = [];
  #last = 0;
  #unmarked = 0;
  #passed = 0;

  /** @param mark tells a mark to the other end */
  constructor(mark: (number: number) => void) {
    this.#mark = mark;
  }

  get open(): boolean {
    return this.#passed < OPEN_BYTES;
  }

  /** So many bytes were told. */
  pass(bytes: number): void {
    this.#passed += bytes;
    this.#unmarked += bytes;
    if (this.#unmarked < MARK_EVERY_BYTES) return;
    this.#marks.push({ number: ++this.#last, bytes: this.#unmarked });
    this.#unmarked = 0;
    this.#mark(this.#last);
  }

  /** A mark came back: everything told before it was taken in. One of another life is not known here. */
  marked(number: number): void {
    if (number > this.#last) return;
    while (this.#marks.length > 0 && (this.#marks[0]?.number ?? 0) <= number)
      this.#passed -= this.#marks.shift()?.bytes ?? 0;
  }

  /** The other end has begun a new life: what was told before is gone. Marks go on counting, so none is mistaken. */
  reset(): void {
    this.#marks = [];
    this.#unmarked = 0;
    this.#passed = 0;
  }
}
