import type { Frame, Interest } from '../../actors/inspect/frames.js';
import type { Inspectable } from '../../actors/inspect/inspectable.js';
import { Inspector, type Watch } from '../../actors/inspect/inspector.js';
import type { FrameSource, Watcher } from './source.js';

interface Watching {
  readonly listener: (frame: Frame) => boolean;
  interest: Interest;
  watch: Watch;
}

const NOTHING: Interest = { chosen: undefined, ring: false };

/**
 * What runs in this process, which may change while somebody watches: a chat begins with a client, may start a server
 * beside it, or go over to a ring. Whoever watches then gets a frame with everything.
 */
export class Systems implements FrameSource {
  readonly #systems = new Set<Inspectable>();
  readonly #watching = new Set<Watching>();
  #inspector = new Inspector([]);

  /** Shows one more, until the returned function is called. */
  add(system: Inspectable): () => void {
    this.#systems.add(system);
    this.#renew();
    return () => {
      if (this.#systems.delete(system)) this.#renew();
    };
  }

  watch(listener: (frame: Frame) => boolean): Watcher {
    const watching = { listener, interest: NOTHING, watch: this.#inspector.watch(listener, NOTHING) };
    this.#watching.add(watching);
    return {
      interest: (next) => {
        watching.interest = next;
        watching.watch.interest(next);
      },
      close: () => {
        this.#watching.delete(watching);
        watching.watch.close();
      },
    };
  }

  #renew(): void {
    this.#inspector.close();
    this.#inspector = new Inspector([...this.#systems]);
    for (const watching of this.#watching)
      watching.watch = this.#inspector.watch(watching.listener, watching.interest);
  }
}
