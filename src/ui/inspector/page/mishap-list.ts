import type { Mishap } from '../../../actors/inspect/frames.js';
import { element, setText } from './dom.js';
import { countText, plain, timeText } from './text.js';

const KEPT_MAX = 200;

/** What went wrong: restarts and their causes, threads that died, dead letters. Newest first. */
export class MishapList {
  readonly element: HTMLDetailsElement;
  readonly #choose: (key: string) => void;
  readonly #sum = element('summary', {}, 'Nothing has gone wrong');
  readonly #list = element('ol', { 'aria-label': 'What went wrong, newest first' });
  readonly #none = element(
    'p',
    { class: 'soft' },
    'Restarts and their causes, threads that died and messages that reached nobody are listed here.',
  );
  /** Those that were shown: whoever connects anew is told again of what is kept. */
  readonly #shown = new Set<string>();

  /** @param choose the actor of one was chosen, by `thread actor` */
  constructor(choose: (key: string) => void) {
    this.#choose = choose;
    this.element = element('details', { class: 'mishaps' }, this.#sum, this.#none, this.#list);
  }

  take(mishaps: readonly Mishap[]): void {
    const fresh = mishaps.filter((mishap) => !this.#shown.has(identity(mishap)));
    if (fresh.length === 0) return;
    for (const mishap of fresh) this.#shown.add(identity(mishap));
    this.#list.prepend(...fresh.map((mishap) => this.#line(mishap)).reverse());
    while (this.#list.childElementCount > KEPT_MAX) this.#list.lastElementChild?.remove();
    for (const old of [...this.#shown].slice(0, -2 * KEPT_MAX)) this.#shown.delete(old);
    setText(this.#sum, countText(this.#list.childElementCount, 'mishap'));
    this.element.classList.add('some');
    this.#none.hidden = true;
  }

  toggle(): void {
    this.element.open = !this.element.open;
  }

  #line({ at, kind, thread, actor, cause }: Mishap): HTMLElement {
    const who = actor === '' ? element('span', {}, plain(thread)) : this.#button(thread, actor);
    return element(
      'li',
      { 'data-kind': kind },
      element('span', { class: 'time' }, timeText(at)),
      element('span', { class: 'kind' }, kind),
      who,
      element('span', { class: 'cause', title: plain(cause) }, plain(cause)),
    );
  }

  #button(thread: string, actor: string): HTMLElement {
    const choose = () => this.#choose(`${thread} ${actor}`);
    return element(
      'button',
      { type: 'button', class: 'quiet mono', onclick: choose },
      `${plain(thread)} ${plain(actor)}`,
    );
  }
}

function identity({ seq, at }: Mishap): string {
  return `${seq} ${at}`;
}
