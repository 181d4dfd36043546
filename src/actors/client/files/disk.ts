import type { DownloadFolder } from '../../../store/download-folder.js';
import type { ChunkFile } from '../../../store/files/chunks.js';
import type { FileLock } from '../../../store/lock.js';
import type { TransferRecord, TransferStore } from '../../../store/transfers.js';

/** Tells whether a file is still the one it was: any writing or replacing changes it. */
export interface FileStamp {
  readonly size: number;
  /** Nanoseconds since 1970, and the inode: more than a number holds. */
  readonly modified: string;
  readonly inode: string;
}

/** A regular file, open for reading. */
export interface OpenFile {
  readonly stamp: FileStamp;
  /** Fills the targets one after the other. @returns bytes read: fewer at the end of the file */
  read(targets: readonly Buffer[], position: number): Promise<number>;
  /** Never fails. */
  close(): Promise<void>;
}

/** What transfers need of the disk. */
export interface Disk {
  /** @throws NatterError FILE_MISSING, FILE_UNREADABLE (a folder, a device, no permission) */
  open(path: string): Promise<OpenFile>;
  /** @throws NatterError FILE_MISSING, FILE_UNREADABLE */
  stamp(path: string): Promise<FileStamp>;
  /** A folder for received files; the person's downloads folder without a name. @throws NatterError when it is of no use */
  downloads(into: string | undefined): Pick<DownloadFolder, 'partial' | 'place' | 'freeBytes'>;
  create(path: string, size: number): ChunkFile;
  reopen(path: string, size: number): ChunkFile;
  /** Takes away a partial file, whatever of it is there. */
  clear(path: string): void;
  /** What is remembered of an account's transfers. */
  records(server: string, user: string): Records;
}

export type Records = Pick<TransferStore, 'list' | 'read' | 'save' | 'remove' | 'trusted' | 'trust'> & {
  lock(record: TransferRecord): FileLock | undefined;
};
