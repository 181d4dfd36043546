import { recordBytes } from '../../../net/file-chunks.js';
import type { ChunkFile } from '../../../store/files/chunks.js';

/** An eighth of the largest window. */
const STEP_BYTES = 512 * 1024;

/**
 * Which chunks of a file were asked for and are not here.
 *
 *     here or outstanding [0 .......... cursor)  then what is not asked for yet
 */
export class Wanted {
  /** With the bytes of their records. */
  readonly #outstanding = new Map<number, number>();
  #bytes = 0;
  #cursor = 0;

  /**
   * Asks for missing chunks in order, as far as the window goes. Not for each one that came: neighbours that are
   * asked for at once share a frame, and a packet.
   * @param ask returns false when no more can be asked for now
   * @returns whether anything was asked for
   */
  fill(file: ChunkFile, windowBytes: number, ask: (chunk: number, bytes: number) => boolean): boolean {
    if (this.#bytes > 0 && windowBytes - this.#bytes < Math.min(STEP_BYTES, windowBytes / 4)) return false;
    let asked = false;
    while (this.#bytes < windowBytes) {
      const chunk = file.missing(this.#cursor);
      if (chunk < 0) break;
      const bytes = recordBytes(file.size, chunk);
      if (!this.#outstanding.has(chunk)) {
        if (!ask(chunk, bytes)) break;
        this.#outstanding.set(chunk, bytes);
        this.#bytes += bytes;
        asked = true;
      }
      this.#cursor = chunk + 1;
    }
    return asked;
  }

  /** @returns false for one that was not asked for */
  came(chunk: number): boolean {
    const bytes = this.#outstanding.get(chunk);
    if (bytes === undefined) return false;
    this.#outstanding.delete(chunk);
    this.#bytes -= bytes;
    return true;
  }

  /** It came and was wrong: it is asked for anew. */
  again(chunk: number): void {
    this.#cursor = Math.min(this.#cursor, chunk);
  }

  clear(): void {
    this.#outstanding.clear();
    this.#bytes = 0;
    this.#cursor = 0;
  }
}
