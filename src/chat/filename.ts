/**
 * Names of files that came from elsewhere. What `safeFileName` returns can be shown in a terminal and made in a
 * folder on Linux, macOS and Windows, whatever was sent: it names no other folder, hides nothing and is no device.
 */
import { FILE_NAME_MAX_BYTES } from '../net/constants.js';
import { sanitiseLine } from './text.js';

/** Leaves room for ` (1000)` and for what file systems take off the 255 bytes that most of them allow. */
export const SAVED_NAME_MAX_BYTES = 200;

const NAMELESS = 'file';
const SEPARATORS = /[/\\]+/;
/** What Windows forbids in a name (Win32, "Naming Files"), and what stands for an unknown character. */
const FORBIDDEN = /[<>:"|?*\uFFFD]/gu;
/** The braille blank is no space to Unicode, but nobody sees it. */
const SPACES = /[\s\u2800]+/gu;
/** A dot hides a file, a dash makes it an option of a command, a mark would sit on whatever stands before it. */
const LEADING = /^[\s.\p{M}-]+/u;
/** Windows drops these silently, so that two names become one. */
const TRAILING = /[\s.]+$/u;
/** Devices on Windows, with any extension ("Naming Files"), and files that its shell obeys. */
const RESERVED =
  /^(?:(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)|(?:desktop\.ini|thumbs\.db|autorun\.inf)$)/i;
/** `.gz`, also `.tar.gz`. Longer than this it is no extension that anybody knows. */
const EXTENSION = /(?<=.)(?:\.tar)?\.[\p{L}\p{N}_+-]{1,16}$/iu;
/** A pass may make work for the next one: a joiner that goes lets two characters compose. Two suffice (measured). */
const PASSES_MAX = 8;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Any string as the name of a file: the last component only, NFC, in one line, without characters that are not seen,
 * that steer the terminal or that a file system forbids. Runs of spaces become one, so that no extension is pushed
 * out of sight. Never empty, never longer than `bytesMax`; the extension survives a cut. Idempotent; never throws.
 * @param bytesMax of UTF-8, at least 64; `SAVED_NAME_MAX_BYTES` for a name that is to be made
 */
export function safeFileName(raw: string, bytesMax = FILE_NAME_MAX_BYTES): string {
  let name = raw.split(SEPARATORS).findLast((part) => part !== '') ?? '';
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const before = name;
    name = cut(cleaned(name), bytesMax);
    if (name === before) break;
  }
  return name;
}

function cleaned(raw: string): string {
  const name = sanitiseLine(raw)
    .normalize('NFC')
    .replace(FORBIDDEN, '_')
    .replace(SPACES, ' ')
    .replace(LEADING, '')
    .replace(TRAILING, '');
  if (name === '') return NAMELESS;
  return RESERVED.test(name) ? `_${name}` : name;
}

/** Takes whole characters off the end of the stem until everything fits. */
function cut(name: string, bytesMax: number): string {
  if (Buffer.byteLength(name) <= bytesMax) return name;
  const [stem, extension] = parts(name);
  let left = bytesMax - Buffer.byteLength(extension);
  let kept = '';
  for (const { segment } of graphemes.segment(stem)) {
    left -= Buffer.byteLength(segment);
    if (left < 0) break;
    kept += segment;
  }
  // One character may be longer than the limit: some scripts join letters without end.
  return (kept === '' ? NAMELESS : kept) + extension;
}

function parts(name: string): [stem: string, extension: string] {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  return [name.slice(0, name.length - extension.length), extension];
}

/** `photo.png` and 2 make `photo (2).png`. */
export function numberedName(name: string, number: number): string {
  const [stem, extension] = parts(name);
  return `${stem} (${number})${extension}`;
}
