/**
 * The folder that received files land in. A file grows under a hidden name of ours and gets its own at the end, in
 * one step, so that nothing half-made ever bears a name:
 *
 *   FOLDER/.natter-ID.part  --link-->  FOLDER/photo (2).png,  then the first name goes
 *
 * `link` fails when the new name exists, whatever it is (a symbolic link, a folder), where `rename` would replace it.
 * Both names are looked up in the same folder, so one that is swapped in between has no such partial file.
 */
import { randomBytes } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, realpathSync, rmSync } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { NatterError } from '../chat/error.js';
import { numberedName, SAVED_NAME_MAX_BYTES, safeFileName } from '../chat/filename.js';
import { syncFolder } from './atomic.js';
import { faultOf } from './faults.js';
import { makeFolder } from './folder.js';

export { defaultDownloads } from './places.js';

const PARTIAL = /^\.natter-[0-9a-f]{8,64}\.part$/;
/** Some file systems (eCryptfs: 143 bytes) allow less than others. */
const SHORT_NAME_MAX_BYTES = 100;
/** Everybody may read and write what the umask leaves; nobody may execute it. */
const MODE = 0o666;
const FOLDER_MODE = 0o777;
/** How a file system without hard links refuses: FAT, some network folders, Android. */
const LINKLESS = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EMLINK',
  'UNKNOWN',
]);
/** 0 where there is no such thing. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

export class DownloadFolder {
  readonly folder: string;
  /** What the umask leaves of `MODE`. */
  readonly #mode: number;

  /**
   * @param folder made if missing; a symbolic link is followed now, and never again
   * @throws NatterError DATA_UNWRITABLE or DISK_FULL when no file can be made in it
   */
  constructor(folder: string) {
    try {
      makeFolder(resolve(folder), FOLDER_MODE);
      this.folder = realpathSync(resolve(folder));
      this.#mode = modeOfNew(this.folder);
    } catch (error) {
      throw refusal(resolve(folder), error);
    }
  }

  /**
   * Where a transfer's bytes grow.
   * @param id 8 to 64 hex digits
   * @throws RangeError for anything else: an id is never a path
   */
  partial(id: string): string {
    const name = `.natter-${id}.part`;
    if (!PARTIAL.test(name)) throw new RangeError('The id of a partial file is made of hex digits.');
    return join(this.folder, name);
  }

  /**
   * Gives a whole, verified file its name. Durable when it resolves; on failure the partial file is where it was. Done
   * once more, since a process died meanwhile, it finds the name that the file got.
   * @param partialPath as `partial` gave it
   * @param name whatever its sender called it
   * @param named called when the name is durable and the partial file still there: what is kept then need not be
   *   repeated, whenever the process dies
   * @returns the path it has now: a safe name that nothing had before
   * @throws NatterError DATA_UNWRITABLE or DISK_FULL
   */
  async place(partialPath: string, name: string, named: (path: string) => void = () => {}): Promise<string> {
    if (dirname(partialPath) !== this.folder || !PARTIAL.test(basename(partialPath)))
      throw new RangeError('Only a partial file of this folder can be placed.');
    try {
      const folder = await this.#identity();
      const file = await open(partialPath, constants.O_RDWR | NO_FOLLOW);
      try {
        const path = await this.#place(file, folder, partialPath, name);
        named(path);
        await rm(partialPath, { force: true });
        syncFolder(this.folder);
        return path;
      } finally {
        await file.close();
      }
    } catch (error) {
      throw refusal(this.folder, error);
    }
  }

  /** What this user may still write into the folder. */
  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.folder);
      return bavail * bsize;
    } catch (error) {
      throw refusal(this.folder, error);
    }
  }

  async #place(file: FileHandle, folder: string, partialPath: string, name: string): Promise<string> {
    const whole = await file.stat({ bigint: true });
    if (!whole.isFile()) throw new Error('the partial file is no file any more');
    // A file system that keeps no modes may refuse, and then keeps none that matter.
    await file.chmod(this.#mode).catch(() => undefined);
    await file.sync();
    const identity = identityOf(whole);
    const path = (await this.#ownName(whole, name)) ?? (await this.#name(partialPath, name));
    // Whoever swapped the partial file or the folder meanwhile has a name of his own now, which is not to be reported.
    if (identityOf(await lstat(path, { bigint: true })) !== identity)
      throw new Error('something else was put in its place');
    if ((await this.#identity()) !== folder) throw new Error('another folder was put in its place');
    syncFolder(this.folder);
    return path;
  }

  /** The name that an earlier life gave it before it died: the partial file has a second link then. */
  async #ownName(whole: BigIntStats, name: string): Promise<string | undefined> {
    if (whole.nlink < 2n) return undefined;
    const numbers = (await readdir(this.folder)).map((_, index) => index + 2);
    for (const length of [SAVED_NAME_MAX_BYTES, SHORT_NAME_MAX_BYTES]) {
      const safe = safeFileName(name, length);
      for (const each of [safe, ...numbers.map((number) => numberedName(safe, number))]) {
        const path = join(this.folder, each);
        const there = await lstat(path, { bigint: true }).catch(() => undefined);
        if (there !== undefined && identityOf(there) === identityOf(whole)) return path;
      }
    }
    return undefined;
  }

  async #name(partialPath: string, name: string): Promise<string> {
    try {
      return await this.#firstFree(partialPath, safeFileName(name, SAVED_NAME_MAX_BYTES));
    } catch (error) {
      if (codeOf(error) !== 'ENAMETOOLONG') throw error;
      return this.#firstFree(partialPath, safeFileName(name, SHORT_NAME_MAX_BYTES));
    }
  }

  async #firstFree(partialPath: string, name: string): Promise<string> {
    const wanted = join(this.folder, name);
    if (await claim(partialPath, wanted)) return wanted;
    // Read once, lest a thousand of the same name cost a thousand tries. What differs in case only is found by trying.
    const taken = new Set(await readdir(this.folder));
    for (let number = 2; ; number++) {
      const numbered = numberedName(name, number);
      const path = join(this.folder, numbered);
      if (!taken.has(numbered) && (await claim(partialPath, path))) return path;
    }
  }

  /** Which folder it is now. One that was made anew is welcome, one behind a symbolic link is not. */
  async #identity(): Promise<string> {
    if ((await realpath(this.folder)) !== this.folder) throw new Error('it is a link to another folder now');
    return identityOf(await stat(this.folder, { bigint: true }));
  }
}

