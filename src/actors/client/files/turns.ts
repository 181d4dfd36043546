import { WANTED_BYTES_MAX } from '../../../net/constants.js';
import type { Life } from './life.js';
import type { FileLink } from './link.js';

/** Transfers that run at once in one direction; the others wait as `accepted`. */
const RUNNING_MAX = 4;
/** What a running download may have wanted, however many there are. */
const WINDOW_BYTES_MIN = 256 * 1024;

/** Gives transfers their turn on the link, oldest first. */
export class Turns {
  readonly #link: FileLink;
  readonly #lives: () => Iterable<Life>;
  #due = false;

  constructor(link: FileLink, lives: () => Iterable<Life>) {
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
    return Math.max(WINDOW_BYTES_MIN, Math.floor(WANTED_BYTES_MAX / Math.max(1, this.#running('in').length)));
  }

  #give(direction: 'in' | 'out'): void {
    if (this.#link.connection === undefined) return;
    let free = RUNNING_MAX - this.#running(direction).length;
    for (const life of this.#of(direction).filter(({ ready }) => ready)) {
      if (free-- <= 0) return;
      life.send({ type: 'TURN' });
    }
  }

  #running(direction: 'in' | 'out'): Life[] {
    return this.#of(direction).filter(({ state }) => state === 'running');
  }

  #of(direction: 'in' | 'out'): Life[] {
    return [...this.#lives()].filter(({ record }) => record.direction === direction);
  }
}
