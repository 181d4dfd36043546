import { readFileSync } from 'node:fs';

/** The most memory that was resident in a process at once, 10^6 bytes; 0 when it is gone, or on another system than Linux. */
export const peakMb = (pid: number): number => figure(pid, 'VmHWM');

/** What is resident now, otherwise the same. */
export const residentMb = (pid: number): number => figure(pid, 'VmRSS');

function figure(pid: number, name: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, kib = 0] = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status) ?? [];
    return (Number(kib) * 1024) / 1e6;
  } catch {
    return 0;
  }
}
