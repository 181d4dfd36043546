import type { ChartState } from '../../../chart/chart.js';
import type { Step } from '../../../chart/stepper.js';
import type { Api } from './api.js';
import { element } from './dom.js';
import { answersText, BEGIN } from './step-text.js';

export interface WaysHooks {
  /** Goes there at once, or one step after the other. */
  go(steps: readonly Step[], isSlow: boolean): void;
  /** Marks the state that is looked for. */
  chosen(state: string | undefined): void;
  /** What an event is called. */
  label(event: string): string;
}

/** The shortest ways from the beginning to a state. */
export class Ways {
  readonly element: HTMLElement;
  readonly #api: Api;
  readonly #hooks: WaysHooks;
  readonly #field: HTMLSelectElement;
  readonly #list = element('ul', { class: 'ways', 'aria-live': 'polite' });
  #machine = '';

  constructor(api: Api, hooks: WaysHooks) {
    this.#api = api;
    this.#hooks = hooks;
    this.#field = element('select', { 'aria-label': 'State to find ways to', onchange: () => this.#find() });
    this.element = element('div', {}, this.#field, this.#list);
  }

  /** Another machine. */
  show(machine: string, root: ChartState): void {
    this.#machine = machine;
    const options: HTMLOptionElement[] = [element('option', { value: '' }, 'choose a state')];
    const visit = (state: ChartState, depth: number) => {
      options.push(element('option', { value: state.id }, `${'  '.repeat(depth)}${state.name}`));
      for (const inner of state.states) visit(inner, depth + 1);
    };
    for (const state of root.states) visit(state, 0);
    this.#field.replaceChildren(...options);
    this.#list.replaceChildren();
  }

  /** As if the person had chosen it from the list. */
  choose(state: string): void {
    this.#field.value = state;
    void this.#find();
  }

  get state(): string | undefined {
    return this.#field.value === '' ? undefined : this.#field.value;
  }

  async #find(): Promise<void> {
    const { state } = this;
    const machine = this.#machine;
    this.#hooks.chosen(state);
    this.#list.replaceChildren();
    if (state === undefined) return;
    try {
      const { ways } = await this.#api.post<{ ways: readonly (readonly Step[])[] }>('/api/ways', {
        machine,
        state,
      });
      if (this.#machine !== machine || this.state !== state) return;
      const none = element('li', { class: 'soft' }, 'There is no way to it.');
      this.#list.replaceChildren(...(ways.length === 0 ? [none] : ways.map((way) => this.#row(way))));
      // They stand below all else: who asked for them need not know that.
      this.#list.firstElementChild?.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      this.#list.replaceChildren(
        element('li', { class: 'soft' }, error instanceof Error ? error.message : ''),
      );
    }
  }

  #row(way: readonly Step[]): HTMLElement {
    const count = way.length - 1;
    const words = way.map(({ event, answers }) => {
      const said = answersText(answers);
      const name = event === BEGIN ? 'begin' : this.#hooks.label(event);
      return said === '' ? name : `${name} (${said})`;
    });
    const steps = count === 1 ? '1 step' : `${count} steps`;
    const button = (text: string, isSlow: boolean) =>
      element('button', { type: 'button', onclick: () => this.#hooks.go(way, isSlow) }, text);
    return element(
      'li',
      {},
      element('p', {}, element('strong', {}, steps), `: ${words.join(' → ')}`),
      element('p', { class: 'buttons' }, button('Play', true), button('Go there', false)),
    );
  }
}
