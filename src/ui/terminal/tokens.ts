/**
 * The terminal's bytes as tokens: keys, runs of text, whole pastes, focus and mouse reports. Sans-IO: who
 * reads calls `feed` with what came and `flush` when ESC_TIMEOUT_MS passed while `isPending`.
 */
import { StringDecoder } from 'node:string_decoder';
import { BY_LETTER, control, csiToken, key, type Token } from './sequences.js';

/** A lone ESC is the key only when nothing followed it this long; ms. */
export const ESC_TIMEOUT_MS = 50;
/** A paste longer than this is cut: UTF-16 units. No text of that length could be sent. */
export const PASTE_MAX = 256 * 1024;
/** An unfinished sequence longer than this is nonsense and is dropped: UTF-16 units. */
const SEQUENCE_MAX = 64;

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** CSI: parameters, intermediates, a final byte (ECMA-48 5.4). */
const CSI = /^\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])/;
const CSI_BEGUN = /^\x1b\[[\x30-\x3f]*[\x20-\x2f]*$/;

export class Tokeniser {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #paste: string | undefined;

  /** Is an unfinished escape sequence waiting? */
  get isPending(): boolean {
    return this.#rest !== '' && this.#paste === undefined;
  }

  /** Has a paste begun whose end did not come yet? */
  get isPasting(): boolean {
    return this.#paste !== undefined;
  }

  feed(bytes: Uint8Array): Token[] {
    this.#rest += this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return this.#run(false);
  }

  /** Nothing came after what is pending: takes it for what it is. */
  flush(): Token[] {
    if (this.#paste === undefined) return this.#run(true);
    const text = cleanPaste(this.#paste + this.#rest);
    this.#paste = undefined;
    this.#rest = '';
    return [{ type: 'paste', text }];
  }

  #run(isFinal: boolean): Token[] {
    const tokens: Token[] = [];
    while (this.#rest !== '') {
      const taken = this.#paste === undefined ? this.#next(tokens, isFinal) : this.#nextOfPaste(tokens);
      if (taken === 0) break;
      this.#rest = this.#rest.slice(taken);
    }
    return tokens;
  }

  #nextOfPaste(tokens: Token[]): number {
    const end = this.#rest.indexOf(PASTE_END);
    // The end mark may be split across reads, so as much as could be its beginning waits.
    const length = end === -1 ? Math.max(0, this.#rest.length - (PASTE_END.length - 1)) : end;
    const room = PASTE_MAX - (this.#paste?.length ?? 0);
    this.#paste = (this.#paste ?? '') + this.#rest.slice(0, Math.min(length, room));
    if (end === -1) return length;
    tokens.push({ type: 'paste', text: cleanPaste(this.#paste) });
    this.#paste = undefined;
    return end + PASTE_END.length;
  }

  /** Adds at most one token; returns how much it took, 0 to wait for more. */
  #next(tokens: Token[], isFinal: boolean): number {
    const rest = this.#rest;
    if (rest[0] !== '\x1b') return this.#plain(tokens);
    if (rest.startsWith(PASTE_START)) {
      this.#paste = '';
      return PASTE_START.length;
    }
    if (rest.length === 1) return isFinal ? push(tokens, key('escape'), 1) : 0;
    const second = rest[1] ?? '';
    if (second === '[') return this.#csi(tokens, isFinal);
    if (second === 'O') return this.#ss3(tokens, isFinal);
    if (second === '\x1b') {
      // ESC ESC [ A is Alt+Up on some terminals; a doubled ESC alone is the key twice.
      if (rest.length === 2 && !isFinal) return 0;
      return push(tokens, key('escape'), 1);
    }
    return this.#alt(tokens);
  }

  /** A run of printable text, or one control character. */
  #plain(tokens: Token[]): number {
    const rest = this.#rest;
    const first = rest.charCodeAt(0);
    if (first < 0x20 || first === 0x7f) return push(tokens, control(rest[0] ?? '', false), 1);
    const length = rest.search(/[\x00-\x1f\x7f]/);
    const run = length === -1 ? rest : rest.slice(0, length);
    // C1 controls have no business in what is typed.
    const text = run.replace(/[\x80-\x9f]/g, '');
    if (text !== '') tokens.push({ type: 'text', text });
    return run.length;
  }

  #alt(tokens: Token[]): number {
    const codePoint = this.#rest.codePointAt(1) ?? 0;
    const char = String.fromCodePoint(codePoint);
    if (codePoint < 0x20 || codePoint === 0x7f) return push(tokens, control(char, true), 2);
    return push(
      tokens,
      key('char', { alt: true, shift: char !== char.toLowerCase() }, char),
      1 + char.length,
    );
  }

  #ss3(tokens: Token[], isFinal: boolean): number {
    if (this.#rest.length < 3)
      return isFinal ? push(tokens, key('char', { alt: true, shift: true }, 'O'), 2) : 0;
    const name = BY_LETTER[this.#rest[2] ?? ''];
    if (name !== undefined) tokens.push(key(name));
    return 3;
  }

  #csi(tokens: Token[], isFinal: boolean): number {
    const rest = this.#rest;
    // X10 mouse reports have three raw bytes after the M; we never ask for them, a terminal may still send some.
    if (rest.startsWith('\x1b[M')) return rest.length >= 6 ? 6 : isFinal ? rest.length : 0;
    // The Linux console's function keys.
    if (rest.startsWith('\x1b[[')) {
      if (rest.length < 4) return isFinal ? rest.length : 0;
      const index = 'ABCDE'.indexOf(rest[3] ?? '');
      return index < 0 ? 4 : push(tokens, key(`f${index + 1}`), 4);
    }
    const match = CSI.exec(rest);
    if (match === null) {
      if (rest === '\x1b[' && isFinal) return push(tokens, key('char', { alt: true }, '['), 2);
      if (CSI_BEGUN.test(rest) && rest.length <= SEQUENCE_MAX && !isFinal) return 0;
      // Broken off: what was begun is dropped up to where it stopped being a sequence.
      return Math.max(2, /^\x1b\[[\x20-\x3f]*/.exec(rest)?.[0].length ?? 2);
    }
    const [whole, parameters = '', , final = ''] = match;
    const token = csiToken(parameters, final);
    if (token !== undefined) tokens.push(token);
    return whole.length;
  }
}

function push(tokens: Token[], token: Token, length: number): number {
  tokens.push(token);
  return length;
}

/** What may stand in a text: line breaks and tabs (as spaces) stay, escape sequences and controls go. */
function cleanPaste(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '    ')
    .replace(/\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x20-\x2f]*[\x30-\x7e])?/g, '')
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '');
}
