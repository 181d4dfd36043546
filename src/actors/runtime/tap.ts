/** One transition of a machine that was taken. */
export interface Edge {
  readonly source: string;
  readonly targets: readonly string[];
  /** The event's type as the machine's definition writes it, or empty for an eventless one. */
  readonly event: string;
}

/** What an inspector can see, by channel. `actor` is written as in `room/17`; `at` is monotonic milliseconds. */
export type TapEvent =
  | { readonly channel: 'born'; readonly at: number; readonly actor: string; readonly restored: boolean }
  | { readonly channel: 'died'; readonly at: number; readonly actor: string; readonly reason: string }
  | {
      readonly channel: 'restarting';
      readonly at: number;
      readonly actor: string;
      readonly inMs: number;
      readonly error: string;
    }
  | {
      readonly channel: 'message';
      readonly at: number;
      readonly direction: 'in' | 'out';
      readonly actor: string;
      readonly other: string;
      readonly type: number;
      readonly bytes: number;
      /** Messages not shown since the last one that was: they are sampled. */
      readonly skipped: number;
    }
  | {
      readonly channel: 'state';
      readonly at: number;
      readonly actor: string;
      readonly state: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  | {
      readonly channel: 'edges';
      readonly at: number;
      readonly actor: string;
      readonly machine: string;
      readonly edges: readonly Edge[];
    };

export type TapListener = (event: TapEvent) => void;

/** Message events a second that are shown; the others are only counted. */
const MESSAGES_PER_S = 200;

/**
 * Where inspectors listen to the actors of one thread. Nobody pays for it while nobody listens: whoever has
 * something to show checks `active` first, and makes the event only then.
 */
export class Tap {
  /** True while somebody listens. */
  active = false;
  readonly #listeners = new Set<TapListener>();
  #second = 0;
  #shown = 0;
  #skipped = 0;

  /** Listens until the returned function is called. */
  listen(listener: TapListener): () => void {
    this.#listeners.add(listener);
    this.active = true;
    return () => {
      this.#listeners.delete(listener);
      this.active = this.#listeners.size > 0;
    };
  }

  emit(event: TapEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Whether a message at this time is to be shown, and if so, how many before it were not. */
  sample(at: number): number | undefined {
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#shown = 0;
    }
    if (this.#shown >= MESSAGES_PER_S) {
      this.#skipped++;
      return undefined;
    }
    this.#shown++;
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }
}
