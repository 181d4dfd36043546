/** A form for the keyboard: fields to write in, choices, buttons; Up and Down move between them. */
import type { Area, Surface } from './cells.js';
import { edit } from './editing.js';
import { Editor } from './editor.js';
import { type Action, actionOf } from './keys.js';
import { layOutPrompt } from './prompt.js';
import type { Cursor } from './screen.js';
import type { Token } from './sequences.js';
import type { Theme } from './theme.js';
import { pad, textWidth } from './width.js';

export interface Field {
  readonly kind: 'field';
  readonly label: string;
  readonly editor: Editor;
  readonly isSecret: boolean;
  /** Stands behind it: what is known of the value. */
  remark: string;
}
export interface Choice {
  readonly kind: 'choice';
  readonly label: string;
  readonly options: readonly string[];
  chosen: number;
}
export interface Button {
  readonly kind: 'button';
  readonly label: string;
  readonly explanation: string;
  readonly press: () => void;
}
/** Not to be reached: a heading, or an empty row. */
export interface Label {
  readonly kind: 'label';
  readonly text: string;
}
export type Part = Field | Choice | Button | Label;

const LABEL_CELLS = 12;
const FIELD_CELLS = 30;

export function field(label: string, text: string, isSecret = false): Field {
  const editor = new Editor();
  editor.set(text);
  return { kind: 'field', label, editor, isSecret, remark: '' };
}

export class Form {
  readonly parts: readonly Part[];
  #focus: number;

  constructor(parts: readonly Part[], focused: Part) {
    this.parts = parts;
    this.#focus = parts.indexOf(focused);
  }

  focus(part: Part): void {
    this.#focus = this.parts.indexOf(part);
  }

  handle(token: Token): void {
    const part = this.parts[this.#focus];
    if (token.type === 'text' || token.type === 'paste') {
      if (part?.kind === 'field') part.editor.insert(fieldText(token.text));
      else if (part?.kind === 'choice' && token.text === ' ') turn(part, 1);
      else if (part?.kind === 'button' && token.text === ' ') part.press();
      return;
    }
    const action = actionOf(token);
    if (part !== undefined && action !== undefined) this.#act(part, action);
  }

  #act(part: Part, action: Action): void {
    if (action === 'up' || action === 'completeBack') this.#move(-1);
    else if (action === 'down' || action === 'complete') this.#move(1);
    else if (action === 'send') {
      if (part.kind === 'button') part.press();
      else this.#enter();
    } else if (part.kind === 'choice' && (action === 'left' || action === 'right'))
      turn(part, action === 'left' ? -1 : 1);
    else if (part.kind === 'field' && action !== 'newline') edit(part.editor, action);
  }

  /** Enter in a field goes on to the next one that is still empty, or presses the button below. */
  #enter(): void {
    const rest = this.parts.slice(this.#focus + 1);
    const next = rest.find(
      (part) => part.kind === 'button' || (part.kind === 'field' && part.editor.isEmpty),
    );
    if (next?.kind === 'button') next.press();
    else if (next !== undefined) this.focus(next);
  }

  #move(by: 1 | -1): void {
    const count = this.parts.length;
    do this.#focus = (this.#focus + by + count) % count;
    while (this.parts[this.#focus]?.kind === 'label');
  }

  /**
   * Draws one part a row from (x, y), of more than `height` those around the one with the focus; returns where the
   * cursor is, if in a field.
   */
  paint(surface: Surface, { x, y, height }: Omit<Area, 'width'>, theme: Theme): Cursor | undefined {
    let cursor: Cursor | undefined;
    const last = Math.max(0, this.parts.length - height);
    const from = Math.min(last, Math.max(0, this.#focus - Math.floor(height / 2)));
    this.parts.slice(from, from + height).forEach((part, index) => {
      const isFocused = from + index === this.#focus;
      const row = y + index;
      if (part.kind === 'label') surface.text(x + 2, row, part.text, theme.dim);
      else {
        surface.text(x, row, isFocused ? '>' : ' ', theme.prompt);
        if (part.kind === 'button') paintButton(surface, x + 2, row, part, isFocused, theme);
        else if (part.kind === 'choice') paintChoice(surface, x + 2, row, part, isFocused, theme);
        else {
          const at = paintField(surface, x + 2, row, part, isFocused, theme);
          if (isFocused) cursor = at;
        }
      }
    });
    return cursor;
  }
}

function turn(choice: Choice, by: 1 | -1): void {
  choice.chosen = (choice.chosen + by + choice.options.length) % choice.options.length;
}

function paintButton(
  surface: Surface,
  x: number,
  y: number,
  part: Button,
  isFocused: boolean,
  theme: Theme,
): void {
  const end = surface.text(x, y, `[ ${part.label} ]`, isFocused ? theme.fieldActive : theme.bold);
  surface.text(end + 1, y, part.explanation, theme.dim);
}

function paintChoice(
  surface: Surface,
  x: number,
  y: number,
  part: Choice,
  isFocused: boolean,
  theme: Theme,
): void {
  surface.text(x, y, pad(part.label, LABEL_CELLS), isFocused ? theme.bold : theme.plain);
  let column = x + LABEL_CELLS;
  part.options.forEach((option, index) => {
    const isChosen = index === part.chosen;
    const look = isChosen ? (isFocused ? theme.fieldActive : theme.bold) : theme.dim;
    column = surface.text(column, y, `${isChosen ? '(x)' : '( )'} ${option}`, look) + 2;
  });
  if (isFocused) surface.text(column, y, 'Left/Right', theme.dim);
}

function paintField(
  surface: Surface,
  x: number,
  y: number,
  part: Field,
  isFocused: boolean,
  theme: Theme,
): Cursor {
  surface.text(x, y, pad(part.label, LABEL_CELLS), isFocused ? theme.bold : theme.plain);
  const start = x + LABEL_CELLS;
  const editor = part.isSecret ? hidden(part.editor) : part.editor;
  const { rows, x: at } = layOutPrompt(editor, FIELD_CELLS, 1);
  surface.text(start, y, pad(rows[0] ?? '', FIELD_CELLS), isFocused ? theme.fieldActive : theme.field);
  surface.text(start + FIELD_CELLS + 1, y, part.remark, theme.dim);
  return { x: start + Math.min(at, textWidth(rows[0] ?? '')), y };
}

/** A secret as stars, one a cluster. */
export function hidden(editor: Editor): Editor {
  const stars = new Editor();
  stars.set('*'.repeat(editor.clusters.length), '*'.repeat(editor.cursor));
  return stars;
}

/** A field has one line. A link that was copied from several rows of a screen, perhaps in a command, is put together. */
function fieldText(text: string): string {
  const link = /natter:\/\/[^'"<> ]+$/i.exec(text.trim().replace(/['"<>]+$/, ''))?.[0];
  return link === undefined ? text.replace(/\n.*$/s, '') : link.replace(/\s+/g, '');
}
