/**
 * Whether the disk takes writes. After a failed commit the store is read-only and finds out by itself when
 * that is over: it tries a small transaction on a timer that backs off.
 */
import { NatterError } from '../chat/error.js';
import { type Fault, faultOf } from './faults.js';

const PROBE_FIRST_MS = 250;
const PROBE_MAX_MS = 5_000;

/** What a probe needs of a clock. */
export interface ProbeTimers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

export class Writable {
  readonly #path: string;
  readonly #timers: ProbeTimers;
  readonly #probe: () => void;
  readonly #turned: (fault: Fault | undefined) => void;
  #fault: Fault | undefined;
  #delay = PROBE_FIRST_MS;
  #timer: unknown;

  /**
   * @param probe writes something small durably, or throws
   * @param turned is told when writing becomes impossible, and when it is possible again
   */
  constructor(
    path: string,
    timers: ProbeTimers,
    probe: () => void,
    turned: (fault: Fault | undefined) => void,
  ) {
    this.#path = path;
    this.#timers = timers;
    this.#probe = probe;
    this.#turned = turned;
  }

  /** Why nothing can be written now. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** A commit failed. @returns what those are told who waited for it. */
  failed(error: unknown): NatterError {
    const fault = faultOf(error, this.#path);
    const before = this.#fault;
    this.#fault = fault;
    if (before === undefined) this.#turned(fault);
    if (fault.lasting) this.stop();
    else if (before === undefined) {
      this.#delay = PROBE_FIRST_MS;
      this.#schedule();
    }
    return new NatterError(fault.code, fault.message, { path: this.#path }, error);
  }

  /** What those are told who come while nothing can be written. */
  refusal(fault: Fault): NatterError {
    const code = fault.code === 'DATA_CORRUPT' ? fault.code : 'READ_ONLY';
    return new NatterError(code, fault.message, { path: this.#path });
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = undefined;
      this.#try();
    }, this.#delay);
  }

  #try(): void {
    try {
      this.#probe();
      this.#fault = undefined;
      this.#turned(undefined);
    } catch (error) {
      this.#fault = faultOf(error, this.#path);
      if (this.#fault.lasting) return;
      this.#delay = Math.min(this.#delay * 2, PROBE_MAX_MS);
      this.#schedule();
    }
  }
}
