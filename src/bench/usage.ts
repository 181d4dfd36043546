/**
 * Loaded into a measured command (`node --import`): tells its parent over IPC what the process has used, when
 * it is asked with `usage` and when it ends.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

export interface Usage {
  /** Processor time of all threads, user and system, seconds. */
  readonly cpuS: number;
  /** The most memory that was resident at once, 10^6 bytes. */
  readonly peakMb: number;
}

/**
 * VmHWM where Linux tells it: `maxRSS` counts on from the parent's memory, which the child of a fork shares
 * until it starts its own program.
 */
function peakMb(): number {
  try {
    const kib = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return (Number(kib) * 1024) / 1e6;
  } catch {
    // Not Linux.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, peakMb: peakMb() };
}

if (isMainThread && process.send) {
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(usage());
  });
  process.on('exit', () => process.send?.(usage()));
  // Being measured is no reason to stay alive.
  process.channel?.unref();
}
