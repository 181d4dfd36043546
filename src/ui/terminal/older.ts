/** Fetches what was said before the first message known, when that comes into sight. */
import type { ClientCommands } from '../../chat/events.js';
import type { Conversation } from './model.js';

/** Entries at a time. */
const PAGE = 100;
/** A conversation is not asked for again this long after an answer that brought nothing, or none at all; ms. */
const QUIET_MS = 2_000;

export class Older {
  readonly #commands: ClientCommands;
  readonly #now: () => number;
  readonly #done: () => void;
  /** Conversations being fetched (Infinity) or left alone for a while; until when, in ms. */
  readonly #until = new WeakMap<Conversation, number>();

  /** @param done called when a page has come, so that the next may be asked for */
  constructor(commands: ClientCommands, now: () => number, done: () => void) {
    this.#commands = commands;
    this.#now = now;
    this.#done = done;
  }

  fetch(conversation: Conversation): void {
    if (conversation.isAtBeginning || this.#now() < (this.#until.get(conversation) ?? 0)) return;
    const { first } = conversation.timeline;
    this.#until.set(conversation, Number.POSITIVE_INFINITY);
    this.#commands
      .history(conversation.room, first || conversation.info.head + 1, PAGE)
      // Without an answer the link is down, which the status bar says; it is asked again when it is back.
      .catch(() => undefined)
      .finally(() => {
        const isFurther = conversation.timeline.first !== first;
        this.#until.set(conversation, isFurther ? 0 : this.#now() + QUIET_MS);
        this.#done();
      });
  }
}
