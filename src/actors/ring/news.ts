/**
 * What is to be told, in order, and never from within a machine's action or a part's own call: it waits until somebody
 * drains it who is in neither.
 */
export class News {
  readonly #waiting: (() => void)[] = [];
  readonly #happened: () => void;
  #isTelling = false;

  /** @param happened there is something to drain */
  constructor(happened: () => void) {
    this.#happened = happened;
  }

  tell(news: () => void): void {
    this.#waiting.push(news);
    this.#happened();
  }

  /** What is told while it drains is told behind that. */
  drain(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    } finally {
      this.#isTelling = false;
    }
  }
}
