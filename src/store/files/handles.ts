import { NatterError } from '../../chat/error.js';
import { ArrivingFile } from './arriving.js';
import type { BlobFolder } from './blob-folder.js';
import type { ChunkFile } from './chunks.js';
import { Place, type StoredFile } from './file-row.js';

/** Whole files that stay open; each takes two handles of what the process may have. */
const BLOBS_OPEN_MAX = 256;

/**
 * The files of a store that are open, each once. Anybody may read as many as there are: of the whole ones those that
 * were not used for longest are closed, and opened again when somebody asks.
 */
export class Handles {
  readonly #folder: BlobFolder;
  readonly #open = new Map<number, ChunkFile>();
  /** Those of them that are in the spool. */
  readonly #arriving = new Map<number, ArrivingFile>();
  /** Those that are whole, the last used last. */
  readonly #blobs = new Set<number>();

  constructor(folder: BlobFolder) {
    this.#folder = folder;
  }

  get numbers(): number[] {
    return [...this.#open.keys()];
  }

  get(number: number): ChunkFile | undefined {
    if (this.#blobs.delete(number)) this.#blobs.add(number);
    return this.#open.get(number);
  }

  /** Opens a file that is not open, where it is now. @throws what BlobFolder and ChunkFile throw */
  open({ number, size, place, root }: StoredFile): ChunkFile {
    const isSpooled = place === Place.Spool;
    const chunks = isSpooled ? this.#folder.openSpool(number, size) : this.#folder.openBlob(root, size);
    this.#open.set(number, chunks);
    if (isSpooled) this.#arriving.set(number, new ArrivingFile(chunks));
    else this.#addBlob(number);
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
    this.#blobs.delete(number);
  }

  #addBlob(number: number): void {
    const [oldest] = this.#blobs;
    if (this.#blobs.size >= BLOBS_OPEN_MAX && oldest !== undefined) this.close(oldest);
    this.#blobs.add(number);
  }
}
