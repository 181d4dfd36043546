import type { Api } from './api.js';
import { Cards } from './cards.js';
import { element } from './dom.js';
import { hashOf } from './place.js';
import { Simulator } from './simulator.js';
import type { View } from './view.js';

/** Every machine there is, whether one runs or not: all of them as cards, or one to be stepped through. */
export class Gallery implements View {
  readonly id = 'machines';
  readonly title = 'Machines';
  readonly element: HTMLElement;
  readonly keys = [
    { keys: '/', does: 'find a machine; Enter opens the first' },
    { keys: 'e', does: 'go to the events that may happen now' },
    { keys: 'u r', does: 'undo a step, restart' },
    { keys: 'a', does: 'all machines' },
    { keys: 'y n', does: 'answer a guard' },
  ];
  readonly #cards: Cards;
  readonly #simulator: Simulator;

  constructor(api: Api) {
    this.#cards = new Cards(api);
    this.#simulator = new Simulator(api, (machine) => this.#showCards(machine));
    this.element = element(
      'section',
      { 'aria-label': this.title },
      this.#cards.element,
      this.#simulator.element,
    );
  }

  show([machine, ...steps]: readonly string[]): void {
    if (machine === undefined) {
      this.#simulator.hide();
      this.#showCards();
      return;
    }
    this.#cards.element.hidden = true;
    this.#simulator.element.hidden = false;
    void this.#simulator.show(machine, steps);
  }

  /** @param unknown a machine that the address names and that is none */
  #showCards(unknown?: string): void {
    this.#simulator.element.hidden = true;
    this.#cards.element.hidden = false;
    this.#cards.miss(unknown);
    void this.#cards.load();
  }

  hide(): void {
    this.#simulator.hide();
  }

  key(event: KeyboardEvent): boolean {
    const { key } = event;
    const isOpen = !this.#simulator.element.hidden;
    if (key === '/') this.#find(isOpen);
    else if (isOpen && key === 'e') this.#simulator.focusOffers();
    else if (isOpen && key === 'u') this.#simulator.undo();
    else if (isOpen && key === 'r') this.#simulator.restart();
    else if (isOpen && key === 'a') location.hash = hashOf('machines');
    else return isOpen && this.#simulator.key(event);
    return true;
  }

  /** The field stands among the cards: whoever has a machine open is led there. */
  #find(isOpen: boolean): void {
    if (isOpen) {
      location.hash = hashOf('machines');
      this.show([]);
    }
    this.#cards.search.focus();
  }
}
