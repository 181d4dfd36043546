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
  #newest = -1;
  #count = 0;

  /** @param choose the actor of one was chosen, by `thread actor` */
  constructor(choose: (key: string) => void) {
    this.#choose = choose;
    this.element = element('details', { class: 'mishaps' }, this.#sum, this.#list);
  }

  /** Those of another life of the program come no more: seq counts over its life, and a page's link as well. */
  take(mishaps: readonly Mishap[]): void {
    const fresh = mishaps.filter(({ seq }) => seq > this.#newest);
    if (fresh.length === 0) return;
    this.#newest = Math.max(...fresh.map(({ seq }) => seq));
    this.#count += fresh.length;
    this.#list.prepend(...fresh.map((mishap) => this.#line(mishap)).reverse());
    while (this.#list.childElementCount > KEPT_MAX) this.#list.lastElementChild?.remove();
    setText(this.#sum, countText(this.#count, 'mishap'));
    this.element.classList.add('some');
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
