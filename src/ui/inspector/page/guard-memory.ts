import { element } from './dom.js';

type Choice = 'ask' | 'yes' | 'no';
const WORDS: Readonly<Record<Choice, string>> = { ask: 'ask me', yes: 'yes', no: 'no' };

/** What the person has said of each guard of a machine, to be seen and changed. */
export class GuardMemory {
  readonly element = element('ul', { class: 'guards', 'aria-label': 'Guards and their answers' });
  readonly #answers = new Map<string, boolean>();
  readonly #fields = new Map<string, HTMLSelectElement>();

  /** Another machine has other guards. */
  show(guards: readonly string[]): void {
    this.#answers.clear();
    this.#fields.clear();
    const rows = [...new Set(guards)].map((guard) => {
      const options = (Object.keys(WORDS) as Choice[]).map((choice) =>
        element('option', { value: choice }, WORDS[choice]),
      );
      const field = element('select', { onchange: () => this.#choose(guard, field.value) }, ...options);
      this.#fields.set(guard, field);
      return element('li', {}, element('label', {}, element('code', {}, guard), field));
    });
    this.element.replaceChildren(...rows);
  }

  /** Undefined: the person is to be asked. */
  get(guard: string): boolean | undefined {
    return this.#answers.get(guard);
  }

  keep(guard: string, answer: boolean): void {
    this.#answers.set(guard, answer);
    const field = this.#fields.get(guard);
    if (field !== undefined) field.value = answer ? 'yes' : 'no';
  }

  #choose(guard: string, choice: string): void {
    if (choice === 'ask') this.#answers.delete(guard);
    else this.#answers.set(guard, choice === 'yes');
  }
}
