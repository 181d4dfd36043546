/**
 * The data folder: where it is, whether it is ours, who owns it.
 *
 *   BASE/natter-data.json      says that this folder is natter's
 *   BASE/server/               `serve`: logs.mdb, registry.json, keys
 *   BASE/client/               `chat` and the short commands: profile.json, device keys, transfers/
 *   BASE/ring/                 `ring`: identity.key, keys of closed communities, one folder for each community
 *
 * BASE is what `--data` says, or the platform's place for data (env-paths). `serve` holds its part, `ring` that of
 * its community; short commands share theirs and change it only within `withFolderLock`.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { NatterError } from '../chat/error.js';
import { writeFileAtomic } from './atomic.js';
import { faultOf } from './faults.js';
import { AtomicJson, asObject } from './json.js';
import { type FileLock, isLock, lockedBy, tryLock, waitForLock } from './lock.js';

export const FolderPart = { Server: 'server', Client: 'client', Ring: 'ring' } as const;
export type FolderPart = (typeof FolderPart)[keyof typeof FolderPart];

const MARKER = 'natter-data.json';
const FORMAT = 1;
const OWNER_LOCK = 'owner.lock';
const SHARED_LOCK = 'shared.lock';
/** A short command holds the shared lock for milliseconds; this long means that something is wrong. */
const SHARED_WAIT_MS = 10_000;

/** The folder that `--data` names, or the platform's default. */
export function baseFolder(data: string | undefined): string {
  return data === undefined ? envPaths('natter', { suffix: '' }).data : resolve(data);
}

/**
 * Makes a part of the data folder ready for use, mode 0700.
 * @returns its path
 * @throws NatterError DATA_FOREIGN for a folder with other things in it, DATA_UNWRITABLE, DATA_CORRUPT
 */
export function openFolder(data: string | undefined, part: FolderPart): string {
  const base = baseFolder(data);
  const folder = join(base, part);
  try {
    makeFolder(base);
    claim(base);
    makeFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(base, error);
  }
  return folder;
}

/** What went wrong with a data folder or a part of it: somebody may have taken it away, or its disk is full. */
export function unusable(folder: string, error: unknown): NatterError {
  if (error instanceof NatterError) return error;
  const fault = faultOf(error, folder);
  if (fault.code === 'DISK_FULL') return new NatterError(fault.code, fault.message, { path: folder }, error);
  const why = error instanceof Error ? error.message : String(error);
  return new NatterError(
    'DATA_UNWRITABLE',
    `The data folder ${folder} cannot be written (${why}); correct its permissions or choose another with --data.`,
    { path: folder },
    error,
  );
}

/**
 * Makes a folder with those above it. Node's own recursive mkdir never returns where the parent is there and yet
 * answers ENOENT, as /proc does.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error;
  }
}

function claim(base: string): void {
  const marker = new AtomicJson<{ natter: number }>(join(base, MARKER), (value) => {
    const format = asObject(value).natter;
    if (typeof format !== 'number') throw new Error('no format in it');
    return { natter: format };
  }).read();
  if (marker !== null) {
    if (marker.natter === FORMAT) return;
    throw foreign(base, `it has format ${marker.natter}, this version knows ${FORMAT}`);
  }
  // Another process may be writing the same marker just now: its temporary file is not foreign.
  const others = readdirSync(base).filter((name) => !name.startsWith(MARKER));
  const first = others[0];
  if (first !== undefined && readdirSync(base).includes(MARKER)) return;
  if (first !== undefined) throw foreign(base, `it holds ${first} and is not one of natter's`);
  writeFileAtomic(join(base, MARKER), `${JSON.stringify({ natter: FORMAT })}\n`);
}

function foreign(base: string, why: string): NatterError {
  return new NatterError(
    'DATA_FOREIGN',
    `${base} is no data folder for this (${why}); choose an empty or new one with --data.`,
    { path: base },
  );
}

/**
 * Makes this process the owner of a folder until `release` or its death.
 * @throws NatterError DATA_LOCKED naming the pid that owns it
 */
export function lockFolder(folder: string): FileLock {
  const path = join(folder, OWNER_LOCK);
  const result = tryLock(path);
  if (isLock(result)) return result;
  throw lockedBy(path, result.pid);
}

/** Runs `action` while nobody else runs one on this folder, in whichever process. It must reread what it changes. */
export async function withFolderLock<T>(folder: string, action: () => T | Promise<T>): Promise<T> {
  const lock = await waitForLock(join(folder, SHARED_LOCK), SHARED_WAIT_MS);
  try {
    return await action();
  } finally {
    lock.release();
  }
}
