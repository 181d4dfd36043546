import type { MachineCard } from '../machines-data.js';
import type { Api } from './api.js';
import { element } from './dom.js';
import { hashOf } from './place.js';
import { plain } from './text.js';

/** Every machine as a card: its drawing, what it is, how large it is. */
export class Cards {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #api: Api;
  readonly #grid = element('ul', { class: 'cards', 'aria-label': 'Machines' });
  readonly #count = element('p', { class: 'soft', role: 'status' });
  readonly #missing = element('p', { class: 'trouble', role: 'alert', hidden: true });
  #shown: readonly { readonly words: string; readonly item: HTMLElement }[] = [];
  #isLoading = false;

  constructor(api: Api) {
    this.#api = api;
    this.search = element('input', {
      type: 'search',
      placeholder: 'Find a machine, a state, an event',
      'aria-label': 'Find a machine, a state or an event',
      oninput: () => this.#filter(),
      onkeydown: (event) => this.#fieldKey(event as KeyboardEvent),
    });
    this.element = element(
      'div',
      { class: 'gallery' },
      this.#missing,
      element(
        'header',
        {},
        element('h2', {}, 'Every machine of natter'),
        element(
          'p',
          { class: 'soft' },
          'Each is drawn from its definition in the code. Open one to step through it: nothing has to run for that.',
        ),
        this.search,
        this.#count,
      ),
      this.#grid,
    );
  }

  /** Somebody looked for one that is not among them; undefined for nobody. */
  miss(machine: string | undefined): void {
    this.#missing.hidden = machine === undefined;
    this.#missing.textContent =
      machine === undefined ? '' : `There is no machine ${plain(machine)}; these are all there are.`;
  }

  /** Fetches them, once. */
  async load(): Promise<void> {
    if (this.#isLoading || this.#shown.length > 0) return;
    this.#isLoading = true;
    try {
      const cards = await this.#api.get<readonly MachineCard[]>('/api/machines');
      const shown = cards.map((card) => ({ name: card.name, words: wordsOf(card), ...cardOf(card) }));
      this.#shown = shown;
      this.#grid.replaceChildren(...shown.map(({ item }) => item));
      this.#filter();
      // One after the other: asked for all at once, the last would wait for longer than a request may.
      for (const { name, picture } of shown) await this.#draw(name, picture);
    } catch {
      this.#count.textContent = 'The machines cannot be had now; come back to this tab to try again.';
    } finally {
      this.#isLoading = false;
    }
  }

  #filter(): void {
    const words = this.search.value.toLowerCase().split(/\s+/);
    let found = 0;
    for (const { words: text, item } of this.#shown) {
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) found++;
    }
    const of = found === this.#shown.length ? '' : ` of ${this.#shown.length}`;
    this.#count.textContent = found === 0 ? 'No machine has that.' : `${found}${of} machines`;
  }

  /** Down goes from the field to the cards, Enter opens the first that was found, Escape shows all, then leaves. */
  #fieldKey(event: KeyboardEvent): void {
    const first = this.#shown.find(({ item }) => !item.hidden)?.item.querySelector('a');
    if (event.key === 'ArrowDown') first?.focus();
    else if (event.key === 'Enter') first?.click();
    else if (event.key === 'Escape' && this.search.value !== '') {
      this.search.value = '';
      this.#filter();
    } else if (event.key === 'Escape') this.search.blur();
    else return;
    event.preventDefault();
  }

  async #draw(machine: string, picture: HTMLElement): Promise<void> {
    try {
      picture.replaceChildren(await this.#api.drawing('/api/chart', { machine }));
    } catch {
      // The card says what there is to say without its picture.
      picture.replaceChildren('no drawing now');
    }
  }
}

function cardOf({ name, what, runs, states, transitions, file }: MachineCard): {
  readonly item: HTMLElement;
  readonly picture: HTMLElement;
} {
  const picture = element('div', { class: 'picture', 'aria-hidden': 'true' }, 'drawing ..');
  const item = element(
    'li',
    {},
    element(
      'a',
      { href: hashOf('machines', name), 'aria-label': `${name}. ${what}` },
      picture,
      element('h3', {}, name, element('span', { class: 'tag' }, runs)),
      element('p', {}, what),
      element('p', { class: 'soft small' }, `${states} states, ${transitions} transitions · ${file}`),
    ),
  );
  return { item, picture };
}

function wordsOf({ name, what, runs, words }: MachineCard): string {
  return [name, what, runs, ...words].join(' ').toLowerCase();
}
