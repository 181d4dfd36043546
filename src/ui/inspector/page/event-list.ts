import type { ActorEvent } from '../../../actors/inspect/frames.js';
import { element, setAttribute, setText } from './dom.js';
import { bytesText, countText, numberText, plain, timeText } from './text.js';
import { VirtualList } from './virtual-list.js';

const ROW_PX = 24;
/** Older ones go: a page may stand open for days. */
const KEPT_MAX = 2_000;

const SIGNS: Readonly<Record<ActorEvent['kind'], string>> = {
  in: '→',
  out: '←',
  edge: '⤳',
  state: '◉',
  life: '✦',
};
const MEANINGS: Readonly<Record<ActorEvent['kind'], string>> = {
  in: 'received',
  out: 'sent',
  edge: 'transition',
  state: 'state',
  life: 'life',
};

/** What the chosen actor did and got, newest first: can be paused, filtered by words and by an edge. */
export class EventList {
  readonly element: HTMLElement;
  readonly #choose: (edge: string) => void;
  readonly #field: HTMLInputElement;
  readonly #pause: HTMLButtonElement;
  readonly #sum = element('span', { class: 'soft', role: 'status' });
  readonly #scroller: HTMLElement;
  readonly #list: VirtualList;
  /** Oldest first. */
  #events: ActorEvent[] = [];
  /** What is seen, oldest first. */
  #shown: ActorEvent[] = [];
  #edge: string | undefined;
  /** Where the keyboard is. */
  #cursor: ActorEvent | undefined;
  #isChosen = false;
  #isPaused = false;
  #missed = 0;
  #skipped = 0;

