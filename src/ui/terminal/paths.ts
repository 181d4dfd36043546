/** Files of this machine as the input line meets them: completing a path, and what a path names. */
import { opendir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { formatSize } from '../../chat/amount.js';
import type { Completion } from '../../chat/complete.js';
import { NatterError } from '../../chat/error.js';
import { escapePath, wholeOf, wordsOf } from '../../chat/path.js';
import { sanitiseLine } from '../../chat/text.js';

/** Entries of a folder that are looked through, and for how long; ms. A slow disk must not hold up the Tab key. */
const ENTRIES_MAX = 50_000;
const SEARCH_MS = 1_000;
const OFFERED_MAX = 50;
/** A path that was pasted is looked up for so long at most; ms. A dead network drive answers never. */
const LOOK_MS = 500;

export interface LocalFile {
  readonly path: string;
  /** Safe to show. */
  readonly name: string;
  readonly size: number;
}

/** `~` and `~/x` with the home folder in its place. */
function expandHome(path: string, home = homedir()): string {
  return /^~(?:[\\/]|$)/.test(path) ? join(home, path.slice(1)) : path;
}

/** What a path names if that is a regular file; undefined also when the disk does not say in time. */
export async function lookUp(path: string): Promise<LocalFile | undefined> {
  const full = expandHome(path);
  const found = await within(LOOK_MS, stat(full));
  if (found === undefined || !found.isFile()) return undefined;
  return { path: full, name: sanitiseLine(basename(full)), size: found.size };
}

/**
 * Completes the path in a line that starts with `/send`.
 * @param cursor index in UTF-16 units
 * @returns undefined when no path stands there
 */
export function completePath(
  line: string,
  cursor: number,
  home = homedir(),
): Promise<Completion> | undefined {
  const head = /^\/(?:send|file|upload)\s+/i.exec(line)?.[0];
  if (head === undefined || cursor < head.length) return undefined;
  const rest = line.slice(head.length, cursor);
  const words = wordsOf(rest);
  // A second word may be the target.
  if (words.length > 1 && /^[#@]/.test(words.at(-1)?.text ?? '')) return undefined;
  // As `/send` reads it: all words are one path, since a name may have blanks.
  const typed = wholeOf(rest, words) + rest.slice(words.at(-1)?.to ?? rest.length);
  return complete(typed, head.length, cursor, home);
}

async function complete(typed: string, from: number, to: number, home: string): Promise<Completion> {
  if (typed === '~') return { from, to, replacements: ['~/'], labels: ['~/'] };
  const folder = /^.*[\\/]/s.exec(typed)?.[0] ?? '';
  const parent = folder === '' ? '.' : expandHome(folder, home);
  const names = await matching(parent, typed.slice(folder.length));
  const found = await Promise.all(names.map((name) => describe(parent, name)));
  const files = found.filter((each) => each !== undefined);
  return {
    from,
    to,
    replacements: files.map(({ name, isFolder }) => escapePath(folder + name) + (isFolder ? '/' : ' ')),
    labels: files.map(({ name, isFolder, size }) =>
      isFolder ? `${name}/` : `${name} (${formatSize(size)})`,
    ),
  };
}

/** Names that begin as typed, in order; those in the other case come last. Hidden ones only when asked for. */
async function matching(folder: string, prefix: string): Promise<string[]> {
  const exact: string[] = [];
  const loose: string[] = [];
  const lower = prefix.toLowerCase();
  const deadline = performance.now() + SEARCH_MS;
  let seen = 0;
  try {
    for await (const { name } of await opendir(folder, { bufferSize: 256 })) {
      if (++seen > ENTRIES_MAX || performance.now() > deadline) break;
      if (name.startsWith('.') && !prefix.startsWith('.')) continue;
      // What cannot be shown as it is cannot be typed either.
      if (sanitiseLine(name) !== name) continue;
      if (name.startsWith(prefix)) exact.push(name);
      else if (name.toLowerCase().startsWith(lower)) loose.push(name);
    }
  } catch {
    // A folder that is not there, or may not be read, holds nothing to offer.
    return [];
  }
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  return [...exact.sort(order), ...loose.sort(order)].slice(0, OFFERED_MAX);
}

interface Found {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
}

/** Folders and regular files, also behind links; nothing else can be sent. */
async function describe(folder: string, name: string): Promise<Found | undefined> {
  const found = await within(LOOK_MS, stat(join(folder, name)));
  if (found === undefined || !(found.isFile() || found.isDirectory())) return undefined;
  return { name, isFolder: found.isDirectory(), size: found.size };
}

/** Undefined for what fails or takes too long. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The file to send, by the path that was typed.
 * @throws NatterError FILE_MISSING or FILE_UNREADABLE; the client says the same of what changes afterwards
 */
export async function fileToSend(path: string): Promise<string> {
  const full = expandHome(path);
  const shown = sanitiseLine(path);
  const found = await stat(full).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw new NatterError('FILE_MISSING', `There is no file ${shown}; Tab completes a path.`);
    throw new NatterError('FILE_UNREADABLE', `${shown} cannot be read; check its permissions.`);
  });
  if (found.isFile()) return full;
  const what = found.isDirectory()
    ? 'a folder; pack it into one file first'
    : 'no regular file; send another';
  throw new NatterError('FILE_UNREADABLE', `${shown} is ${what}.`);
}
