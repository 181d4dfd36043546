import type { RingDot, RingSight } from '../../../actors/inspect/frames.js';
import { element, setAttribute, setText, shape } from './dom.js';
import { nameOf, type PlacedDot, placeDots, RADIUS, SIZE, turnOf } from './ring-layout.js';
import { countText, plain } from './text.js';
import type { View } from './view.js';

const ROLES: Readonly<Record<RingDot['role'], string>> = {
  self: 'you',
  successor: 'successor',
  predecessor: 'predecessor',
  long: 'long link',
  other: 'other link',
  known: 'known',
};
const LEGEND: readonly (readonly [string, string])[] = [
  ['successor', 'successor'],
  ['predecessor', 'predecessor'],
  ['long', 'long link'],
  ['other', 'other link'],
  ['suspect', 'suspect'],
  ['broken', 'broken'],
];

/** The ring as this peer sees it: a drawing, and the same as a list. */
export class RingView implements View {
  readonly id = 'ring';
  readonly title = 'Ring';
  readonly element: HTMLElement;
  readonly keys = [{ keys: 'Arrows', does: 'go from peer to peer in the list' }];
  readonly #seen: (isSeen: boolean) => void;
  readonly #state = element('p', { class: 'soft', role: 'status' }, 'Nothing is known of a ring yet.');
  readonly #drawing = shape('svg', {
    class: 'ring',
    viewBox: `0 0 ${SIZE} ${SIZE}`,
    role: 'img',
    'aria-label': 'The ring; the list beside it says the same',
  });
  readonly #list: HTMLElement;
  #sight: RingSight | undefined;
  #focused: string | undefined;
  #isAsked = false;

  /** @param seen this page shows the ring from now on, or no more */
  constructor(seen: (isSeen: boolean) => void) {
    this.#seen = seen;
    this.#list = element('div', {
      class: 'scroller peers',
      role: 'listbox',
      tabindex: 0,
      'aria-label': 'Peers, clockwise from you',
      onkeydown: (event) => this.#key(event as KeyboardEvent),
    });
    this.element = element(
      'section',
      { class: 'ring-view', 'aria-label': this.title },
      element('div', { class: 'ring-stage' }, this.#drawing, legend()),
      element(
        'div',
        { class: 'side' },
        element('div', { class: 'bar' }, element('h2', {}, 'Peers'), this.#state),
        this.#list,
      ),
    );
    for (const name of ['pointerover', 'focusin'] as const)
      this.#drawing.addEventListener(name, ({ target }) => this.#point(target));
  }

  show(): void {
    this.#seen(true);
  }

  hide(): void {
    this.#seen(false);
  }

  key(): boolean {
    return false;
  }

  take(sight: RingSight): void {
    this.#sight = sight;
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const sight = this.#sight;
    if (sight === undefined) return;
    const placed = placeDots(sight);
    setText(this.#state, `${plain(sight.state)} · ${countText(placed.length - 1, 'other peer')}`);
    const lines = placed.filter(({ path }) => path !== undefined).map((each) => this.#link(each));
    const dots = placed.map((each) => this.#dot(each));
    const circle = shape('circle', { class: 'circle', cx: SIZE / 2, cy: SIZE / 2, r: RADIUS });
    this.#drawing.replaceChildren(circle, ...lines, ...dots, ...this.#middle(placed));
    const clockwise = placed
      .map(({ dot }) => dot)
      .sort((a, b) => turnOf(a, sight.self) - turnOf(b, sight.self));
    this.#fillList(clockwise);
  }

  #link({ dot, path = '' }: PlacedDot): SVGElement {
    const focused = dot.key === this.#focused ? ' focused' : '';
    return shape('path', { class: `link ${dot.role} ${dot.link}${focused}`, d: path, 'data-peer': dot.key });
  }

  #dot({ dot, x, y, label }: PlacedDot): SVGElement {
    const focused = dot.key === this.#focused ? ' focused' : '';
    const name = label && shape('text', { x: label.x, y: label.y, 'text-anchor': label.anchor }, label.text);
    return shape(
      'g',
      { class: `peer ${dot.role} ${dot.link}${focused}`, 'data-peer': dot.key },
      shape('title', {}, describe(dot)),
      shape('circle', { cx: x, cy: y, r: dot.role === 'self' ? 9 : 6 }),
      name,
    );
  }

  /** What is pointed at, in the middle of the ring. */
  #middle(placed: readonly PlacedDot[]): SVGElement[] {
    const dot = placed.find(({ dot: { key } }) => key === this.#focused)?.dot;
    if (dot === undefined) return [];
    const line = (text: string, dy: number, name: string) =>
      shape('text', { class: name, x: SIZE / 2, y: SIZE / 2 + dy, 'text-anchor': 'middle' }, text);
    return [
      line(nameOf(dot, 24), -12, 'about strong'),
      line(`${ROLES[dot.role]}${linkText(dot)}`, 8, 'about'),
      line(lagText(dot), 28, 'about'),
    ];
  }

  #fillList(dots: readonly RingDot[]): void {
    while (this.#list.childElementCount > dots.length) this.#list.lastElementChild?.remove();
    while (this.#list.childElementCount < dots.length) this.#list.append(makePeer((key) => this.#focus(key)));
    for (const [index, dot] of dots.entries()) {
      const line = this.#list.children[index];
      if (line === undefined) continue;
      const [mark, name, role, lag] = line.children;
      if (!mark || !name || !role || !lag) continue;
      setAttribute(mark, 'class', `mark ${dot.role} ${dot.link}`);
      setText(name, nameOf(dot, 64));
      setText(role, `${ROLES[dot.role]}${linkText(dot)}`);
      setText(lag, lagText(dot));
      setAttribute(line, 'id', `peer-${index}`);
      setAttribute(line, 'data-peer', dot.key);
      setAttribute(line, 'title', dot.key);
      const isFocused = dot.key === this.#focused;
      setAttribute(line, 'aria-selected', String(isFocused));
      if (isFocused) setAttribute(this.#list, 'aria-activedescendant', line.id);
    }
  }

  #point(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const key = target.closest('[data-peer]')?.getAttribute('data-peer');
    if (key) this.#focus(key);
  }

  #focus(key: string): void {
    if (key === this.#focused) return;
    this.#focused = key;
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    const lines = [...this.#list.children];
    const at = lines.findIndex((line) => line.getAttribute('data-peer') === this.#focused);
    let next: number;
    if (event.key === 'ArrowDown') next = Math.min(lines.length - 1, at + 1);
    else if (event.key === 'ArrowUp') next = Math.max(0, at - 1);
    else if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = lines.length - 1;
    else return;
    event.preventDefault();
    this.#focus(lines[next]?.getAttribute('data-peer') ?? '');
    lines[next]?.scrollIntoView({ block: 'nearest' });
  }
}

function makePeer(focus: (key: string) => void): HTMLElement {
  const part = (name: string) => element('span', { class: name });
  const line = element(
    'div',
    { class: 'peer-line', role: 'option' },
    part('mark'),
    part('name'),
    part('role'),
    part('lag'),
  );
  for (const name of ['pointerover', 'click'] as const)
    line.addEventListener(name, () => focus(line.getAttribute('data-peer') ?? ''));
  return line;
}

function linkText({ link }: RingDot): string {
  return link === 'broken' || link === 'suspect' ? `, ${link}` : '';
}

function lagText({ lagMs }: RingDot): string {
  return lagMs === undefined ? '' : `${lagMs < 10 ? lagMs.toFixed(1) : Math.round(lagMs)} ms`;
}

function describe(dot: RingDot): string {
  return [nameOf(dot, 40), ROLES[dot.role] + linkText(dot), lagText(dot)]
    .filter((part) => part !== '')
    .join(', ');
}

function legend(): HTMLElement {
  const items = LEGEND.map(([name, text]) =>
    element('li', {}, element('span', { class: `sample ${name}`, 'aria-hidden': 'true' }), text),
  );
  return element('ul', { class: 'legend', 'aria-label': 'What the lines mean' }, ...items);
}
