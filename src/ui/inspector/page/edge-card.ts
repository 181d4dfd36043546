import type { Chart, ChartEdge } from '../../../chart/chart.js';
import { element } from './dom.js';
import { plain } from './text.js';

/** What is to be known of one edge: whence, whither, upon what, under which condition, doing what. */
export class EdgeCard {
  readonly element = element('section', { class: 'card', 'aria-label': 'Chosen transition', hidden: true });
  readonly #close: () => void;

  /** @param close nobody wants to see it any more */
  constructor(close: () => void) {
    this.#close = close;
  }

  /** @param chart undefined until it is there: an edge's id says nothing to people */
  show(chart: Chart | undefined, id: string | undefined): void {
    const edge = chart?.edges.find((each) => each.id === id);
    this.element.hidden = id === undefined;
    if (id === undefined) return;
    const title = edge ? plain(edge.label) : chart ? 'There is no such transition' : 'A transition';
    const close = element(
      'button',
      { type: 'button', class: 'quiet', title: 'Show all events (Escape)', onclick: () => this.#close() },
      'Show all events',
    );
    this.element.replaceChildren(
      element('div', { class: 'bar' }, element('h2', {}, title), close),
      element('dl', { class: 'facts' }, ...(edge ? rows(edge) : [])),
    );
  }
}

function rows(edge: ChartEdge): HTMLElement[] {
  const { source, targets, guard, actions, event, reenter } = edge;
  const facts: readonly (readonly [string, string])[] = [
    ['From', source],
    [
      'To',
      targets.length > 0 ? targets.join(', ') : reenter ? `${source}, entered anew` : 'stays where it is',
    ],
    ['Event', event === '' ? 'none: as soon as it may' : event],
    ['Guard', guard ?? 'none: it always may'],
    ['Actions', actions.length > 0 ? actions.join(', ') : 'none'],
  ];
  return facts.flatMap(([name, value]) => [
    element('dt', {}, name),
    element('dd', { class: 'mono' }, plain(value)),
  ]);
}
