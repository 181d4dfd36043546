/**
 * The invite over the whole width, for a person to copy:
 *
 *    INVITE
 *    Others come here with this command, or by its link in their first screen:
 *
 *   natter ring --join 'natter://join?name=lilacs&at=192.0.2.7:7777&at=[2001:db8::7]
 *   :7777'
 *
 * Its rows begin at the edge and nothing stands beside them, so whatever a terminal selects is the command alone. Where
 * it goes on in another row a line break is copied with it, which the link is read without.
 */
import { actionOf, isEverywhere } from './keys.js';
import type { Row } from './pane.js';
import type { Token } from './sequences.js';
import type { Theme } from './theme.js';
import { pad } from './width.js';
import { wrap } from './wrap.js';

const INTRODUCTION = 'Others come here with this command, or by its link in their first screen:';
const COPIED = 'Your terminal was asked to copy it. If pasting gives something else, select it here.';
const KEYS = 'c copy   Esc close   (select it with the mouse: hold Shift if nothing happens)';

export class InvitePanel {
  readonly #copy: (text: string) => void;
  #command: string | undefined;
  #isCopied = false;

  /** @param copy puts a text where it can be pasted from, if the terminal lets it */
  constructor(copy: (text: string) => void) {
    this.#copy = copy;
  }

  get isShown(): boolean {
    return this.#command !== undefined;
  }

  /** @param command printable ASCII: a cell for each character */
  open(command: string): void {
    this.#command = command;
    this.#isCopied = false;
  }

  close(): void {
    this.#command = undefined;
  }

  /** Exactly `height` rows of `width` cells. */
  rows(width: number, height: number, theme: Theme): Row[] {
    const command = this.#command ?? '';
    const space = Math.max(0, height - 2);
    const cut = Array.from(
      { length: Math.ceil(command.length / width) },
      (_, row): Row => [{ text: command.slice(row * width, (row + 1) * width), look: theme.plain }],
    );
    const told = wrap(this.#isCopied ? COPIED : INTRODUCTION, width - 2);
    const around = told.map((line): Row => [{ text: ` ${line}`, look: theme.dim }]);
    // Where there is little room, the command alone has all of it.
    const body = around.length + 1 + cut.length > space ? cut : [...around, [], ...cut];
    while (body.length < space) body.push([]);
    return [
      [{ text: pad(' INVITE', width), look: theme.barStrong }],
      ...body.slice(0, space),
      [{ text: pad(` ${KEYS}`, width), look: theme.dim }],
    ].slice(0, height);
  }

  /** @returns whether the token was for this */
  handle(token: Token): boolean {
    const command = this.#command;
    if (command === undefined) return false;
    const letter = token.type === 'text' ? token.text.toLowerCase() : '';
    if (letter === 'c') {
      this.#copy(command);
      this.#isCopied = true;
    } else if (letter === 'q') this.close();
    const action = actionOf(token);
    if (action === 'cancel' || action === 'send') this.close();
    return action === undefined || !isEverywhere(action);
  }
}
