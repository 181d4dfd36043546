import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk, FileStamp, OpenFile, Records } from '../../src/actors/client/files/disk.js';
import { NatterError } from '../../src/chat/error.js';
import { numberedName, safeFileName } from '../../src/chat/filename.js';
import { removeChunks } from '../../src/store/files/chunk-pair.js';
import { ChunkFile } from '../../src/store/files/chunks.js';
import { type TransferRecord, TransferStore } from '../../src/store/transfers.js';

/**
 * Real files under one folder, without waiting for any: what is asked is done by the time the promise is there, so
 * that virtual time need not wait for a disk.
 */
export class FakeDisk implements Disk {
  free = Number.POSITIVE_INFINITY;
  /** Chunks that were read of files that are sent. */
  reads = 0;
  /** Chunks that the disk takes until it is full. */
  roomForChunks = Number.POSITIVE_INFINITY;
  /** Nothing can be remembered either. */
  recordsFull = false;
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  create = (path: string, size: number) => this.#bounded(ChunkFile.create(path, size));
  reopen = (path: string, size: number) => this.#bounded(ChunkFile.reopen(path, size));
  clear = removeChunks;

  async open(path: string): Promise<OpenFile> {
    const stamp = stampOf(path);
    const handle = openSync(path, 'r');
    return {
      stamp,
      read: async (targets, position) => {
        this.reads++;
        let at = position;
        for (const target of targets) at += readSync(handle, target, 0, target.length, at);
        return at - position;
      },
      close: async () => closeSync(handle),
    };
  }

  async stamp(path: string): Promise<FileStamp> {
    return stampOf(path);
  }

  downloads(into = this.folder) {
    return {
      partial: (id: string) => join(into, `.natter-${id}.part`),
      place: async (partial: string, name: string, named: (path: string) => void) => {
        const safe = safeFileName(name);
        let path = join(into, safe);
        for (let number = 2; existsSync(path); number++) path = join(into, numberedName(safe, number));
        renameSync(partial, path);
        named(path);
        return path;
      },
      freeBytes: async () => this.free,
    };
  }

  records(server: string, user: string): Records {
    const store = new TransferStore(this.folder, server, user);
    const save = store.save.bind(store);
    store.save = (record) => {
      if (this.recordsFull) throw new NatterError('DISK_FULL', 'The disk is full; make room.');
      save(record);
    };
    return store;
  }

  #bounded(file: ChunkFile): ChunkFile {
    const put = file.put.bind(file);
    file.put = (chunk, record) => {
      if (this.roomForChunks <= 0) throw new NatterError('DISK_FULL', 'The disk is full; make room.');
      this.roomForChunks--;
      return put(chunk, record);
    };
    return file;
  }
}

/** For those who send no files. */
export function noDisk(): Disk {
  const none = () => {
    throw new Error('this client has no disk');
  };
  const records = new Map<string, TransferRecord>();
  return {
    open: none,
    stamp: none,
    downloads: none,
    create: none,
    reopen: none,
    clear: none,
    records: () => ({
      list: () => [...records.values()],
      read: ({ id }) => records.get(id),
      save: (record) => void records.set(record.id, record),
      remove: ({ id }) => void records.delete(id),
      trusted: () => [],
      trust: () => {},
      lock: () => ({ release: () => {} }),
    }),
  };
}

function stampOf(path: string): FileStamp {
  if (!existsSync(path)) throw new NatterError('FILE_MISSING', `There is no file ${path}; check its name.`);
  const { size, mtimeNs, ino } = statSync(path, { bigint: true });
  return { size: Number(size), modified: String(mtimeNs), inode: String(ino) };
}
