/** Where a screen sees the actors of its own process run. */
import type { Frame, Interest } from '../../actors/inspect/frames.js';
import type { Inspectable } from '../../actors/inspect/inspectable.js';
import { Inspector, type Watch } from '../../actors/inspect/inspector.js';
import type { Chart } from '../../chart/chart.js';

export interface MachineSource {
  /** Link of a page that shows the same; undefined while there is none. */
  readonly page: string | undefined;
  /** Tells what is there, the whole at first, until it is closed. */
  watch(listener: (frame: Frame) => void, interest: Interest): Watch;
  /** The chart of `ActorRow.machine`; undefined for one that is not known. */
  chart(machine: string): Promise<Chart | undefined>;
}

/** Of everything that runs in this process: a client, a peer, a server that was started beside it. */
export class ProcessMachines implements MachineSource {
  readonly page: string | undefined;
  /** What runs may change while nobody watches. */
  readonly #systems: () => readonly Inspectable[];

  constructor(systems: () => readonly Inspectable[], page?: string) {
    this.page = page;
    this.#systems = systems;
  }

  watch(listener: (frame: Frame) => void, interest: Interest): Watch {
    return new Inspector(this.#systems()).watch(listener, interest);
  }

  async chart(machine: string): Promise<Chart | undefined> {
    // Loaded late: every machine of the program comes with it, and most who chat look at none.
    const [{ machines }, { chartOf }] = await Promise.all([
      import('../../actors/machines/catalogue.js'),
      import('../../chart/chart-of.js'),
    ]);
    const row = machines.find(({ name }) => name === machine);
    return row && chartOf(row.machine);
  }
}
