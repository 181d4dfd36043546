import { element } from './dom.js';

export interface VirtualListOptions {
  readonly rowPx: number;
  /** Makes one line; it will stand for many things in its life. */
  readonly make: () => HTMLElement;
  /** Has a line say what stands at this index. */
  readonly fill: (row: HTMLElement, index: number) => void;
}

/** So many lines above and below are ready before they are scrolled to. */
const SPARE = 4;

/**
 * A list of which only what is seen is in the page, whatever its length: lines of one height, used again and again,
 * placed by a transform. Filling happens once per drawn picture, however often it is asked for.
 */
export class VirtualList {
  /** What scrolls. */
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions;
  readonly #space = element('div', { class: 'rows', role: 'presentation' });
  readonly #rows: HTMLElement[] = [];
  #count = 0;
  #isAsked = false;

  constructor(scroller: HTMLElement, options: VirtualListOptions) {
    this.element = scroller;
    this.#options = options;
    scroller.append(this.#space);
    scroller.addEventListener('scroll', () => this.refresh(), { passive: true });
    new ResizeObserver(() => this.refresh()).observe(scroller);
  }

  get count(): number {
    return this.#count;
  }

  /** Lines in a window. */
  get page(): number {
    return Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowPx) - 1);
  }

  /** Sets how many there are, and draws. @param above so many came in above: what is seen stays where it is */
  resize(count: number, above = 0): void {
    if (count !== this.#count) {
      this.#count = count;
      this.#space.style.height = `${count * this.#options.rowPx}px`;
    }
    if (above > 0 && this.element.scrollTop > 0) this.element.scrollTop += above * this.#options.rowPx;
    this.refresh();
  }

  /** Draws what is seen, soon. */
  refresh(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  /** Scrolls as little as is needed to see it, and draws at once. */
  reveal(index: number): void {
    const { rowPx } = this.#options;
    const { scrollTop, clientHeight } = this.element;
    const top = index * rowPx;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowPx > scrollTop + clientHeight) this.element.scrollTop = top + rowPx - clientHeight;
    this.#draw();
  }

  #draw(): void {
    const { rowPx, make, fill } = this.#options;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / rowPx) - SPARE);
    const last = Math.min(this.#count, Math.ceil((scrollTop + clientHeight) / rowPx) + SPARE);
    const needed = clientHeight === 0 ? 0 : Math.max(0, last - first);
    while (this.#rows.length < needed) {
      const row = make();
      row.classList.add('row');
      this.#rows.push(row);
      this.#space.append(row);
    }
    for (const row of this.#rows.splice(needed)) row.remove();
    // Each index keeps its line while it stays in sight, so that a focused or hovered one does not change.
    for (let index = first; index < first + needed; index++) {
      const row = this.#rows[index % needed];
      if (row === undefined) continue;
      const place = `translateY(${index * rowPx}px)`;
      if (row.style.transform !== place) row.style.transform = place;
      fill(row, index);
    }
  }
}
