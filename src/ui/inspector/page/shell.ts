import { element, setAttribute } from './dom.js';
import { Help } from './help.js';
import { hashOf, placeOf } from './place.js';
import type { Theme } from './theme.js';
import type { View } from './view.js';

/** The page's frame: tabs, keys that hold everywhere, and which view is seen. */
export class Shell {
  readonly #views: readonly View[];
  readonly #tabs: readonly HTMLAnchorElement[];
  readonly #content: HTMLElement;
  readonly #help = new Help();
  readonly #theme: Theme;
  /** Those that have nothing to show now. */
  readonly #withheld = new Set<View>();
  #shown: View | undefined;

  constructor(views: readonly View[], theme: Theme) {
    this.#views = views;
    this.#theme = theme;
    this.#content = byId('content');
    this.#tabs = views.map((view, index) =>
      element('a', { href: hashOf(view.id), title: `${view.title} (${index + 1})` }, view.title),
    );
    byId('tabs').replaceChildren(...this.#tabs);
    const keys = element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        title: 'Keys (?)',
        'aria-label': 'Keys',
        onclick: () => this.#showHelp(),
      },
      '?',
    );
    byId('tools').replaceChildren(theme.button, keys);
    // The link must not lead away from the place in the address.
    byId('skip').addEventListener('click', (event) => {
      event.preventDefault();
      this.#content.focus();
    });
    this.#content.replaceChildren(...views.map((view) => view.element));
    addEventListener('hashchange', ({ oldURL }) => {
      this.#keep(new URL(oldURL).hash);
      this.#show();
    });
    addEventListener('keydown', (event) => this.#key(event));
    this.#show();
  }

  /** Whether a view has a tab and a key. Whoever is there already, or has its address, stays: it says what is missing. */
  offer(view: View, isOffered: boolean): void {
    if (isOffered) this.#withheld.delete(view);
    else this.#withheld.add(view);
    const tab = this.#tabs[this.#views.indexOf(view)];
    if (tab) tab.hidden = !isOffered;
  }

  /** The tab of a view that was left leads back to where one was there; from within, to its beginning. */
  #keep(hash: string): void {
    const tab = this.#tabs[this.#views.findIndex(({ id }) => id === placeOf(hash).view)];
    if (tab) tab.href = hash;
  }

  #show(): void {
    const { view: id, rest } = placeOf(location.hash);
    const view = this.#views.find((each) => each.id === id) ?? this.#views[0];
    for (const [index, each] of this.#views.entries()) {
      each.element.hidden = each !== view;
      const tab = this.#tabs[index];
      if (tab === undefined) continue;
      setAttribute(tab, 'aria-current', each === view ? 'page' : undefined);
      if (each === view) tab.href = hashOf(each.id);
    }
    if (this.#shown !== view) this.#shown?.hide();
    this.#shown = view;
    document.title = `${view?.title ?? ''} · natter inspector`;
    view?.show(rest);
  }

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (isForItself(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const index = Number(event.key) - 1;
    const view = this.#views[index];
    if (view !== undefined && !this.#withheld.has(view)) location.hash = this.#tabs[index]?.hash ?? '';
    else if (event.key === '?') this.#showHelp();
    else if (event.key === 't') this.#theme.next();
    else if (this.#shown?.key(event) !== true) return;
    event.preventDefault();
  }

  #showHelp(): void {
    const views = this.#tabs.filter(({ hidden }) => !hidden).length;
    if (this.#shown) this.#help.show(this.#shown, views);
  }
}

/** Letters are for a field to be written, for a list of choices to be found in it, and for a dialog to answer it. */
function isForItself(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLDialogElement
  );
}

/** A part of index.html. */
function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no ${id}`);
  return found;
}
