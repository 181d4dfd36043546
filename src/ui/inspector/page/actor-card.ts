import type { ActorDetail, ActorRow } from '../../../actors/inspect/frames.js';
import { element, setAttribute, setText } from './dom.js';
import { countText, numberText, plain } from './text.js';

/** Who is chosen: name, state, life, and on request its context. */
export class ActorCard {
  readonly element: HTMLElement;
  readonly #name = element('h2', { class: 'mono' });
  readonly #state = element('p', { class: 'mono state-text' });
  readonly #figures = element('p', { class: 'soft' });
  readonly #context = element('dl', { class: 'facts', hidden: true });
  readonly #button = element(
    'button',
    { type: 'button', 'aria-expanded': 'false', title: 'Context (c)', onclick: () => this.toggleContext() },
    'Context',
  );
  #facts: ActorDetail['facts'] = {};

  constructor() {
    this.element = element(
      'section',
      { class: 'card', 'aria-label': 'Chosen actor', hidden: true },
      element('div', { class: 'bar' }, this.#name, this.#button),
      this.#state,
      this.#figures,
      this.#context,
    );
  }

  show(row: ActorRow): void {
    this.element.hidden = false;
    const { actor, thread, machine, state, mailbox, restarts, life } = row;
    setText(this.#name, plain(actor));
    this.#say(life === 'live' ? plain(state) : life, life !== 'live');
    const parts = [
      `on ${plain(thread)}`,
      machine === undefined ? 'no machine' : `machine ${plain(machine)}`,
      `${numberText(mailbox)} unread`,
      restarts === 0 ? 'never restarted' : `restarted ${countText(restarts, 'time')}`,
    ];
    setText(this.#figures, parts.join(' · '));
  }

  /** It is not there: no more, or not yet. @param key `thread actor`; undefined for nobody */
  gone(key: string | undefined, isGone: boolean): void {
    this.element.hidden = key === undefined;
    if (key === undefined) return;
    setText(this.#name, plain(key.slice(key.indexOf(' ') + 1)));
    this.#say(isGone ? 'is no more' : 'is looked for', isGone);
    setText(this.#figures, `on ${plain(key.slice(0, key.indexOf(' ')))}`);
  }

  facts(facts: ActorDetail['facts']): void {
    this.#facts = facts;
    this.#draw();
  }

  toggleContext(): void {
    this.#context.hidden = !this.#context.hidden;
    setAttribute(this.#button, 'aria-expanded', String(!this.#context.hidden));
    setAttribute(this.#button, 'aria-pressed', String(!this.#context.hidden));
    this.#draw();
  }

  #say(state: string, isTrouble: boolean): void {
    setText(this.#state, state);
    setAttribute(this.#state, 'data-trouble', isTrouble ? '' : undefined);
  }

  #draw(): void {
    if (this.#context.hidden) return;
    const facts = Object.entries(this.#facts);
    if (facts.length === 0) {
      this.#context.replaceChildren(element('dt', { class: 'soft' }, 'It tells nothing of itself.'));
      return;
    }
    const rows = facts.flatMap(([name, value]) => [
      element('dt', {}, plain(name)),
      element('dd', { class: 'mono' }, typeof value === 'number' ? numberText(value) : plain(value)),
    ]);
    this.#context.replaceChildren(...rows);
  }
}
