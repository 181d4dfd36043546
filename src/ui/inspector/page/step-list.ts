import { element } from './dom.js';
import type { Taken } from './simulation.js';
import { innermost } from './states.js';
import { answersText } from './step-text.js';

/** The steps so far, each a way back to where it led. */
export class StepList {
  readonly element = element('ol', { class: 'steps', start: 0, 'aria-label': 'Steps so far' });
  readonly #back: (count: number) => void;

  /** @param back goes back until only so many steps are taken */
  constructor(back: (count: number) => void) {
    this.#back = back;
  }

  show(taken: readonly Taken[]): void {
    const rows = taken.map(({ step, label, standing }, index) => {
      const isLast = index === taken.length - 1;
      const answers = answersText(step.answers);
      const where = leavesOf(standing.active).join(' + ');
      const button = element(
        'button',
        {
          type: 'button',
          class: 'quiet',
          disabled: isLast,
          title: isLast ? 'You are here' : 'Go back to here',
          onclick: () => this.#back(index + 1),
        },
        element('strong', {}, label),
        answers === '' ? undefined : element('span', { class: 'soft' }, ` (${answers})`),
        element(
          'span',
          { class: 'soft' },
          standing.taken.length > 0 || index === 0 ? ` → ${where}` : ' refused',
        ),
      );
      return element('li', isLast ? { 'aria-current': 'step' } : {}, button);
    });
    this.element.replaceChildren(...rows);
    // The list alone: in a narrow window the whole page would go along and hide the chart.
    this.element.scrollTop = this.element.scrollHeight;
  }
}

/** The innermost of some states, as people name them: `live.doubting`. */
export function leavesOf(active: readonly string[]): string[] {
  return innermost(active).map((id) => id.slice(id.indexOf('.') + 1));
}
