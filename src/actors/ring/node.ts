import type { Actor } from 'xstate';
import type { PeerId, RingState } from '../../net/ring/types.js';
import { prepareMachine } from '../inner-machine.js';
import type { Links } from './links.js';
import { nodeMachine } from './node.machine.js';
import type { Parts } from './parts.js';
import type { People } from './people.js';
import { Ticker } from './ticker.js';
import type { PeerWorld } from './world.js';

/** What is looked after seldom: see `NodePort.keepHouse`. */
const HOUSEKEEPING_MS = 5_000;

export interface RingNodePort {
  /** Dials whoever may be somewhere. */
  seek(): void;
  /** How one stands has changed: state, neighbours or number of links. */
  stands(): void;
  /** Keeps what has to last, and forgets what has not; every few seconds. */
  keepHouse(): void;
}

export interface NodeOptions {
  readonly world: PeerWorld;
  readonly links: () => Links;
  readonly people: () => People;
  readonly parts: () => Parts;
  readonly port: RingNodePort;
}

/**
 * One's life in the ring: hosts the node machine, and ends every turn. What parts ask for while they are called is put
 * off until then, since no part may be called within its own call.
 */
export class RingNode {
  readonly #options: NodeOptions;
  readonly #machine: Actor<typeof nodeMachine>;
  readonly #ticker: Ticker;
  readonly #drops: PeerId[] = [];
  #isMoved = false;
  #isSeeking = false;
  #isRunning = false;
  #housekeepingAt = Number.POSITIVE_INFINITY;
  #companySince = Number.POSITIVE_INFINITY;

  constructor(options: NodeOptions) {
    const { world, port } = options;
    this.#options = options;
    this.#ticker = new Ticker(world, {
      deadline: () => this.#deadline(),
      tick: (now) => this.#tick(now),
      settle: () => this.#settle(),
    });
    this.#machine = prepareMachine(world, nodeMachine, {
      port: {
        seek: () => {
          this.#isSeeking = true;
          this.touch();
        },
        tell: () => port.stands(),
        chance: () => this.#chance(),
      },
    });
  }

  get state(): RingState {
    return this.#machine.getSnapshot().value;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Since when there are others, ms since 1970; Infinity while one is alone. */
  get companySince(): number {
    return this.#companySince;
  }

  begin(): void {
    const { clock } = this.#options.world;
    this.#isRunning = true;
    this.#housekeepingAt = clock.now() + HOUSEKEEPING_MS;
    this.#machine.start();
    this.touch();
  }

  /** One leaves: nothing is sought any more, frames still go. */
  leave(): void {
    this.#isRunning = false;
    this.#machine.stop();
  }

  stop(): void {
    this.#ticker.stop();
  }

  /** Something happened: it is looked at when the turn ends. */
  touch(): void {
    this.#ticker.touch();
  }

  /** The overlay's pointers, or the links, are others than before. */
  moved(): void {
    this.#isMoved = true;
    this.touch();
  }

  /** The link with that peer ends when the turn does. */
  drop(peer: PeerId): void {
    this.#drops.push(peer);
    this.touch();
  }

  #tick(now: number): void {
    const { links, parts, people, port } = this.#options;
    links().tick(now);
    parts().tick(now);
    people().tick(now);
    if (now < this.#housekeepingAt) return;
    this.#housekeepingAt = now + HOUSEKEEPING_MS;
    port.keepHouse();
  }

  #deadline(): number {
    const { links, parts, people } = this.#options;
    return Math.min(this.#housekeepingAt, links().deadline(), people().deadline(), parts().deadline());
  }

  #settle(): boolean {
    const drops = this.#drops.splice(0);
    const isMoved = this.#isMoved;
    const isSeeking = this.#isSeeking;
    this.#isMoved = false;
    this.#isSeeking = false;
    const links = this.#options.links();
    links.drain();
    for (const peer of drops) links.drop(peer);
    if (isSeeking) this.#options.port.seek();
    if (isMoved && this.#isRunning) this.#lookAround();
    return isMoved || isSeeking || drops.length > 0;
  }

  #lookAround(): void {
    const { world, parts, port } = this.#options;
    const { state, successors, predecessor } = parts().overlay.neighbourhood;
    const edges = [successors[0], predecessor].flatMap((contact) => contact?.id ?? []);
    parts().edges(edges, world.clock.now());
    if (state !== this.state) this.#machine.send({ type: EVENTS[state] });
    // Not from the first link on: it is there before the overlay has taken anybody for a neighbour.
    if (state === 'alone') this.#companySince = Number.POSITIVE_INFINITY;
    else this.#companySince = Math.min(this.#companySince, world.clock.wall());
    port.stands();
  }

  #chance(): number {
    const bytes = Buffer.alloc(4);
    this.#options.world.random(bytes);
    return bytes.readUInt32BE() / 2 ** 32;
  }
}

const EVENTS = {
  alone: 'ALONE',
  joining: 'JOINING',
  stable: 'STABLE',
  repairing: 'REPAIRING',
} as const;
