/** Keys of the dashboard: a table from what is typed to what it does. */
import type { Token } from './sequences.js';

export type Action =
  | 'send'
  | 'newline'
  | 'complete'
  | 'completeBack'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'home'
  | 'end'
  | 'up'
  | 'down'
  | 'killToEnd'
  | 'killToStart'
  | 'killWordLeft'
  | 'killWordRight'
  | 'yank'
  | 'transpose'
  | 'searchBack'
  | 'cancel'
  | 'interrupt'
  | 'endOfInput'
  | 'pageUp'
  | 'pageDown'
  | 'toEnd'
  | 'toStart'
  | 'nextRoom'
  | 'previousRoom'
  | 'nextActive'
  | 'firstUnread'
  | 'toggleRooms'
  | 'toggleMembers'
  | 'toggleMouse'
  | 'files'
  | 'ring'
  | 'machines'
  | 'redraw'
  | 'help'
  | `room${number}`;

/** Written as [C-][M-][S-]name, Shift only where it makes a difference. */
const KEYS: Readonly<Record<string, Action>> = {
  enter: 'send',
  'M-enter': 'newline',
  'S-enter': 'newline',
  'C-j': 'newline',
  tab: 'complete',
  'S-tab': 'completeBack',
  backspace: 'backspace',
  'C-h': 'backspace',
  delete: 'delete',
  left: 'left',
  'C-b': 'left',
  right: 'right',
  'C-f': 'right',
  'C-left': 'wordLeft',
  'M-b': 'wordLeft',
  'C-right': 'wordRight',
  'M-f': 'wordRight',
  home: 'home',
  'C-a': 'home',
  end: 'end',
  'C-e': 'end',
  up: 'up',
  down: 'down',
  'C-k': 'killToEnd',
  'C-u': 'killToStart',
  'C-w': 'killWordLeft',
  'M-backspace': 'killWordLeft',
  'M-d': 'killWordRight',
  'C-y': 'yank',
  'C-t': 'transpose',
  'C-r': 'searchBack',
  'C-g': 'cancel',
  escape: 'cancel',
  'C-c': 'interrupt',
  'C-d': 'endOfInput',
  pageup: 'pageUp',
  pagedown: 'pageDown',
  'M-end': 'toEnd',
  'C-end': 'toEnd',
  'M-home': 'toStart',
  'M-right': 'nextRoom',
  'C-n': 'nextRoom',
  'M-left': 'previousRoom',
  'C-p': 'previousRoom',
  'M-a': 'nextActive',
  'M-u': 'firstUnread',
  f5: 'ring',
  f6: 'files',
  f7: 'toggleRooms',
  f8: 'toggleMembers',
  f9: 'machines',
  'M-m': 'toggleMouse',
  'C-l': 'redraw',
  f1: 'help',
};

/** What a token does, undefined for nothing. */
export function actionOf(token: Token): Action | undefined {
  if (token.type !== 'key') return undefined;
  const name = token.name === 'char' ? token.char.toLowerCase() : token.name;
  if (token.alt && !token.ctrl && /^[1-9]$/.test(name)) return `room${Number(name)}`;
  const shift = token.shift && token.name !== 'char' ? 'S-' : '';
  return KEYS[`${token.ctrl ? 'C-' : ''}${token.alt ? 'M-' : ''}${shift}${name}`];
}

/** Works whatever stands over the conversation. */
export function isEverywhere(action: Action): boolean {
  return ['interrupt', 'endOfInput', 'redraw', 'help'].includes(action);
}

/** Shows something else, which whatever stands over the conversation gives way to. */
export function isElsewhere(action: Action): boolean {
  const elsewhere = ['files', 'ring', 'machines', 'nextRoom', 'previousRoom', 'nextActive'];
  return elsewhere.includes(action) || action.startsWith('room');
}
