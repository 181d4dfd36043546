import type { RingRow } from '../../../actors/inspect/frames.js';
import { element, setAttribute, setText } from './dom.js';
import { PeerList } from './peer-list.js';
import { hashOf } from './place.js';
import { RingDrawing } from './ring-drawing.js';
import { turnOf } from './ring-layout.js';
import { countText, plain } from './text.js';
import type { View } from './view.js';

const LEGEND = ['successor', 'predecessor', 'long link', 'other link', 'suspect', 'broken'];

/** The rings that this program takes part in, one at a time, as its peer sees it: a drawing, and the same as a list. */
export class RingView implements View {
  readonly id = 'ring';
  readonly title = 'Ring';
  readonly element: HTMLElement;
  readonly keys = [{ keys: 'Arrows', does: 'go from peer to peer in the list' }];
  readonly #seen: (isSeen: boolean) => void;
  readonly #drawing = new RingDrawing((key) => this.#focus(key));
  readonly #list = new PeerList((key) => this.#focus(key));
  readonly #name = element('h2');
  readonly #state = element('p', { class: 'soft', role: 'status' });
  /** To the other rings, where there are several. */
  readonly #others = element('nav', { class: 'rings', 'aria-label': 'Rings', hidden: true });
  readonly #nothing = element('p', { class: 'empty' });
  readonly #parts: readonly HTMLElement[];
  /** Undefined until it is known which there are. */
  #rings: readonly RingRow[] | undefined;
  /** The thread of the one that the address names. */
  #chosen: string | undefined;
  #focused: string | undefined;
  #isAsked = false;

  /** @param seen this page shows a ring from now on, or no more */
  constructor(seen: (isSeen: boolean) => void) {
    this.#seen = seen;
    this.#parts = [
      element('div', { class: 'ring-stage' }, this.#drawing.element, legend()),
      element(
        'div',
        { class: 'side' },
        this.#others,
        element('div', { class: 'bar' }, this.#name, this.#state),
        this.#list.element,
      ),
    ];
    this.element = element(
      'section',
      { class: 'ring-view', 'aria-label': this.title },
      ...this.#parts,
      this.#nothing,
    );
    this.#draw();
  }

  show([thread]: readonly string[]): void {
    this.#chosen = thread;
    this.#seen(true);
    this.#draw();
  }

  hide(): void {
    this.#seen(false);
  }

  key(): boolean {
    return false;
  }

  take(rings: readonly RingRow[]): void {
    this.#rings = rings;
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const rings = this.#rings ?? [];
    const ring = rings.find(({ thread }) => thread === this.#chosen) ?? rings[0];
    for (const part of this.#parts) part.hidden = ring === undefined;
    this.#nothing.hidden = ring !== undefined;
    setText(
      this.#nothing,
      this.#rings === undefined ? 'Asking for the ring…' : 'This program is in no ring.',
    );
    if (ring === undefined) return;
    this.#offer(rings, ring);
    setText(this.#name, plain(ring.name));
    const { sight } = ring;
    this.#drawing.draw(sight, this.#focused);
    const dots = sight === undefined ? [] : [sight.self, ...sight.dots];
    const clockwise = sight && dots.toSorted((a, b) => turnOf(a, sight.self) - turnOf(b, sight.self));
    this.#list.fill(clockwise ?? [], this.#focused);
    const others = countText(dots.length - 1, 'other peer');
    setText(
      this.#state,
      sight === undefined ? 'Nothing is known of it yet.' : `${plain(sight.state)} · ${others}`,
    );
  }

  #offer(rings: readonly RingRow[], shown: RingRow): void {
    this.#others.hidden = rings.length < 2;
    const links = [...this.#others.children];
    const isSame =
      links.length === rings.length && rings.every((ring, at) => links[at]?.textContent === titleOf(ring));
    if (!isSame)
      this.#others.replaceChildren(
        ...rings.map((ring) => element('a', { href: hashOf(this.id, ring.thread) }, titleOf(ring))),
      );
    for (const [at, ring] of rings.entries()) {
      const link = this.#others.children[at];
      if (link) setAttribute(link, 'aria-current', ring === shown ? 'true' : undefined);
    }
  }

  #focus(key: string): void {
    if (key === this.#focused) return;
    this.#focused = key;
    this.#draw();
  }
}

/** Two may have the same name: the thread tells them apart. */
function titleOf({ name, thread }: RingRow): string {
  return `${plain(name)} (${thread})`;
}

function legend(): HTMLElement {
  const items = LEGEND.map((text) =>
    element(
      'li',
      {},
      element('span', { class: `sample ${text.split(' ')[0]}`, 'aria-hidden': 'true' }),
      text,
    ),
  );
  return element('ul', { class: 'legend', 'aria-label': 'What the lines mean' }, ...items);
}
