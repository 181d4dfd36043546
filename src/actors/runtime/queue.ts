/** First in, first out, over a circle of slots that doubles when it is full: no shifting, nothing made per item. */
export class Queue<T> {
  #items: (T | undefined)[] = new Array(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  #grow(): void {
    const length = this.#items.length;
    const larger = new Array<T | undefined>(length * 2).fill(undefined);
    for (let i = 0; i < length; i++) larger[i] = this.#items[(this.#head + i) & (length - 1)];
    this.#items = larger;
    this.#head = 0;
  }
}
