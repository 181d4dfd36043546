import type { RingSight } from '../../../actors/inspect/frames.js';
import { setAttribute, shape } from './dom.js';
import { type Circle, circleIn, nameOf, type PlacedDot, placeDots } from './ring-layout.js';
import { describe, lagText, roleText } from './ring-words.js';

/** A ring as a circle, as large as there is room for: names are as large as all other text, whatever the window. */
export class RingDrawing {
  readonly element = shape('svg', {
    class: 'ring',
    role: 'img',
    'aria-label': 'The ring; the list beside it says the same',
  });
  #circle: Circle = circleIn(0, 0);
  #sight: RingSight | undefined;
  #focused: string | undefined;

  /** @param focus somebody is pointed at, given by key */
  constructor(focus: (key: string) => void) {
    this.element.addEventListener('pointerover', ({ target }) => {
      const key = target instanceof Element && target.closest('[data-peer]')?.getAttribute('data-peer');
      if (key) focus(key);
    });
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  draw(sight: RingSight | undefined, focused: string | undefined): void {
    this.#sight = sight;
    this.#focused = focused;
    if (sight === undefined) {
      this.element.replaceChildren();
      return;
    }
    const { x, y, radius } = this.#circle;
    const placed = placeDots(sight, this.#circle);
    const lines = placed.filter(({ path }) => path !== undefined).map((each) => this.#link(each));
    const dots = placed.map((each) => this.#dot(each));
    const circle = shape('circle', { class: 'circle', cx: x, cy: y, r: radius });
    this.element.replaceChildren(circle, ...lines, ...dots, ...this.#middle(placed));
  }

  /** A hidden one has no size; it is drawn as soon as it has. */
  #fit(): void {
    const { width, height } = this.element.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    setAttribute(this.element, 'viewBox', `0 0 ${width} ${height}`);
    this.#circle = circleIn(width, height);
    this.draw(this.#sight, this.#focused);
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
    const { x, y } = this.#circle;
    const line = (text: string, dy: number, name: string) =>
      shape('text', { class: name, x, y: y + dy, 'text-anchor': 'middle' }, text);
    return [
      line(nameOf(dot, 24), -12, 'about strong'),
      line(roleText(dot), 8, 'about'),
      line(lagText(dot), 28, 'about'),
    ];
  }
}
