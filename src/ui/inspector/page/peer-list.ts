import type { RingDot } from '../../../actors/inspect/frames.js';
import { element, setAttribute, setText } from './dom.js';
import { nameOf } from './ring-layout.js';
import { lagText, roleText } from './ring-words.js';

/** Everybody in a ring, clockwise from oneself. */
export class PeerList {
  readonly element = element('div', {
    class: 'scroller peers',
    role: 'listbox',
    tabindex: 0,
    'aria-label': 'Peers, clockwise from you',
    onkeydown: (event) => this.#key(event as KeyboardEvent),
  });
  readonly #focus: (key: string) => void;

  /** @param focus somebody is pointed at, given by key */
  constructor(focus: (key: string) => void) {
    this.#focus = focus;
  }

  /** Lines are used again: one under the pointer stays the same one. */
  fill(dots: readonly RingDot[], focused: string | undefined): void {
    const list = this.element;
    while (list.childElementCount > dots.length) list.lastElementChild?.remove();
    while (list.childElementCount < dots.length) list.append(this.#makeLine());
    setAttribute(list, 'aria-activedescendant', undefined);
    for (const [index, dot] of dots.entries()) {
      const line = list.children[index];
      if (line === undefined) continue;
      const [mark, name, role, lag] = line.children;
      if (!mark || !name || !role || !lag) continue;
      setAttribute(mark, 'class', `mark ${dot.role} ${dot.link}`);
      setText(name, nameOf(dot, 64));
      setText(role, roleText(dot));
      setText(lag, lagText(dot));
      setAttribute(line, 'id', `peer-${index}`);
      setAttribute(line, 'data-peer', dot.key);
      setAttribute(line, 'title', dot.key);
      const isFocused = dot.key === focused;
      setAttribute(line, 'aria-selected', String(isFocused));
      if (isFocused) setAttribute(list, 'aria-activedescendant', line.id);
    }
  }

  #makeLine(): HTMLElement {
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
      line.addEventListener(name, () => this.#focus(line.getAttribute('data-peer') ?? ''));
    return line;
  }

  #key(event: KeyboardEvent): void {
    const lines = [...this.element.children];
    const at = lines.findIndex((line) => line.getAttribute('aria-selected') === 'true');
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
