/** Which process is it? A pid alone is not enough: pids are used again, within minutes on a busy machine. */
import { readFileSync } from 'node:fs';

export interface Owner {
  readonly pid: number;
  /** Clock ticks from boot to the process's start (/proc/PID/stat, field 22); empty where there is no /proc. */
  readonly started: string;
  /** Changes with every boot of the machine; empty where unknown. */
  readonly boot: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function startedOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return '';
  // The second field is the program's name in parentheses and may contain spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[19] ?? '';
}

const bootOf = (): string => read('/proc/sys/kernel/random/boot_id') ?? '';

export function thisProcess(): Owner {
  return { pid: process.pid, started: startedOf(process.pid), boot: bootOf() };
}

/** Does that very process still run? Where /proc does not tell, a process with its pid counts as it. */
export function isAlive(owner: Owner): boolean {
  if (owner.boot !== '' && owner.boot !== bootOf()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return owner.started === '' || owner.started === startedOf(owner.pid);
}
