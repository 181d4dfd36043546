import type { ChartEdge } from '../../../chart/chart.js';
import type { Offer } from '../../../chart/stepper.js';
import { moveFocus } from './arrow-keys.js';
import { element } from './dom.js';
import { leadsTo } from './edge-text.js';

/** The events that may happen next, a button each; arrows lead from one to the other. */
export class OfferList {
  readonly element: HTMLElement;
  readonly #take: (offer: Offer) => void;
  #buttons: readonly HTMLButtonElement[] = [];

  constructor(take: (offer: Offer) => void) {
    this.#take = take;
    this.element = element('div', {
      class: 'offers',
      role: 'group',
      tabindex: -1,
      'aria-label': 'Events that may happen now',
      onkeydown: (event) => moveFocus(event as KeyboardEvent, this.#buttons),
    });
  }

  show(offers: readonly Offer[], edges: ReadonlyMap<string, ChartEdge>, isDone: boolean): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.#buttons = offers.map((offer) =>
      element(
        'button',
        { type: 'button', 'data-event': offer.event, onclick: () => this.#take(offer) },
        element('strong', {}, offer.label),
        ...offer.edges.map((id) => {
          const edge = edges.get(id);
          return element('span', { class: 'soft' }, edge === undefined ? '' : leadsTo(edge));
        }),
      ),
    );
    const nothing = isDone ? 'It has come to its end.' : 'Nothing: no event leads on from here.';
    this.element.replaceChildren(
      ...(offers.length === 0 ? [element('p', { class: 'soft' }, nothing)] : this.#buttons),
    );
    // Whoever steps by keyboard goes on from the list, though all of its buttons are others now.
    if (hadFocus) this.focus();
  }

  /** At the first of them, or where nothing leads on at the sentence that says so. */
  focus(): void {
    (this.#buttons[0] ?? this.element).focus();
  }
}
