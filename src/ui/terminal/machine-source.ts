/** Where a screen sees the actors of its own process run. */
import type { Frame, Interest } from '../../actors/inspect/frames.js';
import type { Chart } from '../../chart/chart.js';

export interface MachineWatch {
  /** From now on this one is chosen. */
  interest(next: Interest): void;
  close(): void;
}

export interface MachineSource {
  /** Tells what is there, the whole at first, until it is closed. */
  watch(listener: (frame: Frame) => void, interest: Interest): MachineWatch;
  /** The chart of `ActorRow.machine`; undefined for one that is not known. */
  chart(machine: string): Promise<Chart | undefined>;
}
