/**
 * What single sequences mean: control characters, CSI and SS3 (ECMA-48), with xterm's modifiers (ctlseqs),
 * the SGR mouse, modifyOtherKeys, and CSI u as kitty and xterm send it.
 */

export type KeyName =
  | 'enter'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'insert'
  | 'escape'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'pageup'
  | 'pagedown'
  | `f${number}`
  | 'char';

export type Token =
  /** `char` is the character for the name 'char' (a letter with Ctrl or Alt), else ''. */
  | {
      readonly type: 'key';
      readonly name: KeyName;
      readonly char: string;
      readonly ctrl: boolean;
      readonly alt: boolean;
      readonly shift: boolean;
    }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'focus'; readonly on: boolean }
  /** x and y from 0. */
  | {
      readonly type: 'mouse';
      readonly kind: 'press' | 'release' | 'move' | 'wheelUp' | 'wheelDown';
      readonly x: number;
      readonly y: number;
    };

/** Final bytes of CSI and SS3. */
export const BY_LETTER: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  M: 'enter',
};
const BY_NUMBER: Readonly<Record<number, KeyName>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};
const BY_CODE: Readonly<Record<number, KeyName>> = {
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'escape',
  127: 'backspace',
};

interface Modifiers {
  readonly ctrl?: boolean;
  readonly alt?: boolean;
  readonly shift?: boolean;
}

export const key = (name: KeyName, modifiers: Modifiers = {}, char = ''): Token => ({
  type: 'key',
  name,
  char,
  ctrl: modifiers.ctrl ?? false,
  alt: modifiers.alt ?? false,
  shift: modifiers.shift ?? false,
});

/** xterm's modifier parameter: 1 + shift 1 + alt 2 + ctrl 4 + meta 8. */
function modifiersOf(parameter: number): Modifiers {
  const bits = Math.max(0, parameter - 1);
  return { shift: (bits & 1) !== 0, alt: (bits & 10) !== 0, ctrl: (bits & 4) !== 0 };
}

/** One control character, with ESC before it for Alt. */
export function control(character: string, alt: boolean): Token {
  const code = character.charCodeAt(0);
  if (character === '\r') return key('enter', { alt });
  if (character === '\t') return key('tab', { alt });
  if (code === 0x7f || code === 0x08) return key('backspace', { alt });
  if (code === 0x1b) return key('escape', { alt });
  const char = code === 0 ? ' ' : String.fromCharCode(code + (code <= 26 ? 96 : 64));
  return key('char', { ctrl: true, alt }, char);
}

/** A control sequence, undefined for one that means nothing here. */
export function csiToken(parameters: string, final: string): Token | undefined {
  if (parameters === '' && final === 'I') return { type: 'focus', on: true };
  if (parameters === '' && final === 'O') return { type: 'focus', on: false };
  if (parameters.startsWith('<')) return mouseToken(parameters.slice(1), final);
  const [first = 1, second = 1, third = 0] = parameters
    .split(';')
    .map((part) => Number.parseInt(part, 10) || 1);
  if (final === 'Z') return key('tab', { shift: true });
  if (final === '~') {
    // modifyOtherKeys: CSI 27 ; modifier ; code ~
    if (first === 27) return codeToken(third, modifiersOf(second));
    const name = BY_NUMBER[first];
    return name === undefined ? undefined : key(name, modifiersOf(second));
  }
  if (final === 'u') return codeToken(first, modifiersOf(second));
  const name = final === 'M' ? undefined : BY_LETTER[final];
  return name === undefined ? undefined : key(name, modifiersOf(second));
}

function codeToken(code: number, modifiers: Modifiers): Token | undefined {
  const name = BY_CODE[code];
  if (name !== undefined) return key(name, modifiers);
  if (code < 0x20 || code > 0x10ffff) return undefined;
  const char = String.fromCodePoint(code);
  return modifiers.ctrl || modifiers.alt ? key('char', modifiers, char) : { type: 'text', text: char };
}

function mouseToken(parameters: string, final: string): Token | undefined {
  const [button = 0, column = 1, row = 1] = parameters
    .split(';')
    .map((part) => Number.parseInt(part, 10) || 0);
  const at = { x: Math.max(0, column - 1), y: Math.max(0, row - 1) };
  if (button & 64) return { type: 'mouse', kind: button & 1 ? 'wheelDown' : 'wheelUp', ...at };
  if (button & 32) return { type: 'mouse', kind: 'move', ...at };
  return { type: 'mouse', kind: final === 'm' ? 'release' : 'press', ...at };
}
