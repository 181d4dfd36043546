/** Light, dark, or whatever the system has: kept in the browser, toggled by a button. */
import { element } from './dom.js';

const CHOICES = ['system', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];

const SIGNS: Readonly<Record<Choice, string>> = { system: '◐', light: '☀', dark: '☾' };
const KEPT = 'natter-theme';

export class Theme {
  readonly button = element('button', { type: 'button', class: 'quiet', onclick: () => this.next() });
  #choice: Choice = kept();

  constructor() {
    this.#apply();
  }

  next(): void {
    this.#choice = CHOICES[(CHOICES.indexOf(this.#choice) + 1) % CHOICES.length] ?? 'system';
    try {
      localStorage.setItem(KEPT, this.#choice);
    } catch {
      // A browser that keeps nothing still shows it.
    }
    this.#apply();
  }

  #apply(): void {
    const { dataset } = document.documentElement;
    if (this.#choice === 'system') delete dataset.theme;
    else dataset.theme = this.#choice;
    this.button.textContent = SIGNS[this.#choice];
    this.button.title = `Colours: ${this.#choice} (t)`;
    this.button.setAttribute('aria-label', `Colours: ${this.#choice}. Change`);
  }
}

function kept(): Choice {
  try {
    const choice = localStorage.getItem(KEPT);
    return CHOICES.find((each) => each === choice) ?? 'system';
  } catch {
    return 'system';
  }
}
