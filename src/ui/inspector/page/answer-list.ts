import type { ChartEdge } from '../../../chart/chart.js';
import { moveFocus } from './arrow-keys.js';
import { element, setAttribute } from './dom.js';
import { leadsTo } from './edge-text.js';
import { plain } from './text.js';

/** The transitions that the chosen actor could take where it stands, a button each; arrows lead from one to the other. */
export class AnswerList {
  readonly element: HTMLElement;
  readonly #choose: (edge: string) => void;
  readonly #list: HTMLElement;
  #buttons: readonly HTMLButtonElement[] = [];
  #shown: readonly ChartEdge[] = [];

  /** @param choose this edge is to be looked at */
  constructor(choose: (edge: string) => void) {
    this.#choose = choose;
    this.#list = element('div', {
      class: 'offers',
      role: 'group',
      'aria-label': 'Transitions that it could take now',
      onkeydown: (event) => moveFocus(event as KeyboardEvent, this.#buttons),
    });
    const title = element('h2', { title: 'To the first of them (e)' }, 'Answers now to');
    this.element = element('section', { class: 'card answers', hidden: true }, title, this.#list);
  }

  show(edges: readonly ChartEdge[]): void {
    if (edges === this.#shown) return;
    const focused = this.#buttons.find((button) => button === document.activeElement)?.dataset.answer;
    this.#shown = edges;
    this.#buttons = edges.map((edge) =>
      element(
        'button',
        { type: 'button', 'data-answer': edge.id, onclick: () => this.#choose(edge.id) },
        element('strong', {}, plain(edge.label)),
        ' ',
        element('span', { class: 'soft' }, plain(leadsTo(edge))),
      ),
    );
    this.#list.replaceChildren(...this.#buttons);
    this.element.hidden = edges.length === 0;
    // Whoever is in the list stays there while the actor goes on: at the same transition as long as it may be taken.
    if (focused === undefined) return;
    const same = this.#buttons.find(({ dataset }) => dataset.answer === focused);
    (same ?? this.#buttons[0])?.focus();
  }

  /** Marks the one that is looked at. */
  mark(chosen: string | undefined): void {
    for (const button of this.#buttons)
      setAttribute(button, 'aria-current', button.dataset.answer === chosen ? 'true' : undefined);
  }

  focus(): void {
    this.#buttons[0]?.focus();
  }
}
