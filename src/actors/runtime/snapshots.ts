import { addressNumber } from './address.js';

/** An actor's newest snapshot, or that it has none any more. */
export interface SnapshotChange {
  readonly kind: number;
  readonly key: number;
  readonly state: Uint8Array | undefined;
}

/** Bytes kept for one thread; beyond it the snapshots that changed longest ago go. */
const KEPT_MAX_BYTES = 64 * 1024 * 1024;

/** The snapshots of one thread's actors, kept on another, so that they survive it. */
export class Snapshots {
  readonly #states = new Map<number, Uint8Array>();
  #bytes = 0;
  #dropped = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Snapshots dropped for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  apply(changes: readonly SnapshotChange[]): void {
    for (const { kind, key, state } of changes) {
      const number = addressNumber(kind, key);
      this.#delete(number);
      if (state === undefined) continue;
      this.#states.set(number, state);
      this.#bytes += state.length;
    }
    for (const number of this.#states.keys()) {
      if (this.#bytes <= KEPT_MAX_BYTES) return;
      this.#delete(number);
      this.#dropped++;
    }
  }

  /** By address number, as ActorSystem takes them. */
  all(): Map<number, Uint8Array> {
    return new Map(this.#states);
  }

  #delete(number: number): void {
    this.#bytes -= this.#states.get(number)?.length ?? 0;
    this.#states.delete(number);
  }
}
