/** How the store names what went wrong with the disk. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NatterError } from '../chat/error.js';

/** LMDB return codes (lmdb.h). */
const MDB_PAGE_NOTFOUND = -30797;
const MDB_CORRUPTED = -30796;
const MDB_PANIC = -30795;
const MDB_INVALID = -30793;
const MDB_MAP_FULL = -30792;
/** errno values that mean "no room": ENOSPC, EDQUOT, EFBIG. The same on Linux and, but for EDQUOT, on macOS. */
const NO_ROOM = new Set<unknown>([
  28,
  122,
  69,
  27,
  MDB_MAP_FULL,
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'MDB_MAP_FULL',
]);
const EIO = 5;
/** With less than this free, an I/O error is a full disk. */
const FULL_BYTES = 1 << 20;
const DAMAGED = new Set<unknown>([MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID]);

export type FaultCode = 'DISK_FULL' | 'DATA_CORRUPT' | 'READ_ONLY';

/** What a failed write means for the store. `lasting`: only a restart helps. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  readonly lasting: boolean;
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** Sorts an error of LMDB or of the file system. */
export function faultOf(error: unknown, path: string): Fault {
  const code = codeOf(error);
  const why = error instanceof Error ? error.message : String(error);
  if (NO_ROOM.has(code) || (code === EIO && isFull(path)))
    return {
      code: 'DISK_FULL',
      message: `The disk that holds ${path} is full; make room and writing goes on by itself.`,
      lasting: false,
    };
  if (DAMAGED.has(code)) return { code: 'DATA_CORRUPT', message: corrupt(path, why).message, lasting: true };
  if (code === MDB_PANIC)
    return {
      code: 'READ_ONLY',
      message: `Writing to ${path} failed half-way and was rolled back (${why}); restart to write again.`,
      lasting: true,
    };
  return {
    code: 'READ_ONLY',
    message: `The disk refused to write ${path} (${why}); it is tried again until it works.`,
    lasting: false,
  };
}

/** LMDB calls it an I/O error when the last write that still fitted was a short one (`mdb_page_flush`). */
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}

/** The error for a file whose content cannot be right. Nothing of ours ever writes over such a file. */
export function corrupt(path: string, what: string, cause?: unknown): NatterError {
  return new NatterError(
    'DATA_CORRUPT',
    `${path} is damaged (${what}); nothing was changed. Put a backup in its place, or move it away to start without it.`,
    { path },
    cause,
  );
}
