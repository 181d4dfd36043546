/**
 * Names of accounts and rooms: UsernameCasePreserved of RFC 8265 section 3.4 over the IdentifierClass of
 * RFC 8264 section 4.2, narrowed to what can be typed, told apart and shown in one line of a terminal.
 */
import { NatterError } from './error.js';
import { scriptFault, skeleton } from './lookalike.js';

const NAME_MAX_BYTES = 64;
const NAME_MAX_GRAPHEMES = 32;

export interface Name {
  /** As its owner writes it: NFC, wide forms mapped, case kept. */
  readonly name: string;
  /** Equal for names that differ in case only. */
  readonly key: string;
  /** Equal for names that look alike (TR39). */
  readonly skeleton: string;
}

export interface TargetName extends Name {
  readonly kind: 'room' | 'direct' | 'interest' | 'geo';
  /** With its sign: `#room`, `@name`, `+interest`, `~group`. */
  readonly target: string;
}

/** Somebody's name, in the ring with the beginning of their key's fingerprint where two share a name. */
export interface PersonName extends Name {
  /** Four characters, '' where the name alone says who is meant. */
  readonly mark: string;
}

/** Words that speak for the program, or that people read as somebody else. Compared by skeleton. */
const RESERVED = [
  'admin',
  'administrator',
  'all',
  'everyone',
  'here',
  'moderator',
  'natter',
  'nobody',
  'server',
  'system',
  'you',
];
let reserved: ReadonlySet<string> | undefined;

/** RFC 8264 section 9: letters, digits and marks; plus the separators people expect in a name. */
const ALLOWED = /^[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}._'-]$/u;
/** RFC 8264 section 9.6 (exceptions, disallowed) and 9.9 (old Hangul jamo). */
const DISALLOWED = /^[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]$/u;
/** RFC 8264 section 9.13: not seen, so not allowed. */
const IGNORABLE = /^[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u;
const CONTROL = /^[\p{Cc}\p{Cs}\u2028\u2029]$/u;
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;
const DIGIT = /^\p{Nd}$/u;
/** More marks on one letter than any orthography needs draw over the lines above and below (TR39 section 5.4). */
const STACKED = /\p{Mn}{5}/u;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thaana}]/u;
const ARABIC_DIGIT = /[\u0660-\u0669]/u;
const EUROPEAN_DIGIT = /[0-9\u06f0-\u06f9]/u;
/** The letters are those of a fingerprint. */
const MARKED = /^(.*)~([a-z2-7]{4})$/isu;
const WIDE_FORMS = /[\uff00-\uffef]/gu;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Checks the name of an account.
 * @throws NatterError NAME_EMPTY, NAME_TOO_LONG or NAME_NOT_ALLOWED with the reason
 */
export function parseName(raw: string): Name {
  const name = checkName(raw, 'name');
  reserved ??= new Set(RESERVED.map(skeleton));
  if (reserved.has(name.skeleton)) {
    throw new NatterError(
      'NAME_NOT_ALLOWED',
      `The name ${name.name} is kept for the program itself; choose another.`,
    );
  }
  return name;
}

/**
 * Reads whom somebody means: a name, with or without `@`, or a name and a mark: `ana~b67v`.
 * @throws NatterError as `parseName`
 */
export function parsePerson(raw: string): PersonName {
  const { bare, mark } = splitMark(raw.trim().replace(/^@/, ''));
  return { ...parseName(bare), mark };
}

/** How somebody is written: `ana`, or `ana~b67v`. */
export function personText({ name, mark }: PersonName): string {
  return mark === '' ? name : `${name}~${mark}`;
}

/** Checks the name of a room, with or without its `#`. Same errors as `parseName`. */
export function parseRoomName(raw: string): Name {
  const bare = raw.trim();
  return checkName(bare.startsWith('#') ? bare.slice(1) : bare, 'room name');
}

/**
 * Reads where something is to be said: `#room`, `@name`, `+interest`, `~group`, or a room without its sign.
 * @throws NatterError as `parseName`
 */
export function parseTarget(raw: string): TargetName {
  const bare = raw.trim();
  switch (bare[0]) {
    case '@':
      return markedTarget('direct', bare);
    case '+':
      return targetOf('interest', '+', checkName(bare.slice(1), 'interest'));
    case '~':
      return markedTarget('geo', bare);
    default:
      return targetOf('room', '#', parseRoomName(bare));
  }
}

function targetOf(kind: TargetName['kind'], sign: string, name: Name): TargetName {
  return { kind, target: sign + name.name, ...name };
}

/** A person, or the group that a person founded. */
function markedTarget(kind: 'direct' | 'geo', raw: string): TargetName {
  const { bare, mark } = splitMark(raw.slice(1));
  const { target, ...name } = targetOf(
    kind,
    raw[0] ?? '',
    checkName(bare, kind === 'geo' ? 'group name' : 'name'),
  );
  return { ...name, target: mark === '' ? target : `${target}~${mark}` };
}

