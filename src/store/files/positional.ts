/** Whole reads and writes at a place in an open file: the system calls may do less than they were asked. */
import { readSync, writeSync } from 'node:fs';

/** Writes all of it. Throws what the system call threw. */
export function writeAt(handle: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
}

/** Fills `target`. @returns the bytes read: fewer only where the file ends. Throws what the system call threw. */
export function readAt(handle: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const read = readSync(handle, target, done, target.length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
