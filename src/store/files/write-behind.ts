import { closeSync, fdatasync } from 'node:fs';

/**
 * Written and not on its way to the disk. Whoever makes something durable waits for what the disk has to do before:
 * at 300 MB/s this is three milliseconds, and a gigabyte that is left to the end of its file three seconds.
 */
const DIRTY_MAX_BYTES = 1024 * 1024;

type Fdatasync = (handle: number, done: (error: Error | null) => void) => void;

/**
 * An open file that is sent to the disk while it is being written, and not all at its end. The flushing is done by
 * the thread pool, one at a time.
 *
 *     written   [--------------------------------------)
 *     flushed   [------------)[...........)                the second is under way, the rest follows it
 */
export class WriteBehind {
  readonly handle: number;
  readonly #fdatasync: Fdatasync;
  #dirtyBytes = 0;
  #flushing: Promise<void> | undefined;
  #fault: unknown;

  /** @param handle of a file that is open for writing; closed by `close` */
  constructor(handle: number, flush: Fdatasync = fdatasync) {
    this.handle = handle;
    this.#fdatasync = flush;
  }

  /** So many bytes were written. @throws what the file system refused a flush with, once, as it does itself */
  wrote(bytes: number): void {
    this.#throwFault();
    this.#dirtyBytes += bytes;
    if (this.#dirtyBytes >= DIRTY_MAX_BYTES && this.#flushing === undefined) this.#flush();
  }

  /** Resolves when everything written before is on the disk. @throws as `wrote` */
  async sync(): Promise<void> {
    await this.#flushing;
    this.#flush();
    await this.#flushing;
    this.#throwFault();
  }

  /** Closes the file, at once or when what is being flushed is on the disk. */
  close(): void {
    if (this.#flushing === undefined) closeSync(this.handle);
    else void this.#flushing.then(() => closeSync(this.handle));
  }

  #throwFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  #flush(): void {
    this.#dirtyBytes = 0;
    this.#flushing = new Promise((resolve) => {
      this.#fdatasync(this.handle, (error) => {
        this.#flushing = undefined;
        this.#fault ??= error ?? undefined;
        resolve();
      });
    });
  }
}
