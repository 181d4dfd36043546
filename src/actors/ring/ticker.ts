import type { PeerWorld } from './world.js';

export interface TickerPort {
  /** When something is due at the latest; Infinity when nothing is. */
  deadline(): number;
  tick(now: number): void;
  /** What was put off until the parts are at rest. @returns whether there was anything */
  settle(): boolean;
}

/** What is put off may put off more, but not for ever. */
const ROUNDS_MAX = 16;
/** Between two looks at what is due: when much is, one look serves for several. */
const SLACK_MS = 25;

/** The one timer of a peer, and the end of each of its turns. */
export class Ticker {
  readonly #world: PeerWorld;
  readonly #port: TickerPort;
  readonly #settle = (): void => this.#turnEnds();
  readonly #wake = (): void => this.#due();
  #isTouched = false;
  #isStopped = false;
  #timer: unknown;
  #timerAt = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(world: PeerWorld, port: TickerPort) {
    this.#world = world;
    this.#port = port;
  }

  /** Something happened: deadlines may have changed. */
  touch(): void {
    if (this.#isTouched || this.#isStopped) return;
    this.#isTouched = true;
    this.#world.turnEnd(this.#settle);
  }

  stop(): void {
    this.#isStopped = true;
    this.#world.clock.clearTimeout(this.#timer);
  }

  #turnEnds(): void {
    this.#isTouched = false;
    if (this.#isStopped) return;
    const { clock } = this.#world;
    for (let round = 0; round < ROUNDS_MAX && this.#port.settle(); round++);
    if (this.#timerAt <= clock.now() + SLACK_MS) return;
    const at = Math.max(this.#port.deadline(), this.#lookedAt + SLACK_MS);
    // A timer that is early costs one look; setting it again at every frame would cost more.
    if (at >= this.#timerAt) return;
    clock.clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = clock.setTimeout(this.#wake, Math.max(0, at - clock.now()));
  }

  #due(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#isStopped) return;
    this.#lookedAt = this.#world.clock.now();
    this.#port.tick(this.#lookedAt);
    this.touch();
  }
}
