import { NatterError } from '../chat/error.js';
import { ArrivingFile } from './arriving.js';
import type { BlobFolder } from './blob-folder.js';
import type { ChunkFile } from './chunks.js';
import { Place, type StoredFile } from './file-row.js';

/** The files of a store that are open, each once. */
export class Handles {
  readonly #folder: BlobFolder;
  readonly #open = new Map<number, ChunkFile>();
  /** Those of them that are in the spool. */
  readonly #arriving = new Map<number, ArrivingFile>();

  constructor(folder: BlobFolder) {
    this.#folder = folder;
  }

  get numbers(): number[] {
    return [...this.#open.keys()];
  }

  get(number: number): ChunkFile | undefined {
    return this.#open.get(number);
  }

  /** Opens a file that is not open, where it is now. @throws what BlobFolder and ChunkFile throw */
  open({ number, size, place, root }: StoredFile): ChunkFile {
    const isSpooled = place === Place.Spool;
    const chunks = isSpooled ? this.#folder.openSpool(number, size) : this.#folder.openBlob(root, size);
    this.#open.set(number, chunks);
    if (isSpooled) this.#arriving.set(number, new ArrivingFile(chunks));
    return chunks;
  }

  /** @throws NatterError NO_SUCH_FILE when it is not open, or not in the spool */
  arriving(number: number): ArrivingFile {
    const arriving = this.#arriving.get(number);
    if (arriving !== undefined) return arriving;
    throw new NatterError('NO_SUCH_FILE', `File ${number} is not being sent; open it first.`);
  }

  close(number: number): void {
    this.#open.get(number)?.close();
    this.#open.delete(number);
    this.#arriving.delete(number);
  }
}
