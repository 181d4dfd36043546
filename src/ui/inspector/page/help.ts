import { element } from './dom.js';
import type { KeyHelp, View } from './view.js';

const EVERYWHERE: readonly KeyHelp[] = [
  { keys: 't', does: 'change the colours' },
  { keys: '?', does: 'show this list' },
  { keys: 'Tab', does: 'go to the next part of the page' },
];
const IN_A_CHART: readonly KeyHelp[] = [
  { keys: 'Arrows', does: 'move it; on an edge, go to the next one' },
  { keys: '+ -', does: 'zoom' },
  { keys: '0', does: 'show all of it' },
  { keys: 'Enter', does: 'choose the edge' },
];

/** The list of keys, as a dialog that Escape closes. */
export class Help {
  readonly #dialog = element('dialog', { 'aria-label': 'Keys' });

  constructor() {
    document.body.append(this.#dialog);
  }

  /** @param views how many there are to go to */
  show(view: View, views: number): void {
    const digits = Array.from({ length: views }, (_, index) => index + 1).join(' ');
    this.#dialog.replaceChildren(
      element('h2', {}, 'Keys'),
      ...list('Everywhere', [{ keys: digits, does: 'go to a view' }, ...EVERYWHERE]),
      ...list(view.title, view.keys),
      ...list('In a chart', IN_A_CHART),
      element('form', { method: 'dialog' }, element('button', { class: 'strong' }, 'Close')),
    );
    this.#dialog.showModal();
  }
}

function list(title: string, keys: readonly KeyHelp[]): HTMLElement[] {
  if (keys.length === 0) return [];
  const rows = keys.flatMap(({ keys, does }) => [
    element('dt', {}, ...keys.split(' ').map((key) => element('kbd', {}, key))),
    element('dd', {}, does),
  ]);
  return [element('h3', {}, title), element('dl', {}, ...rows)];
}
