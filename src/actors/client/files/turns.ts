import { WANTED_BYTES_MAX } from '../../../net/constants.js';
import type { Life } from './life.js';
import type { TransferLink } from './link.js';

/** Transfers that run at once in one direction; the others wait as `accepted`. */
const RUNNING_MAX = 4;
/** What a running download may have wanted, however many there are. */
const WINDOW_BYTES_MIN = 256 * 1024;

/** Gives transfers their turn on the link, oldest first. */
export class Turns {
  readonly #link: Pick<TransferLink, 'connection' | 'reaches'>;
  readonly #lives: () => Iterable<Life>;
  #due = false;
  /** Downloads that run, as of the last time turns were given. */
  #downloads = 0;

  constructor(link: Pick<TransferLink, 'connection' | 'reaches'>, lives: () => Iterable<Life>) {
    this.#link = link;
    this.#lives = lives;
  }

  /** Something changed. Turns are given after whatever is going on now, which may be the end of one. */
  settle(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#give('in');
      this.#give('out');
    });
  }

  /** Each running download's part of the wants that a connection may have. */
  windowBytes(): number {
    return Math.max(WINDOW_BYTES_MIN, Math.floor(WANTED_BYTES_MAX / Math.max(1, this.#downloads)));
  }

  #give(direction: 'in' | 'out'): void {
    if (this.#link.connection === undefined) return;
    const lives = [...this.#lives()].filter(({ record }) => record.direction === direction);
    let running = lives.filter(({ state }) => state === 'running').length;
    for (const life of lives) {
      if (running >= RUNNING_MAX) break;
      if (!life.ready || this.#link.reaches?.(life.record.number) === false) continue;
      running++;
      life.send({ type: 'TURN' });
    }
    if (direction === 'in') this.#downloads = running;
  }
}
