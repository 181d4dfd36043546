import { constants, getPriority, setPriority } from 'node:os';

/**
 * The calling thread, and those it starts from now on, give way to others that want the processor: what moves files
 * can wait a few milliseconds, what people say should not. Only where a thread has a priority of its own (Linux,
 * setpriority(2), "C library/kernel differences"): elsewhere the whole process would have it.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const nice = constants.priority.PRIORITY_BELOW_NORMAL;
    if (getPriority() < nice) setPriority(nice);
  } catch {
    // A sandbox may forbid it; then all have the same.
  }
}
