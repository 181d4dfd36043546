/** Tab on an editor: the first Tab puts in the best completion, further ones go round. */
import { type Candidates, complete } from '../../chat/complete.js';
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

export class Completer {
  #round: Round | undefined;

  /** The offers while Tab goes round them, the chosen one's index; undefined when there is nothing to choose. */
  get offers(): { readonly labels: readonly string[]; readonly index: number } | undefined {
    return this.#round !== undefined && this.#round.labels.length > 1 ? this.#round : undefined;
  }

  /** Any other key ends the round. */
  reset(): void {
    this.#round = undefined;
  }

  /** @param step 1 for the next, -1 for the one before */
  tab(editor: Editor, candidates: Candidates, step: 1 | -1): void {
    if (this.#round === undefined) this.#round = begin(editor, candidates);
    else
      this.#round.index = (this.#round.index + step + this.#round.labels.length) % this.#round.labels.length;
    if (this.#round === undefined) return;
    const { head, tail, replacements, index } = this.#round;
    const before = head + (replacements[index] ?? '');
    editor.set(before + tail, before);
  }
}

function begin(editor: Editor, candidates: Candidates): Round | undefined {
  const text = editor.text;
  const found = complete(text, editor.before.length, candidates);
  if (found.replacements.length === 0) return undefined;
  return {
    head: text.slice(0, found.from),
    tail: text.slice(found.to),
    replacements: found.replacements,
    labels: found.labels,
    index: 0,
  };
}

/** What may be completed now: who spoke last comes first, then who is in the conversation, then everyone. */
export function candidatesOf(model: Model, emoji: EmojiBook | undefined): Candidates {
  const { current, lobby, conversations } = model;
  const names = new Set<string>();
  for (const item of current?.timeline.items.slice(-SPEAKERS_AMONG).reverse() ?? [])
    if (item.type === 'message') names.add(item.message.from);
  for (const name of current?.members.keys() ?? []) names.add(name);
  for (const name of lobby?.members.keys() ?? []) names.add(name);
  names.delete(model.me);
  return { rooms: conversations.map(({ room }) => room), names: [...names], emoji };
}
