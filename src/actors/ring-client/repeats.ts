import type { ClientEvent, Message } from '../../chat/events.js';

/** More than are told when a peer begins anew, in all its conversations. */
const REMEMBERED_MAX = 20_000;

/**
 * What a screen has been shown. A peer whose thread begins anew tells what is in its conversations once more; a
 * message that was shown already is told again only where it stands otherwise now.
 */
export class Repeats {
  /** How a message stood when it was shown last, by its id. */
  readonly #shown = new Map<string, string>();

  /** Those of these events that are news. */
  filter(events: readonly ClientEvent[]): ClientEvent[] {
    return events.flatMap((event): ClientEvent[] => {
      if (event.event === 'delivery') this.#keep(event.message);
      if (event.event !== 'message') return [event];
      const { message, history } = event;
      const before = this.#shown.get(message.id);
      this.#keep(message);
      // What people ask to see again they are shown again.
      if (before === undefined || history) return [event];
      return before === standing(message) ? [] : [{ event: 'delivery', message }];
    });
  }

  #keep(message: Message): void {
    this.#shown.set(message.id, standing(message));
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > REMEMBERED_MAX && oldest !== undefined) this.#shown.delete(oldest);
  }
}

function standing({ delivery, seq }: Message): string {
  return `${delivery} ${seq}`;
}
