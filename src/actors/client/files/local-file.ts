import { basename } from 'node:path';
import { safeFileName } from '../../../chat/filename.js';
import { HEAD_BYTES, mediaTypeOf } from '../../../chat/filetype.js';
import { isEnded, type TransferRecord } from '../../../store/transfers.js';
import type { FileRoom } from './around.js';
import type { Disk, FileStamp } from './disk.js';

/** A file of this machine that is to be sent. */
export interface LocalFile {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly stamp: FileStamp;
}

/** @param path absolute. @throws NatterError FILE_MISSING, FILE_UNREADABLE */
export async function lookAt(disk: Disk, path: string): Promise<LocalFile> {
  const file = await disk.open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const read = await file.read([head], 0);
    const name = safeFileName(basename(path));
    return { path, name, type: mediaTypeOf(name, head.subarray(0, read)), stamp: file.stamp };
  } finally {
    await file.close();
  }
}

/** Is it what was being sent there before? */
export function isSameUpload(
  record: TransferRecord,
  { target }: FileRoom,
  { path, stamp }: LocalFile,
): boolean {
  return (
    record.direction === 'out' &&
    !isEnded(record.state) &&
    record.room === target &&
    record.path === path &&
    record.size === stamp.size &&
    record.stamp?.modified === stamp.modified &&
    record.stamp.inode === stamp.inode
  );
}

/** What is remembered of a file that is sent from now on. @param id 16 random bytes */
export function uploadRecord(
  id: Buffer,
  user: string,
  at: number,
  { target, kind, log, peer }: FileRoom,
  { path, name, type, stamp }: LocalFile,
): TransferRecord {
  const direct = kind === 'direct';
  return {
    format: 1,
    id: id.toString('hex'),
    direction: 'out',
    state: 'offered',
    room: target,
    direct,
    from: user,
    to: direct ? target.slice(1) : target,
    ...(peer === undefined ? {} : { peer }),
    ...{ name, type, path },
    size: stamp.size,
    stamp: { modified: stamp.modified, inode: stamp.inode },
    number: 0,
    log,
    at,
    bytes: 0,
    repeated: 0,
    owes: 'nothing',
  };
}
