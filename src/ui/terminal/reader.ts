/** Where each conversation is being read: one pane for each, and moving in the one in front. */
import type { Area } from './cells.js';
import type { Conversation } from './conversation.js';
import type { Model } from './model.js';
import { Pane } from './pane.js';
import type { Item } from './timeline.js';
import { type Scene, sourceOf } from './view.js';

export class Reader {
  readonly #model: Model;
  readonly #looks: Pick<Scene, 'theme' | 'glyphs' | 'depth'>;
  readonly #areaOf: () => Area;
  readonly #panes = new WeakMap<Conversation, Pane<Item>>();

  /** @param areaOf where the conversation stands now */
  constructor(model: Model, looks: Pick<Scene, 'theme' | 'glyphs' | 'depth'>, areaOf: () => Area) {
    this.#model = model;
    this.#looks = looks;
    this.#areaOf = areaOf;
  }

  /** That of the conversation in front; one of nothing when there is none. */
  get pane(): Pane<Item> {
    const conversation = this.#model.current;
    const known = conversation === undefined ? undefined : this.#panes.get(conversation);
    if (known !== undefined) return known;
    const pane = new Pane<Item>();
    if (conversation !== undefined) this.#panes.set(conversation, pane);
    return pane;
  }

  /** Two rows of the page before stay in sight. */
  page(direction: 1 | -1): void {
    this.scroll(direction * Math.max(1, this.#areaOf().height - 2));
  }

  scroll(rows: number): void {
    const conversation = this.#model.current;
    if (conversation === undefined) return;
    const { width, height } = this.#areaOf();
    this.pane.scroll(this.#sourceOf(conversation), rows, width, height);
  }

  /** Scrolls an item to the top of the window. */
  show(item: Item | undefined): void {
    const conversation = this.#model.current;
    if (conversation === undefined || item === undefined) return;
    const { width, height } = this.#areaOf();
    this.pane.toItem(this.#sourceOf(conversation), item, width, height);
  }

  #sourceOf(conversation: Conversation) {
    return sourceOf({ ...this.#looks, model: this.#model }, conversation);
  }
}
