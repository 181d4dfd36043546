import { element } from './dom.js';

export interface GuardAnswer {
  readonly answer: boolean;
  /** Do not ask again for this one. */
  readonly isKept: boolean;
}

/** Asks the person what a guard answers: Y and N do it too, Escape takes the step back. */
export class GuardDialog {
  readonly element: HTMLDialogElement;
  readonly #question = element('h2');
  readonly #about = element('p', { class: 'soft' });
  readonly #keep = element('input', { type: 'checkbox' });
  readonly #yes = element('button', { type: 'button', onclick: () => this.#end(true) }, 'Yes');
  readonly #no = element('button', { type: 'button', onclick: () => this.#end(false) }, 'No');
  #answer: ((answer: GuardAnswer | undefined) => void) | undefined;

  constructor() {
    this.element = element(
      'dialog',
      {
        class: 'guard',
        'aria-label': 'A guard asks',
        onclose: () => this.#settle(undefined),
        onkeydown: (event) => this.#key(event as KeyboardEvent),
      },
      this.#question,
      this.#about,
      element('label', {}, this.#keep, ' Remember this answer'),
      element(
        'p',
        { class: 'buttons' },
        this.#yes,
        this.#no,
        element('button', { type: 'button', class: 'quiet', onclick: () => this.element.close() }, 'Cancel'),
      ),
    );
  }

  /** @param label the event it decides about. @param likely which answer leads where the person pointed */
  ask(guard: string, label: string, likely: boolean): Promise<GuardAnswer | undefined> {
    this.#settle(undefined);
    this.#question.replaceChildren(element('code', {}, guard), '?');
    this.#about.replaceChildren(
      'It decides about ',
      element('code', {}, label),
      '. In a running program the code answers.',
    );
    this.#yes.classList.toggle('strong', likely);
    this.#no.classList.toggle('strong', !likely);
    this.element.showModal();
    (likely ? this.#yes : this.#no).focus();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    if (key !== 'y' && key !== 'n') return;
    event.preventDefault();
    this.#end(key === 'y');
  }

  #end(answer: boolean): void {
    this.#settle({ answer, isKept: this.#keep.checked });
    this.element.close();
  }

  #settle(answer: GuardAnswer | undefined): void {
    const settle = this.#answer;
    this.#answer = undefined;
    settle?.(answer);
  }
}
