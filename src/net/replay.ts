import { REPLAY_WINDOW_PACKETS } from './constants.js';

const BLOCK_BITS = 32;
/** One block more than the window needs: the newest block is only partly filled. */
const BLOCKS = Math.ceil(REPLAY_WINDOW_PACKETS / BLOCK_BITS) + 1;

/**
 * Which packet numbers were received, without shifting bits (RFC 6479): a ring of blocks, of which those
 * that the window leaves behind are cleared as it moves on.
 *
 *     block number   n-254 ... n-1   n        ring index = block number mod BLOCKS
 *     bits           [32]      [32]  [..x.]   x = highest number seen
 */
export class ReplayWindow {
  readonly #blocks = new Int32Array(BLOCKS);
  #highest = -1;
  #topBlock = 0;

  /** The highest number accepted, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** True the first time a number inside or above the window comes; only ask for authenticated packets. */
  accept(packetNumber: number): boolean {
    if (packetNumber <= this.#highest - REPLAY_WINDOW_PACKETS) return false;
    const block = Math.floor(packetNumber / BLOCK_BITS);
    if (packetNumber > this.#highest) {
      this.#clearUpTo(block);
      this.#highest = packetNumber;
    }
    const at = block % BLOCKS;
    const bit = 1 << (packetNumber % BLOCK_BITS);
    const bits = this.#blocks[at] as number;
    if ((bits & bit) !== 0) return false;
    this.#blocks[at] = bits | bit;
    return true;
  }

  #clearUpTo(block: number): void {
    const fresh = Math.min(block - this.#topBlock, BLOCKS);
    for (let i = 0; i < fresh; i++) this.#blocks[(block - i) % BLOCKS] = 0;
    this.#topBlock = block;
  }
}
