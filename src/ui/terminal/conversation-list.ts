/** The conversations of the screen: in which order they stand, and which one is at hand. */
import type { Room, Target } from '../../chat/events.js';
import { type Conversation, newConversation, rank, weight } from './conversation.js';

export class ConversationList {
  /** Lobby, rooms, people: within each as they came, so that Alt+1-9 stay where they were. */
  readonly all: Conversation[] = [];
  #current: Target = '';
  /** What the person is about to leave by themselves. */
  readonly #leaving = new Set<Target>();

  get current(): Conversation | undefined {
    return this.find(this.#current) ?? this.all[0];
  }

  get lobby(): Conversation | undefined {
    return this.all.find((conversation) => conversation.info.kind === 'lobby');
  }

  find(room: Target): Conversation | undefined {
    return this.all.find((conversation) => conversation.room === room);
  }

  /** Makes one the current one; its new-messages line appears when something in it is unread. */
  open(room: Target): void {
    const left = this.current;
    const entered = this.find(room);
    if (entered === undefined || entered === left) {
      if (entered !== undefined) this.#current = room;
      return;
    }
    if (left !== undefined) left.newAfter = undefined;
    if (left?.isGone) this.#drop(left);
    this.#current = room;
    if (entered.unread > 0) entered.newAfter = entered.cursor;
  }

  /** The person leaves one: what comes next is another one. */
  leaving(room: Target, isStill: boolean): void {
    if (isStill) this.#leaving.add(room);
    else this.#leaving.delete(room);
  }

  /** One is there, or something of it changed. @param info sanitised @returns whether it is new */
  take(info: Room): boolean {
    const known = this.find(info.room);
    if (known?.isGone) {
      // Another log with the same name: nothing of the one before belongs to it.
      this.all[this.all.indexOf(known)] = newConversation(info);
      return true;
    }
    if (known !== undefined) {
      known.info = info;
      known.cursor = Math.max(known.cursor, info.cursor);
      known.unread = info.unread;
      known.mentions = info.mentions;
      return false;
    }
    this.all.push(newConversation(info));
    this.all.sort((a, b) => rank(a) - rank(b));
    if (this.#current === '') this.#current = info.room;
    return true;
  }

  /** One is in it no more. */
  left(room: Target): void {
    const conversation = this.find(room);
    const isWanted = this.#leaving.delete(room);
    if (conversation === undefined) return;
    // Words that are half written for these people must not reach others because the server moved one on.
    if (this.#current === room && !isWanted) conversation.isGone = true;
    else this.#drop(conversation);
  }

  /** The next one with something unread, those that mention oneself first; else undefined. */
  nextActive(): Conversation | undefined {
    const others = this.#after().filter((conversation) => conversation.unread > 0);
    return others.find((conversation) => weight(conversation) > 0) ?? others[0];
  }

  /** From the one after the current one round to the one before it. */
  #after(): Conversation[] {
    const at = this.current === undefined ? 0 : this.all.indexOf(this.current) + 1;
    return [...this.all.slice(at), ...this.all.slice(0, Math.max(0, at - 1))];
  }

  #drop(conversation: Conversation): void {
    const at = this.all.indexOf(conversation);
    this.all.splice(at, 1);
    if (this.#current === conversation.room) this.#current = this.all[Math.max(0, at - 1)]?.room ?? '';
  }
}
