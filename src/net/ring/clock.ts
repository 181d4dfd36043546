/**
 * Hybrid logical clocks (Kulkarni, Demirbas, Madappa, Avva, Leone: Logical Physical Clocks, 2014): wall-clock
 * milliseconds that never run behind what was heard, and a counter for what happens within one millisecond. Eight
 * bytes, 48 bits of milliseconds and 16 that count, sort as they are, also as hex.
 */
import { CLOCK_AHEAD_MAX_MS, CLOCK_BYTES, CLOCK_FOLLOWED_MAX_MS } from './constants.js';

const COUNTS = 0x10000;
const MS_BYTES = 6;

/** The milliseconds of a clock. */
export const clockMs = (clock: Buffer): number => clock.readUIntBE(0, MS_BYTES);

/** As people's lines carry it: 16 hex digits. */
export const clockText = (clock: Buffer): string => clock.toString('hex', 0, CLOCK_BYTES);

/** The first clock of a millisecond. */
export function clockAt(ms: number): Buffer {
  const clock = Buffer.alloc(CLOCK_BYTES);
  clock.writeUIntBE(ms, 0, MS_BYTES);
  return clock;
}

/** Whether a clock runs further ahead of the wall clock than anybody's may. */
export const isAhead = (clock: Buffer, wall: number): boolean => clockMs(clock) > wall + CLOCK_AHEAD_MAX_MS;

/** One's own clock. The wall clock, ms since 1970, is handed in at each call; it may go back. */
export class HybridClock {
  #ms = 0;
  #count = 0;

  /** The clock of something that happens now: later than everything said and heard. 8 bytes of its own. */
  tick(wall: number): Buffer {
    if (wall > this.#ms) this.#set(wall, 0);
    else if (this.#count + 1 < COUNTS) this.#count++;
    else this.#set(this.#ms + 1, 0);
    return this.#bytes();
  }

  /** Takes in what somebody else said. @returns false for one too far ahead to follow, which changes nothing */
  hear(clock: Buffer, wall: number): boolean {
    const ms = clockMs(clock);
    if (ms > wall + CLOCK_FOLLOWED_MAX_MS) return false;
    const count = clock.readUInt16BE(MS_BYTES);
    if (ms > this.#ms || (ms === this.#ms && count > this.#count)) this.#set(ms, count);
    return true;
  }

  #set(ms: number, count: number): void {
    this.#ms = ms;
    this.#count = count;
  }

  #bytes(): Buffer {
    const clock = clockAt(this.#ms);
    clock.writeUInt16BE(this.#count, MS_BYTES);
    return clock;
  }
}
