/** A question that one key answers, shown in the row under the conversation. */
import { type Action, actionOf } from './keys.js';
import type { Token } from './sequences.js';

export interface Confirm {
  readonly text: string;
  /** Actions that mean yes, besides the letter y. */
  readonly also: readonly Action[];
  yes(): void;
  /** Any other key. */
  no?(): void;
}

/** Answers it by what was typed. */
export function answerConfirm(confirm: Confirm, token: Token): void {
  const action = actionOf(token);
  const isLetter = token.type === 'text' && token.text.toLowerCase() === 'y';
  if (isLetter || (action !== undefined && confirm.also.includes(action))) confirm.yes();
  else confirm.no?.();
}
