import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { NatterError } from '../../../chat/error.js';
import { DownloadFolder, defaultDownloads } from '../../../store/download-folder.js';
import { removeChunks } from '../../../store/files/chunk-pair.js';
import { ChunkFile } from '../../../store/files/chunks.js';
import { TransferStore } from '../../../store/transfers.js';
import type { Disk, FileStamp, OpenFile } from './disk.js';

/** A pipe without a writer would hold up its opening for ever. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The disk as it is. */
export class SystemDisk implements Disk {
  readonly #folder: string;
  readonly #downloads = new Map<string, DownloadFolder>();

  /** @param folder the client's part of the data folder */
  constructor(folder: string) {
    this.#folder = folder;
  }

  create = ChunkFile.create;
  reopen = ChunkFile.reopen;
  clear = removeChunks;

  async open(path: string): Promise<OpenFile> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, FLAGS);
      return new SystemFile(file, stampOf(path, await file.stat({ bigint: true })));
    } catch (error) {
      await file?.close();
      throw unreadable(path, error);
    }
  }

  async stamp(path: string): Promise<FileStamp> {
    try {
      return stampOf(path, await stat(path, { bigint: true }));
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  downloads(into = defaultDownloads()): DownloadFolder {
    const known = this.#downloads.get(into);
    if (known !== undefined) return known;
    const downloads = new DownloadFolder(into);
    this.#downloads.set(into, downloads);
    return downloads;
  }

  records(server: string, user: string): TransferStore {
    return new TransferStore(this.#folder, server, user);
  }
}

class SystemFile implements OpenFile {
  readonly stamp: FileStamp;
  readonly #file: FileHandle;

  constructor(file: FileHandle, stamp: FileStamp) {
    this.#file = file;
    this.stamp = stamp;
  }

  async read(targets: readonly Buffer[], position: number): Promise<number> {
    const wanted = targets.reduce((sum, { length }) => sum + length, 0);
    const { bytesRead } = await this.#file.readv(targets, position);
    // A signal or a network file system may cut it short: only the end of the file gives nothing.
    if (bytesRead === wanted || bytesRead === 0) return bytesRead;
    const rest = await this.read(behind(targets, bytesRead), position + bytesRead);
    return bytesRead + rest;
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => {});
  }
}

/** What of the targets is still to be filled. */
function behind(targets: readonly Buffer[], filled: number): Buffer[] {
  let left = filled;
  return targets.flatMap((target) => {
    const taken = Math.min(left, target.length);
    left -= taken;
    return taken === target.length ? [] : [target.subarray(taken)];
  });
}

interface Status {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

function stampOf(path: string, status: Status): FileStamp {
  if (!status.isFile()) {
    const what = status.isDirectory() ? 'a folder' : 'no ordinary file';
    throw new NatterError(
      'FILE_UNREADABLE',
      `${path} is ${what}; only files can be sent, so pack it into one.`,
      { path },
    );
  }
  return { size: Number(status.size), modified: String(status.mtimeNs), inode: String(status.ino) };
}

function unreadable(path: string, error: unknown): NatterError {
  if (error instanceof NatterError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new NatterError('FILE_MISSING', `There is no file ${path}; check its name.`, { path }, error);
  const why = code === 'EACCES' || code === 'EPERM' ? 'you may not read it' : message;
  return new NatterError(
    'FILE_UNREADABLE',
    `${path} cannot be read (${why}); correct that or send another file.`,
    { path },
    error,
  );
}
