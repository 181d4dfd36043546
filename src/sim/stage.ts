import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Played, Progress, play, Task, TraceWish } from './play.js';
import type { Scenario } from './scenario.js';

/**
 * What lives a moment fills this before it is looked through. A thousand peers keep gigabytes alive, and what V8 takes
 * by itself (48 MB) is looked through so often that half of a run went by with it.
 */
const YOUNG_MB = 384;
const OLD_MB = 8_192;

type Pool = Piscina<Task, Played>;

export interface Wishes {
  /** Told to `progress`. */
  readonly trace?: TraceWish | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** Threads on which runs are played, as many as there are cores; so many seeds take a fraction of the time. */
export class Stage {
  /** Runs that are worth beginning before the first of them is over. */
  readonly width = 2 * availableParallelism();
  #isClosed = false;
  #pool: Pool | undefined;

  /** @returns undefined when the stage was closed before its end */
  async play(scenario: Scenario, { trace, progress }: Wishes = {}): Promise<Played | undefined> {
    this.#pool ??= startPool();
    const name = 'play';
    const channel = progress && new MessageChannel();
    channel?.port1.on('message', (word: Progress) => progress?.(word));
    try {
      if (channel === undefined) return await this.#pool.run({ scenario }, { name });
      const { port2: port } = channel;
      return await this.#pool.run({ scenario, trace, port }, { name, transferList: [port] });
    } catch (error) {
      if (this.#isClosed) return undefined;
      throw error;
    } finally {
      channel?.port1.close();
    }
  }

  /** Ends all runs at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.destroy();
  }
}

function startPool(): Pool {
  return new Piscina<Task, ReturnType<typeof play>>({
    filename: fileURLToPath(new URL('./play.js', import.meta.url)),
    minThreads: 0,
    maxThreads: availableParallelism(),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
  });
}
