/**
 * Messages on their way: how many at once, which got through, and which did not. Input is read only as fast
 * as the server makes it durable, so that a long file is never held in memory.
 */
import { NatterError } from '../chat/error.js';
import type { ClientCommands, Message, Target } from '../chat/events.js';
import { parseText } from '../chat/text.js';
import type { Patience } from './patience.js';

/** Twice what one stream may have unanswered, so that the client always has the next one at hand. */
const WINDOW_MESSAGES = 128;

export interface Unsent {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly reason: NatterError;
}

export class SendWindow {
  readonly unsent: Unsent[] = [];
  accepted = 0;
  readonly #client: Pick<ClientCommands, 'say'>;
  readonly #patience: Patience;
  readonly #onAccepted: (message: Message) => void;
  readonly #outstanding = new Map<string, { line: number; text: string }>();
  /** Answers that came before `say` had returned its id. */
  readonly #early = new Map<string, Message>();
  #saying = 0;
  #wake: (() => void) | undefined;

  constructor(
    client: Pick<ClientCommands, 'say'>,
    patience: Patience,
    onAccepted: (message: Message) => void,
  ) {
    this.#client = client;
    this.#patience = patience;
    this.#onAccepted = onAccepted;
  }

  /**
   * Waits for room, then says one text. What is wrong with the text itself is noted in `unsent`.
   * @throws NatterError NO_ANSWER when the server was silent for too long
   */
  async say(room: Target, line: number, raw: string, key: string | undefined): Promise<void> {
    await this.#until(() => this.#outstanding.size < WINDOW_MESSAGES);
    let text: string;
    try {
      text = parseText(raw);
    } catch (error) {
      this.#fail(line, raw, error);
      return;
    }
    this.#saying += 1;
    try {
      const id = await this.#patience.wait(this.#client.say(room, text, 'text', key));
      this.#outstanding.set(id, { line, text });
      const answer = this.#early.get(id);
      if (answer) this.settle(answer);
    } catch (error) {
      this.#fail(line, text, error);
      if (error instanceof NatterError && error.code === 'NO_ANSWER') throw error;
    } finally {
      this.#saying -= 1;
      if (this.#saying === 0) this.#early.clear();
    }
  }

  /** Resolves when everything said was answered. @throws NatterError NO_ANSWER */
  async drained(): Promise<void> {
    await this.#until(() => this.#outstanding.size === 0);
  }

  /** A message of ours changed its state; `was` is the id it had before, if it got a new one. */
  settle(message: Message, was = message.id): void {
    const { id } = message;
    const sent = this.#outstanding.get(was);
    if (message.delivery === 'sending') {
      if (sent && this.#outstanding.delete(was)) this.#outstanding.set(id, sent);
      return;
    }
    if (!sent) {
      if (this.#saying > 0) this.#early.set(id, message);
      return;
    }
    this.#outstanding.delete(was);
    if (message.delivery === 'ok') {
      this.accepted += 1;
      this.#onAccepted(message);
    } else {
      const reason = message.reason ?? 'The server refused it; try again.';
      this.unsent.push({ ...sent, reason: new NatterError('NOT_ALLOWED', reason) });
    }
    this.#wake?.();
  }

  /** Nothing more is waited for: what is unanswered counts as unsent. */
  abandon(reason: NatterError): void {
    for (const sent of this.#outstanding.values()) this.unsent.push({ ...sent, reason });
    this.#outstanding.clear();
    this.unsent.sort((a, b) => a.line - b.line);
    this.#wake?.();
  }

  #fail(line: number, text: string, error: unknown): void {
    if (!(error instanceof NatterError)) throw error;
    this.unsent.push({ line, text, reason: error });
  }

  async #until(isReady: () => boolean): Promise<void> {
    while (!isReady()) {
      await this.#patience.wait(
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    }
  }
}
