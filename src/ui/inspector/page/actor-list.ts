import type { Frame } from '../../../actors/inspect/frames.js';
import { fillLine, makeLine } from './actor-line.js';
import { ActorTree, type Entry } from './actor-tree.js';
import { element, setAttribute, setText } from './dom.js';
import { searchOf } from './search.js';
import { countText, numberText } from './text.js';
import { VirtualList } from './virtual-list.js';

const ROW_PX = 26;
/** A search is carried out when nobody has typed for so long. */
const TYPED_MS = 80;

/** The tree of all actors, searchable, with a cursor for the keyboard. */
export class ActorList {
  readonly element: HTMLElement;
  readonly tree = new ActorTree();
  readonly #choose: (key: string) => void;
  readonly #field: HTMLInputElement;
  readonly #count = element('p', { class: 'soft found', role: 'status' });
  readonly #scroller: HTMLElement;
  readonly #list: VirtualList;
  #entries: readonly Entry[] = [];
  /** Where the keyboard is. */
  #cursor: string | undefined;
  #chosen: string | undefined;
  #typed = 0;

  /** @param choose an actor was chosen, by `thread actor` */
  constructor(choose: (key: string) => void) {
    this.#choose = choose;
    this.#field = element('input', {
      type: 'search',
      placeholder: 'Search: room, open, restarts>0 …',
      'aria-label': 'Search actors by name, kind, state or machine, or by restarts>0, mailbox>10',
      title:
        'Words that must all be found; also kind:room, state:open, thread:core-0, restarts>0, mailbox>10 (/)',
      spellcheck: 'false',
      oninput: () => this.#type(),
      onkeydown: (event) => this.#fieldKey(event as KeyboardEvent),
    });
    this.#scroller = element('div', {
      class: 'scroller',
      role: 'tree',
      tabindex: 0,
      'aria-label': 'Actors by thread and kind',
      onclick: (event) => this.#click(event.target),
      onkeydown: (event) => this.#key(event as KeyboardEvent),
    });
    this.#list = new VirtualList(this.#scroller, {
      rowPx: ROW_PX,
      make: makeLine,
      fill: (line, index) => this.#fill(line, index),
    });
    this.element = element(
      'div',
      { class: 'actors' },
      element('div', { class: 'field' }, this.#field),
      element(
        'div',
        { class: 'actor-line heads', 'aria-hidden': 'true' },
        element('span', {}),
        element('span', {}, 'Actor'),
        element('span', {}, 'State'),
        element('span', { class: 'mailbox', title: 'Unread messages' }, 'Mail'),
        element('span', { class: 'restarts', title: 'Restarts' }, '↻'),
      ),
      this.#scroller,
      this.#count,
    );
  }

  take(frame: Frame): void {
    this.tree.take(frame);
    this.#refresh();
  }

  /** Marks the chosen one, and shows where it is. */
  choose(key: string | undefined): void {
    if (key !== undefined && key !== this.#chosen) {
      this.#cursor = key;
      // Also when a search shows it already: it is to be seen when that is given up.
      this.tree.reveal(key);
    }
    this.#chosen = key;
    this.#refresh();
    const index = this.#index();
    if (index >= 0) this.#list.reveal(index);
  }

  focusSearch(): void {
    this.#field.focus();
    this.#field.select();
  }

  #refresh(): void {
    const { entries, size } = this.tree;
    this.#entries = entries;
    this.#list.resize(entries.length);
    const found = this.tree.found;
    const all = countText(size, 'actor');
    setText(this.#count, found === size ? all : `${numberText(found)} of ${all}`);
  }

  #fill(line: HTMLElement, index: number): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    fillLine(line, entry, this.tree, entry.key === this.#chosen);
    const isCursor = entry.key === this.#cursor;
    setAttribute(line, 'id', `actor-line-${index}`);
    setAttribute(line, 'aria-posinset', String(index + 1));
    setAttribute(line, 'aria-setsize', String(this.#entries.length));
    setAttribute(line, 'data-cursor', isCursor ? '' : undefined);
    if (isCursor) setAttribute(this.#scroller, 'aria-activedescendant', line.id);
  }

  #type(): void {
    clearTimeout(this.#typed);
    this.#typed = setTimeout(() => {
      this.#search();
      // Once a search is given up, the chosen one is where one looks.
      const index = this.#field.value === '' ? this.#index() : 0;
      if (index > 0) this.#list.reveal(index);
      else this.#scroller.scrollTop = 0;
    }, TYPED_MS);
  }

  #search(): void {
    this.tree.search(searchOf(this.#field.value));
    this.#refresh();
  }

  /** Down goes from the field into the list; Enter chooses the first that was found; Escape gives up, then leaves. */
  #fieldKey(event: KeyboardEvent): void {
    const { key } = event;
    const isGivenUp = key === 'Escape' && this.#field.value !== '';
    if (isGivenUp) {
      this.#field.value = '';
      this.#type();
    } else if (key === 'ArrowDown' || key === 'Enter') {
      // Whoever types fast is ahead of the search, and would go into the list as it was before.
      clearTimeout(this.#typed);
      this.#search();
      this.#moveTo(this.#firstActor());
      if (key === 'Enter') this.#enter();
    } else if (key !== 'Escape') return;
    event.preventDefault();
    if (!isGivenUp) this.#scroller.focus();
  }

  #firstActor(): number {
    return Math.max(
      0,
      this.#entries.findIndex(({ type }) => type === 'actor'),
    );
  }

  #click(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const key = target.closest('.actor-line')?.getAttribute('data-key');
    const index = this.#entries.findIndex((entry) => entry.key === key);
    const entry = this.#entries[index];
    if (entry === undefined) return;
    this.#moveTo(index);
    if (entry.type === 'actor') this.#choose(entry.key);
    else this.#open(entry, !this.tree.isOpen(entry));
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.#index();
    const last = this.#entries.length - 1;
    if (key === 'ArrowDown') this.#moveTo(Math.min(last, index + 1));
    else if (key === 'ArrowUp') this.#moveTo(Math.max(0, index - 1));
    else if (key === 'PageDown') this.#moveTo(Math.min(last, index + this.#list.page));
    else if (key === 'PageUp') this.#moveTo(Math.max(0, index - this.#list.page));
    else if (key === 'Home') this.#moveTo(0);
    else if (key === 'End') this.#moveTo(last);
    else if (key === 'ArrowRight') this.#inward(index);
    else if (key === 'ArrowLeft') this.#outward(index);
    else if (key === 'Enter' || key === ' ') this.#enter();
    else return;
    event.preventDefault();
  }

  #index(): number {
    return this.#entries.findIndex(({ key }) => key === this.#cursor);
  }

  #moveTo(index: number): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    this.#cursor = entry.key;
    this.#list.reveal(index);
  }

  #enter(): void {
    const entry = this.#entries[this.#index()];
    if (entry?.type === 'actor') this.#choose(entry.key);
    else if (entry) this.#open(entry, !this.tree.isOpen(entry));
  }

  #inward(index: number): void {
    const entry = this.#entries[index];
    if (entry === undefined || entry.type === 'actor') return;
    if (this.tree.isOpen(entry)) this.#moveTo(index + 1);
    else this.#open(entry, true);
  }

  #outward(index: number): void {
    const entry = this.#entries[index];
    if (entry !== undefined && this.tree.isOpen(entry)) {
      this.#open(entry, false);
      return;
    }
    // To the line that this one stands below.
    let above = index - 1;
    while (above > 0 && levelOf(this.#entries[above]) >= levelOf(entry)) above--;
    this.#moveTo(above);
  }

  #open(entry: Entry, isOpen: boolean): void {
    this.tree.open(entry, isOpen);
    this.#refresh();
  }
}

function levelOf(entry: Entry | undefined): number {
  if (entry === undefined || entry.type === 'thread') return 1;
  return entry.type === 'group' ? 2 : entry.level;
}