  /** @param choose an event was clicked, or chosen by Enter, that took this edge */
  constructor(choose: (edge: string) => void) {
    this.#choose = choose;
    this.#field = element('input', {
      type: 'search',
      placeholder: 'Filter events',
      'aria-label': 'Filter events by name, sender or kind',
      spellcheck: 'false',
      oninput: () => this.#filter(),
      onkeydown: (event) => this.#fieldKey(event as KeyboardEvent),
    });
    this.#pause = element(
      'button',
      { type: 'button', onclick: () => this.pause(), title: 'Pause (p)' },
      'Pause',
    );
    this.#scroller = element('div', {
      class: 'scroller events',
      role: 'listbox',
      'aria-label': 'Events, newest first',
      tabindex: 0,
      onclick: (event) => this.#click(event.target),
      onkeydown: (event) => this.#key(event as KeyboardEvent),
    });
    this.#list = new VirtualList(this.#scroller, {
      rowPx: ROW_PX,
      make: makeLine,
      fill: (line, index) => this.#fill(line, index),
    });
    this.element = element(
      'section',
      { class: 'event-panel', 'aria-label': 'Events' },
      element('div', { class: 'bar' }, element('h2', {}, 'Events'), this.#sum, this.#pause),
      element('div', { class: 'field' }, this.#field),
      this.#scroller,
    );
    this.#draw(0);
  }

  /** Another actor, of whom nothing is known, or none. */
  clear(isChosen: boolean): void {
    this.#isChosen = isChosen;
    this.#events = [];
    this.#shown = [];
    this.#missed = 0;
    this.#skipped = 0;
    this.#edge = undefined;
    this.#cursor = undefined;
    this.#draw(0);
  }

  take(fresh: readonly ActorEvent[]): void {
    this.#events.push(...fresh);
    this.#events.splice(0, this.#events.length - KEPT_MAX);
    for (const { skipped } of fresh) this.#skipped += skipped;
    if (this.#isPaused) {
      this.#missed += fresh.length;
      this.#draw(0);
      return;
    }
    const matching = fresh.filter((event) => this.#matches(event));
    this.#shown.push(...matching);
    this.#shown.splice(0, this.#shown.length - KEPT_MAX);
    this.#draw(matching.length);
  }

  /** Only events that took this edge; undefined for all. */
  only(edge: string | undefined): void {
    this.#edge = edge;
    this.#filter();
  }

  /** Pauses, or goes on. */
  pause(): void {
    this.#isPaused = !this.#isPaused;
    setAttribute(this.#pause, 'aria-pressed', String(this.#isPaused));
    setText(this.#pause, this.#isPaused ? 'Go on' : 'Pause');
    if (!this.#isPaused) this.#filter();
    else this.#draw(0);
  }

  focusFilter(): void {
    this.#field.focus();
  }

  /** Puts the keyboard on the event where it was, or else on the newest one. */
  focus(): void {
    this.#scroller.focus();
    this.#moveTo(Math.max(0, this.#index));
  }

  #filter(): void {
    this.#missed = 0;
    this.#shown = this.#events.filter((event) => this.#matches(event));
    this.#draw(0);
  }

  #matches(event: ActorEvent): boolean {
    if (this.#edge !== undefined && !event.edges.includes(this.#edge)) return false;
    const words = this.#field.value.toLowerCase().split(/\s+/);
    const text = `${event.name} ${event.other} ${MEANINGS[event.kind]}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  #draw(above: number): void {
    const parts = [
      this.#shown.length === this.#events.length ? '' : `${numberText(this.#shown.length)} of`,
      countText(this.#events.length, 'event'),
      this.#missed > 0 ? `· ${numberText(this.#missed)} new` : '',
      this.#skipped > 0 ? `· ${numberText(this.#skipped)} not sampled` : '',
    ];
    setText(this.#sum, this.#isChosen ? parts.filter((part) => part !== '').join(' ') : '');
    setAttribute(this.#scroller, 'data-empty', this.#whyEmpty());
    this.#list.resize(this.#shown.length, above);
    // What comes in above pushes it down: whoever is in the list goes along.
    if (this.#index >= 0 && document.activeElement === this.#scroller) this.#list.reveal(this.#index);
  }

  /** What stands in the place of the events where none is shown. */
  #whyEmpty(): string {
    if (!this.#isChosen) return 'Choose an actor to see what it gets and does.';
    if (this.#isPaused) return 'Paused: what comes is shown when you go on.';
    if (this.#events.length === 0) return 'Nothing has happened since it was chosen.';
    if (this.#field.value.trim() !== '') return 'None of them has what you filter by.';
    return 'None of them took this transition.';
  }

  #fill(line: HTMLElement, index: number): void {
    const event = this.#shown[this.#shown.length - 1 - index];
    const [time, sign, name, other, bytes] = line.children;
    if (!event || !time || !sign || !name || !other || !bytes) return;
    const { kind, skipped } = event;
    const isMessage = kind === 'in' || kind === 'out';
    setText(time, timeText(event.at));
    setText(sign, SIGNS[kind]);
    setText(name, plain(event.name));
    setText(other, isMessage ? plain(event.other) : kind === 'edge' ? edgeText(event) : '');
    setText(bytes, isMessage ? bytesText(event.bytes) : '');
    const more = skipped > 0 ? `; ${countText(skipped, 'message')} before it not sampled` : '';
    setAttribute(line, 'title', `${MEANINGS[kind]} ${plain(event.name)} ${plain(event.other)}${more}`);
    setAttribute(line, 'data-kind', kind);
    setAttribute(line, 'data-skipped', skipped > 0 ? '' : undefined);
    setAttribute(line, 'data-index', String(index));
    const isCursor = event === this.#cursor;
    setAttribute(line, 'id', `event-line-${index}`);
    setAttribute(line, 'aria-posinset', String(index + 1));
    setAttribute(line, 'aria-setsize', String(this.#shown.length));
    setAttribute(line, 'aria-selected', String(isCursor));
    if (isCursor) setAttribute(this.#scroller, 'aria-activedescendant', line.id);
  }

  #click(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const line = target.closest('.event-line');
    if (line === null) return;
    this.#moveTo(Number(line.getAttribute('data-index')));
    this.#enter();
  }

  /** Down and Enter go from the field to the events; so does Escape, once it has given up what was typed. */
  #fieldKey(event: KeyboardEvent): void {
    const { key } = event;
    if (key === 'Escape' && this.#field.value !== '') {
      this.#field.value = '';
      this.#filter();
    } else if (key === 'ArrowDown' || key === 'Enter' || key === 'Escape') this.focus();
    else return;
    event.preventDefault();
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#index;
    const last = this.#shown.length - 1;
    if (key === 'ArrowDown') this.#moveTo(Math.min(last, at + 1));
    else if (key === 'ArrowUp') this.#moveTo(Math.max(0, at - 1));
    else if (key === 'PageDown') this.#moveTo(Math.min(last, at + this.#list.page));
    else if (key === 'PageUp') this.#moveTo(Math.max(0, at - this.#list.page));
    else if (key === 'Home') this.#moveTo(0);
    else if (key === 'End') this.#moveTo(last);
    else if (key === 'Enter' || key === ' ') this.#enter();
    else return;
    event.preventDefault();
  }

  /** Of the cursor, from the top; below 0 where it is nowhere. */
  get #index(): number {
    const { length } = this.#shown;
    const at = this.#cursor === undefined ? -1 : this.#shown.lastIndexOf(this.#cursor);
    return at < 0 ? -1 : length - 1 - at;
  }

  #moveTo(index: number): void {
    const event = this.#shown[this.#shown.length - 1 - index];
    if (event === undefined) return;
    this.#cursor = event;
    this.#list.reveal(index);
  }

  #enter(): void {
    const edge = this.#index < 0 ? undefined : this.#cursor?.edges[0];
    if (edge !== undefined) this.#choose(edge);
  }
}

function makeLine(): HTMLElement {
  const part = (name: string) => element('span', { class: name });
  return element(
    'div',
    { class: 'event-line', role: 'option' },
    part('time'),
    part('sign'),
    part('name'),
    part('other'),
    part('bytes'),
  );
}

/** From which state; its name alone, for want of room. */
function edgeText({ edges }: ActorEvent): string {
  return edges.map((id) => id.split('|')[0]?.split('.').at(-1) ?? '').join(', ');
}
