/** Where this user keeps what was downloaded. */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What decides it. */
export interface Surroundings {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `XDG_DOWNLOAD_DIR="$HOME/Downloads"` (freedesktop.org, xdg-user-dirs). */
const USER_DIR = /^\s*XDG_DOWNLOAD_DIR="(\$HOME)?(.*)"\s*$/m;

/**
 * The folder for downloads: on Linux what user-dirs.dirs says; else Downloads in the home folder, where there is one;
 * else the home folder.
 */
export function defaultDownloads(
  { home, platform, environment }: Surroundings = {
    home: homedir(),
    platform: process.platform,
    environment: process.env,
  },
): string {
  const usual = join(home, 'Downloads');
  const unixy = platform !== 'win32' && platform !== 'darwin';
  const named = unixy ? userDir(home, environment.XDG_CONFIG_HOME || join(home, '.config')) : undefined;
  return [named, usual].find((path) => path !== undefined && isFolder(path)) ?? home;
}

function userDir(home: string, config: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(config, 'user-dirs.dirs'), 'utf8');
  } catch {
    return undefined;
  }
  const [, isInHome, path] = USER_DIR.exec(text) ?? [];
  if (path === undefined) return undefined;
  const folder = isInHome === undefined ? path : join(home, path);
  return isAbsolute(folder) ? folder : undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
