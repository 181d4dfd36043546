import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
} from 'node:fs';
import { NatterError } from '../../chat/error.js';
import { FILE_BYTES_MAX, FILE_HASH_BYTES } from '../../net/constants.js';
import { chunkCount } from '../../net/file-chunks.js';
import { corrupt, faultOf } from '../faults.js';

const LIST_SUFFIX = '.chunks';
const MODE = 0o600;
/** Windows has no such flag, and no links that need it. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const MAKE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
const OPEN = constants.O_RDWR | NO_FOLLOW;

/** The two open files that one log of chunks is: handles of its bytes, and of the list of hashes beside them. */
export interface ChunkPair {
  readonly data: number;
  readonly list: number;
}

/** The list of chunk hashes that lies beside a file of chunks. */
export const listPath = (path: string): string => path + LIST_SUFFIX;

/**
 * Makes both files: mode 0600, never over something that is there, never through a link.
 * @param size bytes of the whole
 * @throws NatterError FILE_TOO_LARGE, DISK_FULL, DATA_UNWRITABLE; nothing of them is left then
 */
export function makePair(path: string, size: number): ChunkPair {
  checkSize(path, size);
  const opened: number[] = [];
  try {
    if (existsSync(path)) throw new Error('there is such a file already');
    // The list first: one without its file is nobody's, and is made anew.
    rmSync(listPath(path), { force: true });
    const list = openSync(listPath(path), MAKE, MODE);
    opened.push(list);
    ftruncateSync(list, chunkCount(size) * FILE_HASH_BYTES);
    const data = openSync(path, MAKE, MODE);
    opened.push(data);
    ftruncateSync(data, size);
    return { data, list };
  } catch (error) {
    for (const handle of opened) closeSync(handle);
    if (opened.length === 1) rmSync(listPath(path), { force: true });
    if (opened.length === 2) removeChunks(path);
    throw unwritable(path, error);
  }
}

/**
 * Opens both files of an earlier life of the process.
 * @throws NatterError FILE_MISSING; DATA_CORRUPT when the first is not `size` bytes or the list does not fit;
 *   DATA_UNWRITABLE when they must not be opened; FILE_TOO_LARGE
 */
export function openPair(path: string, size: number): ChunkPair {
  checkSize(path, size);
  const opened: number[] = [];
  try {
    const data = openSync(path, OPEN);
    opened.push(data);
    const list = openSync(listPath(path), OPEN);
    opened.push(list);
    checkLengths(path, size, data, list);
    return { data, list };
  } catch (error) {
    for (const handle of opened) closeSync(handle);
    if (error instanceof NatterError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritable(path, error);
    const lacking = opened.length === 0 ? path : listPath(path);
    throw new NatterError(
      'FILE_MISSING',
      `${lacking} is gone; send or receive the file anew.`,
      { path },
      error,
    );
  }
}

export function closePair({ data, list }: ChunkPair): void {
  closeSync(data);
  closeSync(list);
}

/** Both still bear their names: nobody took them away, or put others there. */
export function isInPlace(path: string, { data, list }: ChunkPair): boolean {
  return bears(path, data) && bears(listPath(path), list);
}

/** Removes a file of chunks with its list, whatever of them is there. The list last: alone it is nobody's. */
export function removeChunks(path: string): void {
  rmSync(path, { force: true });
  rmSync(listPath(path), { force: true });
}

/** What the file system refused a log of chunks with. @param otherwise the code when the disk is not full */
export function unwritable(
  path: string,
  error: unknown,
  otherwise: 'DATA_UNWRITABLE' | 'READ_ONLY' = 'DATA_UNWRITABLE',
): NatterError {
  if (error instanceof NatterError) return error;
  const fault = faultOf(error, path);
  if (fault.code === 'DISK_FULL') return new NatterError(fault.code, fault.message, { path }, error);
  const why = error instanceof Error ? error.message : String(error);
  const message = `${path} cannot be written (${why}); correct its permissions or choose another folder.`;
  return new NatterError(otherwise, message, { path }, error);
}

function bears(path: string, handle: number): boolean {
  const here = fstatSync(handle, { bigint: true });
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return there?.ino === here.ino && there.dev === here.dev;
}

/** Before anything is allocated: a declared size decides how large bitmap and list become. */
function checkSize(path: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 0 && size <= FILE_BYTES_MAX) return;
  throw new NatterError(
    'FILE_TOO_LARGE',
    `A file has at most ${FILE_BYTES_MAX} bytes, not ${size}; send it in parts.`,
    {
      path,
    },
  );
}

function checkLengths(path: string, size: number, data: number, list: number): void {
  const there = fstatSync(data).size;
  // A process killed in `makePair` had not given the file its size yet.
  if (there === 0 && size > 0) ftruncateSync(data, size);
  else if (there !== size) throw corrupt(path, `it has ${there} bytes instead of ${size}`);
  const listed = fstatSync(list).size;
  const expected = chunkCount(size) * FILE_HASH_BYTES;
  if (listed !== expected) throw corrupt(listPath(path), `it has ${listed} bytes instead of ${expected}`);
}
