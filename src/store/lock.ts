/**
 * Lock files: one owner at a time, and none for longer than its process lives.
 *
 * A lock is made whole (written beside, then linked to its name, which fails if the name is taken), so nobody
 * ever reads half of one. Taking over the lock of a dead process happens under a second lock: two that find
 * the same dead owner must not each remove it, for the slower would remove the quicker one's new lock.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { NatterError } from '../chat/error.js';
import { isAlive, type Owner, thisProcess } from './owner.js';

export interface FileLock {
  /** Gives it up; harmless when called again. */
  release(): void;
}

interface Held extends Owner {
  /** Tells two locks of one process apart. */
  readonly nonce: string;
}

const WAIT_FIRST_MS = 5;
const WAIT_MAX_MS = 100;

/** @returns the lock, or who holds it. */
export function tryLock(path: string): FileLock | Owner {
  const mine: Held = { ...thisProcess(), nonce: randomBytes(8).toString('hex') };
  const temporary = `${path}.${mine.pid}.${mine.nonce}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(mine)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    for (;;) {
      if (place(temporary, path)) return { release: () => release(path, mine.nonce) };
      const other = readLock(path);
      if (other === undefined) continue;
      if (isAlive(other)) return other;
      takeOver(path, other);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

export const isLock = (result: FileLock | Owner): result is FileLock => 'release' in result;

/** Waits for a lock that is held for moments only. @throws NatterError DATA_LOCKED after `giveUpMs`. */
export async function waitForLock(path: string, giveUpMs: number): Promise<FileLock> {
  let waited = 0;
  for (let delay = WAIT_FIRST_MS; ; delay = Math.min(delay * 2, WAIT_MAX_MS)) {
    const result = tryLock(path);
    if (isLock(result)) return result;
    if (waited >= giveUpMs) throw lockedBy(path, result.pid);
    await new Promise((resolve) => setTimeout(resolve, delay));
    waited += delay;
  }
}

export function lockedBy(path: string, pid: number): NatterError {
  return new NatterError(
    'DATA_LOCKED',
    `The data folder is in use by process ${pid}; stop it or choose another folder with --data.`,
    { path, pid },
  );
}

function place(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    // File systems without hard links (FAT, some network ones): create the file whole in one small write.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    writeFileSync(path, readFileSync(temporary), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when the lock is gone. One that cannot be read was never whole: nobody holds it. */
function readLock(path: string): Held | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const held = JSON.parse(text) as Partial<Held>;
    return {
      pid: held.pid ?? 0,
      started: held.started ?? '',
      boot: held.boot ?? '',
      nonce: held.nonce ?? '',
    };
  } catch {
    return { pid: 0, started: '', boot: 'never', nonce: '' };
  }
}

function takeOver(path: string, dead: Held): void {
  if (path.endsWith(GUARD)) {
    // The guard's own owner died between two system calls. Moving it aside first makes one of us the remover.
    const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
    try {
      renameSync(path, aside);
      rmSync(aside, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return;
  }
  const guard = tryLock(`${path}${GUARD}`);
  if (!isLock(guard)) return;
  try {
    if (readLock(path)?.nonce === dead.nonce) rmSync(path, { force: true });
  } finally {
    guard.release();
  }
}

const GUARD = '.takeover';

function release(path: string, nonce: string): void {
  if (readLock(path)?.nonce === nonce) rmSync(path, { force: true });
}
