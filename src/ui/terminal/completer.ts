/** Tab on an editor: the first Tab puts in the best completion, further ones go round. */
import type { Candidates, Completion } from '../../chat/complete.js';
import type { EmojiBook } from '../../chat/emoji.js';
import type { Editor } from './editor.js';
import type { Model } from './model.js';

/** Messages looked through for who spoke last. */
const SPEAKERS_AMONG = 200;

interface Round {
  readonly head: string;
  readonly tail: string;
  readonly replacements: readonly string[];
  readonly labels: readonly string[];
  index: number;
}

/** Completes a line at a cursor (UTF-16 units); what the disk is asked for comes later. */
export type Finder = (line: string, cursor: number) => Completion | Promise<Completion>;

export class Completer {
  #round: Round | undefined;
  /** What is being looked for; any other key makes its answer useless. */
  #search: object | undefined;

  /** The offers while Tab goes round them, the chosen one's index; undefined when there is nothing to choose. */
  get offers(): { readonly labels: readonly string[]; readonly index: number } | undefined {
    return this.#round;
  }

  /** Any other key ends the round. */
  reset(): void {
    this.#round = undefined;
    this.#search = undefined;
  }

  /**
   * @param step 1 for the next, -1 for the one before
   * @param changed called when a completion came later
   */
  tab(editor: Editor, step: 1 | -1, find: Finder, changed: () => void): void {
    if (this.#round !== undefined) {
      const { labels, index } = this.#round;
      this.#round.index = (index + step + labels.length) % labels.length;
      this.#put(editor, this.#round);
      return;
    }
    const { text, before } = editor;
    const found = find(text, before.length);
    if (!(found instanceof Promise)) {
      this.#begin(editor, found);
      return;
    }
    const search = {};
    this.#search = search;
    found.then(
      (completion) => {
        if (this.#search !== search || editor.text !== text || editor.before !== before) return;
        this.#begin(editor, completion);
        changed();
      },
      () => undefined,
    );
  }

  #begin(editor: Editor, { from, to, replacements, labels }: Completion): void {
    if (replacements.length === 0) return;
    const round = {
      head: editor.text.slice(0, from),
      tail: editor.text.slice(to),
      replacements,
      labels,
      index: 0,
    };
    // With nothing to choose the next Tab completes anew: into the folder that this one found.
    this.#round = replacements.length > 1 ? round : undefined;
    this.#put(editor, round);
  }

  #put(editor: Editor, { head, tail, replacements, index }: Round): void {
    const before = head + (replacements[index] ?? '');
    editor.set(before + tail, before);
  }
}

/** What may be completed now: who spoke last comes first, then who is in the conversation, then everyone. */
export function candidatesOf(model: Model, emoji: EmojiBook | undefined): Candidates {
  const { mode, current, lobby, conversations, suggestions } = model;
  const names = new Set<string>();
  for (const item of current?.timeline.items.slice(-SPEAKERS_AMONG).reverse() ?? [])
    if (item.type === 'message') names.add(item.message.from);
  for (const person of [...(current?.members.all() ?? []), ...(lobby?.members.all() ?? [])])
    if (!model.isMe(person)) names.add(person.user);
  names.delete(model.me);
  const tags = suggestions.map(({ tag }) => tag);
  return { mode, rooms: conversations.map(({ room }) => room), names: [...names], tags, emoji };
}
