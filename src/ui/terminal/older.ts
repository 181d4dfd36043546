/** Fetches what was said before the first message known, when that comes into sight. */
import type { ClientCommands } from '../../chat/events.js';
import type { Conversation } from './conversation.js';

/** Entries at a time. */
const PAGE = 100;
/** A conversation is not asked for again this long after an answer that brought nothing, or none at all; ms. */
const QUIET_MS = 2_000;

export class Older {
  readonly #commands: ClientCommands;
  readonly #now: () => number;
  readonly #done: () => void;
  /** What was asked for before which first message, and until when (ms) it is not asked for again. */
  readonly #asked = new WeakMap<Conversation, { readonly first: number; readonly until: number }>();

  /** @param done called when a page has come, so that the next may be asked for */
  constructor(commands: ClientCommands, now: () => number, done: () => void) {
    this.#commands = commands;
    this.#now = now;
    this.#done = done;
  }

  fetch(conversation: Conversation): void {
    if (conversation.isAtBeginning) return;
    const { first } = conversation.timeline;
    const asked = this.#asked.get(conversation);
    // A page and the answer to its request come by different ways, in any order: the page alone counts.
    if (asked !== undefined && asked.first === first && this.#now() < asked.until) return;
    this.#asked.set(conversation, { first, until: Number.POSITIVE_INFINITY });
    this.#commands
      .history(conversation.room, first || conversation.info.head + 1, PAGE)
      // Without an answer the link is down, which the status bar says; it is asked again when it is back.
      .catch(() => undefined)
      .finally(() => {
        if (this.#asked.get(conversation)?.first === first)
          this.#asked.set(conversation, { first, until: this.#now() + QUIET_MS });
        this.#done();
      });
  }
}
