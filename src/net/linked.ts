/** An item of a `LinkedQueue`; both neighbours are undefined also when it is not queued. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
  queued: boolean;
}

/** A doubly linked list without cells of its own: what was lost goes to the front, what is settled leaves from anywhere. */
export class LinkedQueue<T extends Linked<T>> {
  first: T | undefined;
  #last: T | undefined;

  append(item: T): void {
    item.queued = true;
    item.previous = this.#last;
    if (this.#last === undefined) this.first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  prepend(item: T): void {
    item.queued = true;
    item.next = this.first;
    if (this.first === undefined) this.#last = item;
    else this.first.previous = item;
    this.first = item;
  }

  remove(item: T): void {
    if (item.previous === undefined) this.first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    item.queued = false;
  }
}
