import type { NatterError } from '../../chat/error.js';
import type { ClientEvent, LinkState } from '../../chat/events.js';
import type { Clock } from '../runtime/actor.js';

/** How often a screen hears about the lag while nothing else changes. */
const LAG_EVERY_MS = 2_000;
/** Smaller changes of the lag are noise. */
const LAG_CHANGE = 0.1;

export interface LinkReportOptions {
  readonly clock: Clock;
  /** Report the lag again and again. */
  readonly attentive: boolean;
  lagMs(): number;
  emit(event: ClientEvent): void;
}

/** Tells how the link stands whenever that changes. */
export class LinkReport {
  readonly #options: LinkReportOptions;
  #state: LinkState = 'offline';
  #detail = '';
  #since: number;
  #lagMs = 0;
  #timer: unknown;

  constructor(options: LinkReportOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  set(state: LinkState, failure: NatterError | undefined): void {
    const detail = state === 'reconnecting' || state === 'failed' ? (failure?.message ?? '') : '';
    if (state === this.#state && detail === this.#detail) return;
    if (state !== this.#state) this.#since = this.#options.clock.now();
    this.#state = state;
    this.#detail = detail;
    this.#say();
    this.stop();
    if (state === 'live' && this.#options.attentive) this.#measure();
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #measure(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      const change = Math.abs(this.#options.lagMs() - this.#lagMs);
      if (change >= 1 && change >= this.#lagMs * LAG_CHANGE) this.#say();
      this.#measure();
    }, LAG_EVERY_MS);
  }

  #say(): void {
    const { clock, lagMs, emit } = this.#options;
    this.#lagMs = lagMs();
    const sinceMs = clock.now() - this.#since;
    emit({
      event: 'link',
      state: this.#state,
      lagMs: Math.round(this.#lagMs * 10) / 10,
      sinceMs,
      detail: this.#detail,
    });
  }
}
