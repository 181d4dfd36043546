import { NatterError } from '../../chat/error.js';
import { FILE_BYTES_MAX } from '../../net/constants.js';
import type { BlobFolder } from './blob-folder.js';
import type { FileIndex } from './file-index.js';
import type { NewFile } from './file-row.js';

/** Files of one account that are here or being sent, however small: each is a row. */
const FILES_PER_ACCOUNT_MAX = 5_000;
const MIB = 2 ** 20;

export interface AllowanceLimits {
  readonly fileBytesMax: number;
  readonly fileBytesPerAccount: number;
  readonly fileBytesAltogether: number;
  readonly diskFreeBytes: number;
}

/** Is there room for one more file: by its size, its owner's place, everybody's place, and the disk. */
export class Allowance {
  readonly #index: FileIndex;
  readonly #folder: BlobFolder;
  readonly #limits: AllowanceLimits;

  constructor(index: FileIndex, folder: BlobFolder, limits: AllowanceLimits) {
    this.#index = index;
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Less is left on the disk than must be kept free. */
  get crowded(): boolean {
    return this.#folder.freeBytes < this.#limits.diskFreeBytes;
  }

  /** @throws NatterError FILE_TOO_LARGE, QUOTA_EXCEEDED, DISK_FULL */
  check({ account, size }: NewFile): void {
    const { fileBytesMax, fileBytesPerAccount, fileBytesAltogether, diskFreeBytes } = this.#limits;
    const largest = Math.min(fileBytesMax, FILE_BYTES_MAX);
    if (size > largest)
      throw new NatterError(
        'FILE_TOO_LARGE',
        `This server takes files of at most ${mebibytes(largest)}; send a smaller one, or send it in parts.`,
      );
    const { files, bytes } = this.#index.usage(account);
    if (bytes + size > fileBytesPerAccount)
      throw new NatterError(
        'QUOTA_EXCEEDED',
        `Your files on this server may take ${mebibytes(fileBytesPerAccount)} and take ${mebibytes(bytes)} already; withdraw some of them, or send a smaller one.`,
      );
    if (files >= FILES_PER_ACCOUNT_MAX)
      throw new NatterError(
        'QUOTA_EXCEEDED',
        `You have ${files} files on this server, which is as many as it takes; withdraw some of them.`,
      );
    if (this.#index.bytes + size > fileBytesAltogether)
      throw new NatterError(
        'QUOTA_EXCEEDED',
        'All files together have no more room on this server; send a smaller one, or try again later.',
      );
    if (size > 0 && this.#folder.freeBytes - size < diskFreeBytes)
      throw new NatterError(
        'DISK_FULL',
        'The disk of the server has no room for this file; send a smaller one, or tell whoever runs the server.',
      );
  }
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;
