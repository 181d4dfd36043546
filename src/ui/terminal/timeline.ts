/**
 * What one conversation shows, in order:
 *
 *   confirmed, in order, with notices and folded presence where they happened │ one's own unanswered, as typed
 *
 * The order is the server's numbers; in the ring, where a number only says when something came here, it is the
 * clocks of those who said it. Items keep their identity while their content changes, so that a scroll position can name one.
 */
import type { Message } from '../../chat/events.js';
import type { Preview } from '../../chat/preview.js';

export interface MessageItem {
  readonly type: 'message';
  message: Message;
  isMention: boolean;
}

/** Who came and went without anybody saying something in between; a name is in one of the two at most. */
export interface PresenceItem {
  readonly type: 'presence';
  at: number;
  readonly joined: Set<string>;
  readonly left: Set<string>;
}

export interface NoticeItem {
  readonly type: 'notice';
  readonly at: number;
  readonly text: string;
  readonly isWarning: boolean;
}

/** What can be seen of a file that came. */
export interface PreviewItem {
  readonly type: 'preview';
  readonly at: number;
  readonly preview: Preview;
}

export type Item = MessageItem | PresenceItem | NoticeItem | PreviewItem;

/** Items kept; the oldest go first, and `history` brings them back. */
export const TIMELINE_MAX = 100_000;

export class Timeline {
  readonly items: Item[] = [];
  readonly #byId = new Map<string, MessageItem>();
  #head = 0;
  /** How many of the last items are one's own without a seq. */
  #pending = 0;

  /** The highest seq seen. */
  get head(): number {
    return this.#head;
  }

  /** The seq of the first message kept, 0 when there is none. */
  get first(): number {
    for (const item of this.items)
      if (item.type === 'message' && item.message.seq > 0) return item.message.seq;
    return 0;
  }

  /** How many of one's own words the server has not answered. */
  get unanswered(): number {
    return this.#pending;
  }

  /** When the oldest of one's own words that is on its way was said, ms since 1970; undefined for none. */
  get waitingSince(): number | undefined {
    for (let index = this.items.length - this.#pending; index < this.items.length; index++) {
      const item = this.items[index];
      if (item?.type === 'message' && item.message.delivery === 'sending') return item.message.at;
    }
    return undefined;
  }

  /** One's own that failed, oldest first: what is retried first keeps its place. */
  failures(): Message[] {
    return this.items
      .slice(this.items.length - this.#pending)
      .flatMap((item) =>
        item.type === 'message' && item.message.delivery === 'failed' ? [item.message] : [],
      );
  }

  /** The first message in order that came after a seq. */
  after(seq: number): MessageItem | undefined {
    // What is new stands near the end, as a rule: no more is looked at than must be.
    let left = this.#head - seq;
    let found: MessageItem | undefined;
    for (let index = this.items.length - this.#pending - 1; index >= 0 && left > 0; index--) {
      const item = this.items[index];
      if (item?.type !== 'message' || item.message.seq <= seq) continue;
      found = item;
      left--;
    }
    return found;
  }

  /**
   * Adds a message or brings a known one up to date (by id).
   * @param was the id it had until now, when it got another
   * @returns whether it was not there before
   */
  put(message: Message, isMention: boolean, was = message.id): boolean {
    const known = this.#byId.get(was);
    if (known !== undefined && was !== message.id) {
      this.#byId.delete(was);
      this.#byId.set(message.id, known);
    }
    if (known === undefined) {
      const item: MessageItem = { type: 'message', message, isMention };
      this.#byId.set(message.id, item);
      this.#insert(item);
      return true;
    }
    const wasPending = known.message.seq === 0;
    known.message = message;
    if (wasPending && message.seq > 0) {
      this.items.splice(this.items.lastIndexOf(known), 1);
      this.#pending--;
      this.#insert(known);
    }
    return false;
  }

  add(item: NoticeItem | PreviewItem): void {
    this.items.splice(this.items.length - this.#pending, 0, item);
  }

  addPresence(user: string, isHere: boolean, at: number): void {
    const last = this.items[this.items.length - this.#pending - 1];
    const fold: PresenceItem =
      last?.type === 'presence' ? last : { type: 'presence', at, joined: new Set(), left: new Set() };
    fold.at = at;
    const [into, from] = isHere ? [fold.joined, fold.left] : [fold.left, fold.joined];
    // Who came and went again within one fold leaves no trace.
    if (!from.delete(user)) into.add(user);
    if (fold !== last) this.items.splice(this.items.length - this.#pending, 0, fold);
    else if (fold.joined.size + fold.left.size === 0) this.items.splice(this.items.lastIndexOf(fold), 1);
  }

  /** Takes a message of one's own out that was never accepted. */
  remove(id: string): void {
    const item = this.#byId.get(id);
    if (item === undefined || item.message.seq > 0) return;
    this.#byId.delete(id);
    this.items.splice(this.items.lastIndexOf(item), 1);
    this.#pending--;
  }

  /** Empties what is shown; unanswered words stay. */
  clear(): void {
    const gone = this.items.splice(0, this.items.length - this.#pending);
    for (const item of gone) if (item.type === 'message') this.#byId.delete(item.message.id);
  }

  #insert(item: MessageItem): void {
    const { seq } = item.message;
    if (seq === 0) {
      this.items.push(item);
      this.#pending++;
      return;
    }
    const at = this.#placeOf(item.message);
    this.#head = Math.max(this.#head, seq);
    this.items.splice(at, 0, item);
    if (this.items.length > TIMELINE_MAX) this.#drop();
  }

  /** The index of the first message that stands after this one, else the end of what is confirmed. */
  #placeOf(message: Message): number {
    const end = this.items.length - this.#pending;
    const last = this.#nextMessage(end - 1, end);
    let low = last < end && isBefore(this.items[last], message) ? end : 0;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#nextMessage(middle, high);
      if (at < high && isBefore(this.items[at], message)) low = at + 1;
      else high = middle;
    }
    return this.#nextMessage(low, end);
  }

  /** The index of the first message from `from` on, `end` when there is none. */
  #nextMessage(from: number, end: number): number {
    let at = Math.max(0, from);
    while (at < end && this.items[at]?.type !== 'message') at++;
    return at;
  }

  #drop(): void {
    const oldest = this.items.shift();
    if (oldest?.type === 'message') this.#byId.delete(oldest.message.id);
  }
}

/** Whether an item stands before a message. Within one conversation either all have a clock or none has. */
function isBefore(item: Item | undefined, message: Message): boolean {
  if (item?.type !== 'message') return false;
  const { seq, clock = '', author = '' } = item.message;
  const { clock: other = '', author: otherAuthor = '' } = message;
  if (clock !== other) return clock < other;
  return author === otherAuthor ? seq < message.seq : author < otherAuthor;
}
