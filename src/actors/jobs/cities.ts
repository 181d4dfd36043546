import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { NatterError } from '../../chat/error.js';
import type { Location } from '../../chat/events.js';
import { type Cell, cellOf } from '../../chat/geo.js';
import type * as gazetteer from './gazetteer.js';

/** Its memory is only given back with its thread. */
const IDLE_MS = 1_000;

type Task = 'findCity' | 'nearestCity';

/** Where somebody says they are: in degrees, or a city of the gazetteer. */
export type Whereabouts = { readonly lat: number; readonly lon: number } | { readonly city: string };

/** Finds cities in a thread that is there only while it is asked. */
export class Cities {
  #pool: Piscina | undefined;

  /**
   * The cell of a place and the city nearest to it.
   * @throws NatterError BAD_ARGUMENT when there is no such place or city, with the nearest spelling
   */
  async locate(at: Whereabouts): Promise<Location> {
    if ('lat' in at) {
      const cell = cellOf(at.lat, at.lon);
      return { cell, city: await this.nearest(cell) };
    }
    const answer = await this.#run('findCity', { name: at.city });
    if ('cell' in answer) return { cell: answer.cell, city: answer.city };
    const named = at.city.length > 40 ? `${at.city.slice(0, 40)}…` : at.city;
    const hint =
      answer.meant === undefined
        ? 'write a larger one nearby, or where it is as LAT,LON'
        : `did you mean ${answer.meant}?`;
    throw new NatterError(
      'BAD_ARGUMENT',
      `There is no city ${named}; ${hint}${hint.endsWith('?') ? '' : '.'}`,
    );
  }

  /** The city nearest to a cell, as people read it. */
  async nearest(cell: Cell): Promise<string> {
    return (await this.#run('nearestCity', { cell })) ?? '';
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #run<N extends Task>(
    name: N,
    task: Parameters<(typeof gazetteer)[N]>[0],
  ): Promise<ReturnType<(typeof gazetteer)[N]>> {
    this.#pool ??= startPool();
    return this.#pool.run(task, { name });
  }
}

function startPool(): Piscina {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./gazetteer.js', import.meta.url)),
    name: 'findCity',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
  });
  // A thread that fails without a task has nobody to tell, and would end the process.
  pool.on('error', () => undefined);
  return pool;
}
