/**
 * What may be said, and what of it may reach a terminal. `parseText` guards what goes out and what a server
 * takes in; `sanitise` guards every string from elsewhere right before it is shown, whoever checked it before.
 */
import { TEXT_MAX_BYTES } from '../net/constants.js';
import { NatterError } from './error.js';

/** C0 without newline and tab, DEL, C1. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;

/** Surrogates without their other half. */
const HALVES = /\p{Cs}/u;

/**
 * Checks a text somebody wants to say and returns it as typed, with line ends as `\n`.
 * @throws NatterError TEXT_EMPTY, TEXT_TOO_LONG or TEXT_NOT_ALLOWED with the reason
 */
export function parseText(raw: string): string {
  if (raw.length > TEXT_MAX_BYTES * 2) throw tooLong(raw);
  const text = raw.replaceAll('\r\n', '\n');
  if (HALVES.test(text)) {
    throw new NatterError('TEXT_NOT_ALLOWED', 'The text is not valid Unicode; send it as UTF-8.');
  }
  const control = CONTROLS.exec(text)?.[0];
  if (control !== undefined) {
    const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw new NatterError(
      'TEXT_NOT_ALLOWED',
      `The text holds the control character U+${code}; leave it out.`,
    );
  }
  if (Buffer.byteLength(text) > TEXT_MAX_BYTES) throw tooLong(text);
  if (sanitise(text).trim() === '')
    throw new NatterError('TEXT_EMPTY', 'The text is empty; type something to say.');
  return text;
}

function tooLong(text: string): NatterError {
  return new NatterError(
    'TEXT_TOO_LONG',
    `The text has ${Buffer.byteLength(text)} bytes; at most ${TEXT_MAX_BYTES} are sent at once, so split it.`,
  );
}

/** Whole emoji (UTS51 section 1.4): flags of tags, keycaps, and pictures with tone, style and joiners. */
const PICTURE = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}\\uFE0F?|[\\uFE0E\\uFE0F])?';
const EMOJI = new RegExp(
  [
    '\\u{1F3F4}[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,6}\\u{E007F}',
    '[0-9#*]\\uFE0F?\\u20E3',
    `${PICTURE}(?:\\u200D${PICTURE}){0,9}`,
  ].join('|'),
  'gu',
);
/** Not seen, or it steers: controls, format and bidi characters, joiners, selectors, tags, fillers, halves. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** Nobody knows how wide these are. */
const UNKNOWN = /[\p{Co}\p{Cn}]/gu;
const SPACES = /[\p{Zs}\p{Zl}\p{Zp}]/gu;
const WIDE_SPACE = '\u3000';
/** Marks beyond what any orthography piles up draw over the lines above and below. */
const PILED = /(\p{M}{6})\p{M}+/gu;
const PLAIN = /^[\n\x20-\x7e]*$/;

/**
 * Makes a string from elsewhere safe for a terminal: no control, no bidi or format character, no joiner or
 * selector outside an emoji, no line separator. Newlines stay (the caller decides), tabs become four spaces,
 * characters of unknown width U+FFFD. Idempotent.
 */
export function sanitise(text: string): string {
  if (PLAIN.test(text)) return text;
  let out = '';
  let from = 0;
  for (const match of text.matchAll(EMOJI)) {
    out += plain(text.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  return out + plain(text.slice(from));
}

/** `sanitise` for what must stay on one line: names, topics, reasons. */
export function sanitiseLine(text: string): string {
  return sanitise(text.replaceAll(/\s*\n\s*/g, ' '));
}

function plain(text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replace(UNSEEN, (char) => (char === '\n' ? char : ''))
    .replace(UNKNOWN, '\uFFFD')
    .replace(SPACES, (char) => (char === WIDE_SPACE ? char : ' '))
    .replace(PILED, '$1');
}
