/**
 * Paths as people type, paste and drag them: quoted, with backslashes before what a shell would take apart, or
 * as `file://` URLs. Only their spelling: what is there is looked up elsewhere.
 */

export interface Word {
  /** Without its quotes and backslashes. */
  readonly text: string;
  /** Where it stands in the line, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  /** Without any quote or backslash. */
  readonly isBare: boolean;
}

/** A paste of more lines or words is a text, whatever stands in it. */
const PASTED_MAX = 20;
/** The longest path of Linux is 4096 bytes. */
const PATH_MAX = 4096;
/** What needs no backslash in front. Letters of every script belong to it. */
const HARMLESS = /^[\p{L}\p{N}\p{M}\p{S}_./:,%+=~-]$/u;
const ABSOLUTE = /^(?:[/~]|[a-z]:[\\/]|\\\\)/i;

/**
 * Takes a line apart at its blanks. Quotes keep blanks; a backslash takes the next character as it is, except a
 * letter or a digit, so that Windows paths can be written as they are. An open quote reaches to the end.
 */
export function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/u.test(line[at] ?? '')) at++;
    else {
      const word = wordAt(line, at);
      words.push(word);
      at = word.to;
    }
  }
  return words;
}

function wordAt(line: string, from: number): Word {
  let text = '';
  let quote = '';
  let isBare = true;
  let at = from;
  for (; at < line.length; at++) {
    const char = line[at] ?? '';
    const next = line[at + 1] ?? '';
    if (quote === '' && /\s/u.test(char)) break;
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === '\\' && isTaken(next, quote)) {
      text += next;
      at++;
    } else {
      text += char;
      continue;
    }
    isBare = false;
  }
  return { text, from, to: at, isBare };
}

/** Does a backslash before this character mean the character itself? */
function isTaken(next: string, quote: string): boolean {
  if (next === '' || quote === "'") return false;
  return quote === '"' ? /["\\$`]/.test(next) : !/[\p{L}\p{N}_.]/u.test(next);
}

/** A path as `wordsOf` reads it back as one word that is no target. */
export function escapePath(path: string): string {
  return [...path].map((char) => (HARMLESS.test(char) ? char : `\\${char}`)).join('');
}

/** Words as one, with the blanks that stand between them in `line`; '' for none. */
export function wholeOf(line: string, words: readonly Word[]): string {
  let end = words[0]?.from ?? 0;
  let whole = '';
  for (const { text, from, to } of words) {
    whole += line.slice(end, from) + text;
    end = to;
  }
  return whole;
}

/**
 * The arguments of `/send FILE [TARGET]`. A last word that begins with `#` or `@` is the target; all before it is
 * the path, so that a name with blanks needs no quotes.
 */
export function sendArguments(rest: string): { readonly path: string; readonly target?: string } {
  const words = wordsOf(rest);
  const last = words.at(-1);
  const hasTarget = words.length > 1 && last !== undefined && last.isBare && /^[#@]/.test(last.text);
  const path = words.slice(0, hasTarget ? -1 : undefined);
  const whole = wholeOf(rest, path);
  return hasTarget ? { path: whole, target: last.text } : { path: whole };
}

/**
 * Ways to read a paste as paths, most likely first: each line one path as it is, or words. Only absolute paths
 * and `file://` URLs count, since a word of a text may be a file's name by chance.
 * @returns no way for what is no paste of paths
 */
export function pastedPaths(paste: string): string[][] {
  const lines = paste
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0 || lines.length > PASTED_MAX || paste.length > PASTED_MAX * PATH_MAX) return [];
  const words = lines.flatMap((line) => wordsOf(line).map((word) => word.text));
  const readings = [lines, words].map((reading) => reading.map((path) => fromUrl(path) ?? path));
  return readings.filter(
    (reading) =>
      reading.length <= PASTED_MAX &&
      reading.every((path) => ABSOLUTE.test(path) && path.length <= PATH_MAX && !path.includes('\0')),
  );
}

/** The path of a URL of this machine; undefined for anything else. */
function fromUrl(text: string): string | undefined {
  const encoded = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded).replace(/^\/([a-z]:\/)/i, '$1');
  } catch {
    // A stray % makes it no URL.
    return undefined;
  }
}