/** Gives the file a name that nothing has. @returns false when something has it */
async function claim(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (!LINKLESS.has(code)) throw error;
    return claimByRename(from, to);
  }
}

/** Without links: an empty file of ours takes the name, since O_EXCL follows and replaces nothing, and is replaced. */
async function claimByRename(from: string, to: string): Promise<boolean> {
  let holder: FileHandle;
  try {
    holder = await open(to, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  let ours: string;
  try {
    ours = identityOf(await holder.stat({ bigint: true }));
  } finally {
    await holder.close();
  }
  // Somebody else's by now: leave it alone.
  if (identityOf(await lstat(to, { bigint: true })) !== ours) return false;
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** Makes a file and takes it away again: no permission bits say whether that works. @returns its mode */
function modeOfNew(folder: string): number {
  const path = join(folder, `.natter-${randomBytes(8).toString('hex')}.part`);
  const handle = openSync(path, 'wx', MODE);
  try {
    return fstatSync(handle).mode & MODE;
  } finally {
    closeSync(handle);
    rmSync(path, { force: true });
  }
}

function identityOf(status: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${status.dev}:${status.ino}`;
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? '';
}

function refusal(folder: string, error: unknown): NatterError {
  if (error instanceof NatterError) return error;
  const details = { path: folder };
  if (faultOf(error, folder).code === 'DISK_FULL') {
    const message = `The disk that holds ${folder} is full; make room and take the file again.`;
    return new NatterError('DISK_FULL', message, details, error);
  }
  const why = error instanceof Error ? error.message : String(error);
  const message = `No file can be put into ${folder} (${why}); correct that or choose another folder.`;
  return new NatterError('DATA_UNWRITABLE', message, details, error);
}