function splitMark(raw: string): { readonly bare: string; readonly mark: string } {
  const [, bare = raw, mark = ''] = MARKED.exec(raw) ?? [];
  return { bare, mark: mark.toLowerCase() };
}

/** What two spellings of one name have in common: case does not tell names apart. Never throws. */
export function nameKey(name: string): string {
  // Upper case first: it joins what lower case alone keeps apart (ß and ss, final and other sigma).
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** Checks what follows the rules of a name. @param what it is called in an error @throws as `parseName` */
export function checkName(raw: string, what: string): Name {
  // Before anything is normalised, because NFC of a megabyte is work done for nothing.
  if (raw.length > NAME_MAX_BYTES * 4) throw tooLong(what);
  const name = raw
    .trim()
    .replace(WIDE_FORMS, (form) => form.normalize('NFKC'))
    .normalize('NFC');
  if (name === '')
    throw new NatterError('NAME_EMPTY', `The ${what} is empty; type at least one letter or digit.`);
  for (const char of name) checkCharacter(char, what);
  if (Buffer.byteLength(name) > NAME_MAX_BYTES || count(name) > NAME_MAX_GRAPHEMES) throw tooLong(what);
  checkShape(name, what);
  checkDirection(name, what);
  checkScripts(name, what);
  return { name, key: nameKey(name), skeleton: skeleton(name) };
}

function checkCharacter(char: string, what: string): void {
  if (char === ' ' || /^\p{Zs}$/u.test(char)) throw refused(what, 'holds a space; use a dot, a dash or _');
  if (CONTROL.test(char)) throw refused(what, `holds the control character ${codePoint(char)}; leave it out`);
  if (IGNORABLE.test(char))
    throw refused(what, `holds the invisible character ${codePoint(char)}; leave it out`);
  const compatible = char.normalize('NFKC') !== char;
  if (compatible || DISALLOWED.test(char) || !ALLOWED.test(char)) {
    throw refused(what, `may not hold ${shown(char)}; use letters, digits and . _ - '`);
  }
}

function checkShape(name: string, what: string): void {
  if (!LETTER_OR_DIGIT.test(name)) throw refused(what, 'needs at least one letter or digit');
  const first = [...name][0] ?? '';
  if (first !== '_' && !LETTER_OR_DIGIT.test(first))
    throw refused(what, 'must begin with a letter or a digit');
  if (STACKED.test(name.normalize('NFD'))) throw refused(what, 'piles too many marks on one letter');
}

/** The bidi rule of RFC 5893 section 2, which keeps a name from changing its order on the screen. */
function checkDirection(name: string, what: string): void {
  if (!RIGHT_TO_LEFT.test(name)) return;
  const chars = [...name];
  if (!RIGHT_TO_LEFT.test(chars[0] ?? '')) throw refused(what, 'mixes right-to-left letters with others');
  const last = chars.findLast((char) => !/\p{Mn}/u.test(char)) ?? '';
  if (!LETTER_OR_DIGIT.test(last))
    throw refused(what, 'is written right to left and must end with a letter or digit');
  if (ARABIC_DIGIT.test(name) && EUROPEAN_DIGIT.test(name)) throw refused(what, 'mixes two kinds of digits');
}

function checkScripts(name: string, what: string): void {
  const fault = scriptFault(name);
  if (fault?.fault === 'unknown')
    throw refused(what, `may not hold ${shown(fault.char)}; its script is not in everyday use`);
  if (fault) throw refused(what, `mixes alphabets at ${shown(fault.char)}; write it in one`);
  const zeros = new Set([...name].filter((char) => DIGIT.test(char)).map(zeroOf));
  if (zeros.size > 1) throw refused(what, 'mixes two kinds of digits');
}

/** The zero of a digit's own number system: decimal digits stand in runs of ten (Unicode section 4.6). */
function zeroOf(digit: string): number {
  let code = digit.codePointAt(0) ?? 0;
  for (let step = 0; step < 9 && DIGIT.test(String.fromCodePoint(code - 1)); step += 1) code -= 1;
  return code;
}

function count(text: string): number {
  return [...graphemes.segment(text)].length;
}

function refused(what: string, reason: string): NatterError {
  return new NatterError('NAME_NOT_ALLOWED', `The ${what} ${reason}.`);
}

function tooLong(what: string): NatterError {
  return new NatterError(
    'NAME_TOO_LONG',
    `The ${what} is too long; use at most ${NAME_MAX_GRAPHEMES} characters and ${NAME_MAX_BYTES} bytes.`,
  );
}

function shown(char: string): string {
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(char) ? `"${char}"` : codePoint(char);
}

function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
