/**
 * Can the tail of the logs be proven? An LMDB file that survived a crash is exactly what was committed, but
 * one that came back from a backup is not: it lacks entries that were acknowledged, and would number new
 * ones like them. A small file beside it remembers which file it was and how far it had come; whatever does
 * not fit renews the epoch, and readers fetch anew (CONTRIBUTING.md, "Commit, then tell").
 *
 * | found                                   | because                                            |
 * | marker absent or unreadable             | the environment came alone                         |
 * | another instance id                     | the environment was exchanged                      |
 * | another inode                           | the file was copied back                           |
 * | fewer transactions than were noted      | the file was overwritten in place by an older one  |
 *
 * Not seen: a whole disk set back by its own snapshots, and an older file written over in place whose age
 * is less than the time since the last note (a minute while a server runs). Deleting the marker renews the
 * epoch by hand.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from './atomic.js';

const FORMAT = 1;

interface Marker {
  readonly format: number;
  /** Hex. */
  readonly instance: string;
  readonly inode: string;
  /** LMDB's number of the last transaction. */
  readonly transaction: number;
}

const markerPath = (path: string): string => `${path}.mark`;
const inodeOf = (path: string): string => statSync(path, { bigint: true }).ino.toString();

/** Notes what is true of the environment file now. */
export function writeMarker(path: string, instance: Buffer, transaction: number): void {
  const marker: Marker = {
    format: FORMAT,
    instance: instance.toString('hex'),
    inode: inodeOf(path),
    transaction,
  };
  writeFileAtomic(markerPath(path), `${JSON.stringify(marker)}\n`);
}

/** Was there ever an environment beside it? */
export const hasMarker = (path: string): boolean => existsSync(markerPath(path));

/** @returns why the tail cannot be proven, or undefined when it can. */
export function checkMarker(path: string, instance: Buffer, transaction: number): string | undefined {
  const marker = readMarker(path);
  if (marker === undefined) return 'its marker file is missing or unreadable';
  if (marker.instance !== instance.toString('hex')) return 'it is not the file its marker was written for';
  if (marker.inode !== inodeOf(path)) return 'the file was copied here';
  if (marker.transaction > transaction) return 'it is older than its marker';
  return undefined;
}

function readMarker(path: string): Marker | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(markerPath(path), 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const marker = value as Partial<Marker>;
  return marker.format === FORMAT &&
    typeof marker.instance === 'string' &&
    typeof marker.inode === 'string' &&
    typeof marker.transaction === 'number'
    ? (marker as Marker)
    : undefined;
}
