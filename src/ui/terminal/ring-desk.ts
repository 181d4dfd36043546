/** The ring view at the keyboard: asks who is where while it is shown, and takes its keys. */
import type { RingCommands } from '../../chat/events.js';
import { type Action, actionOf, isEverywhere } from './keys.js';
import { RingPanel } from './ring-panel.js';
import type { Token } from './sequences.js';

/** So often it is asked anew while it is shown; ms. */
const EVERY_MS = 1_000;
const PAGE_ROWS = 10;

export interface RingDeskHost {
  /** Undefined with a server. */
  readonly ring: RingCommands | undefined;
  /** Something is to be seen that no key has brought. */
  changed(): void;
}

export class RingDesk {
  readonly panel = new RingPanel();
  readonly #host: RingDeskHost;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: RingDeskHost) {
    this.#host = host;
  }

  /** @returns false where there is no ring */
  open(): boolean {
    if (this.#host.ring === undefined) return false;
    this.panel.open();
    this.look();
    return true;
  }

  close(): void {
    this.panel.close();
    clearTimeout(this.#timer);
  }

  /** Asks who is where, and again after a while; nothing while it is not shown. */
  look(): void {
    const { ring, changed } = this.#host;
    clearTimeout(this.#timer);
    if (ring === undefined || !this.panel.isShown) return;
    this.#timer = setTimeout(() => this.look(), EVERY_MS).unref();
    ring.ringView().then(
      (peers) => {
        this.panel.show(peers);
        changed();
      },
      // The peer's thread is gone, which is told by other means.
      () => undefined,
    );
  }

  /** @returns whether the token was for the view */
  handle(token: Token): boolean {
    if (!this.panel.isShown) return false;
    if (token.type === 'text' && token.text.toLowerCase() === 'q') this.close();
    const moves: Partial<Record<Action, () => void>> = {
      up: () => this.panel.scroll(-1),
      down: () => this.panel.scroll(1),
      pageUp: () => this.panel.scroll(-PAGE_ROWS),
      pageDown: () => this.panel.scroll(PAGE_ROWS),
      cancel: () => this.close(),
      send: () => this.close(),
      ring: () => this.close(),
    };
    const action = actionOf(token);
    if (action === undefined) return true;
    moves[action]?.();
    return moves[action] !== undefined || !isEverywhere(action);
  }
}
