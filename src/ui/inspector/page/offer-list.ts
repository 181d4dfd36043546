import type { ChartEdge } from '../../../chart/chart.js';
import type { Offer } from '../../../chart/stepper.js';
import { element } from './dom.js';

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
      'aria-label': 'Events that may happen now',
      onkeydown: (event) => this.#key(event as KeyboardEvent),
    });
  }

  show(offers: readonly Offer[], edges: ReadonlyMap<string, ChartEdge>, isDone: boolean): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.#buttons = offers.map((offer) =>
      element(
        'button',
        { type: 'button', 'data-event': offer.event, onclick: () => this.#take(offer) },
        element('strong', {}, offer.label),
        ...offer.edges.map((id) => element('span', { class: 'soft' }, leadsTo(edges.get(id)))),
      ),
    );
    const nothing = isDone ? 'It has come to its end.' : 'Nothing: no event leads on from here.';
    this.element.replaceChildren(
      ...(offers.length === 0 ? [element('p', { class: 'soft' }, nothing)] : this.#buttons),
    );
    // Whoever steps by keyboard goes on from the list, though all of its buttons are others now.
    if (hadFocus) this.focus();
  }

  focus(): void {
    this.#buttons[0]?.focus();
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const focused = document.activeElement;
    const at = focused instanceof HTMLButtonElement ? this.#buttons.indexOf(focused) : -1;
    if (step === 0 || at < 0) return;
    event.preventDefault();
    this.#buttons[(at + step + this.#buttons.length) % this.#buttons.length]?.focus();
  }
}

/** `→ resuming if mayStillBecomeRight`. */
function leadsTo(edge: ChartEdge | undefined): string {
  if (edge === undefined) return '';
  const goals = edge.targets.map((id) => id.slice(id.indexOf('.') + 1)).join(' + ');
  const condition = edge.guard === undefined ? '' : ` if ${edge.guard}`;
  return goals === '' ? `stays, ${edge.actions.join(', ')}${condition}` : `→ ${goals}${condition}`;
}
