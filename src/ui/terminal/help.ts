/** What F1 shows. */
import type { Row } from './pane.js';
import type { Theme } from './theme.js';
import { pad } from './width.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'send; on an empty line retry what failed'],
  ['Alt+Enter, Ctrl+J', 'new line (a paste never sends)'],
  ['Tab', 'complete names, commands, :emoji:, paths'],
  ['Up, Down, Ctrl+R', 'what you said before, search in it'],
  ['Ctrl+A E B F, Alt+B F', 'move in the line'],
  ['Ctrl+W U K Y', 'cut a word, to the start, to the end; paste it'],
  ['Alt+1-9, Alt+Left/Right', 'go to a conversation'],
  ['Ctrl+N, Ctrl+P', 'next, previous conversation'],
  ['Alt+A, Alt+U', 'next with something unread, first unread'],
  ['PgUp, PgDn, Alt+End', 'scroll, back to the end'],
  ['F5, F6, F9', 'the ring, in natter ring; files; machines'],
  ['a r t, on an empty line', 'accept, reject, always accept what is offered'],
  ['F7, F8', 'show or hide rooms, members'],
  ['Alt+M', 'mouse on or off; off lets you select text'],
  ['Ctrl+L', 'draw the screen anew'],
  ['Ctrl+C', 'clear the line, then ask to quit'],
];

const COMMANDS = '/help lists commands   //text says /text   Esc or F1 closes this';

/** @returns rows of equal width, to be centred */
export function helpRows(width: number, height: number, theme: Theme): Row[] {
  const inner = Math.min(72, width - 4);
  const keyCells = 25;
  const lines: Row[] = [
    [{ text: pad(' natter - keys', inner), look: theme.barStrong }],
    [{ text: ' '.repeat(inner), look: theme.bar }],
    ...KEYS.map(
      ([keys, meaning]): Row => [
        { text: pad(` ${keys}`, Math.min(keyCells, inner)), look: theme.barStrong },
        { text: pad(meaning, Math.max(0, inner - keyCells)), look: theme.bar },
      ],
    ),
    [{ text: ' '.repeat(inner), look: theme.bar }],
    [{ text: pad(` ${COMMANDS}`, inner), look: theme.bar }],
  ];
  return lines.slice(0, height);
}
