/** Entries counted one by one; beyond it the count stays where it is. */
const COUNTED_MAX = 10_000;

/**
 * What of one conversation was not read: entries behind the cursor that are not one's own.
 *
 *   | read ... cursor | never fetched: all count | counted one by one ... head |
 */
export class Unread {
  #cursor: number;
  /** First seq that is looked at one by one. */
  #first: number;
  #unread: number[] = [];
  #mentions: number[] = [];

  constructor(cursor: number, first: number) {
    this.#cursor = cursor;
    this.#first = first;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get count(): number {
    return Math.max(0, this.#first - 1 - this.#cursor) + this.#unread.length;
  }

  get mentions(): number {
    return this.#mentions.length;
  }

  /** An entry of somebody else arrived. @returns true when it is unread. */
  add(seq: number, mention: boolean): boolean {
    if (seq <= this.#cursor || this.#unread.length >= COUNTED_MAX) return false;
    this.#unread.push(seq);
    if (mention) this.#mentions.push(seq);
    return true;
  }

  /** An entry of one's own: whoever answers has read what stands directly before it. */
  own(seq: number): boolean {
    return this.count === 0 && this.move(seq);
  }

  /** Forward only. @returns true when it moved. */
  move(seq: number): boolean {
    if (seq <= this.#cursor) return false;
    this.#cursor = seq;
    this.#unread = this.#unread.filter((each) => each > seq);
    this.#mentions = this.#mentions.filter((each) => each > seq);
    return true;
  }

  /** Entries from this seq on will be looked at again. */
  restart(first: number): void {
    this.#first = first;
    this.#unread = [];
    this.#mentions = [];
  }
}
