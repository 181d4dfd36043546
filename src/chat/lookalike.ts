/**
 * Look-alike names: the skeleton of Unicode TR39 section 4, over the confusables of Unicode 13, and the
 * script rules of section 5.2 ("highly restrictive").
 */
import { createRequire } from 'node:module';

let table: ReadonlyMap<string, string> | undefined;

// Read on first use: 100 KB of JSON that most commands never need.
function confusables(): ReadonlyMap<string, string> {
  table ??= new Map(
    Object.entries(createRequire(import.meta.url)('unhomoglyph/data.json') as Record<string, string>),
  );
  return table;
}

function prototype(text: string): string {
  const map = confusables();
  let out = '';
  for (const char of text.normalize('NFD')) out += map.get(char) ?? char;
  return out.normalize('NFD');
}

/**
 * Two names with equal skeletons look alike. Only for comparing, never for showing.
 *
 * The mapping runs twice, the second time over lower case: `I` looks like `l` only as a capital, while names
 * that differ by case alone are one name here, so `PAYPAI`, `paypal` and `PayPaI` must all meet.
 */
export function skeleton(text: string): string {
  return prototype(prototype(text).toLowerCase());
}

/** Scripts recommended for identifiers by Unicode UAX31 table 5. */
const SCRIPTS = [
  'Arabic',
  'Armenian',
  'Bengali',
  'Bopomofo',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Gurmukhi',
  'Han',
  'Hangul',
  'Hebrew',
  'Hiragana',
  'Kannada',
  'Katakana',
  'Khmer',
  'Lao',
  'Latin',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
] as const;
export type Script = (typeof SCRIPTS)[number];

const MEMBERS = SCRIPTS.map(
  (script) => [script, new RegExp(`\\p{Script_Extensions=${script}}`, 'u')] as const,
);
/** Shared by all scripts: digits, the separators a name may hold, most combining marks. */
const SHARED = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Scripts that are written together; Latin goes with each of these three (TR39 section 5.2). */
const FAMILIES: readonly (readonly Script[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

/**
 * Why the scripts of a text may hide a look-alike: `undefined` when they may not.
 * `unknown` is a character of no script in everyday use, `mixed` are scripts that nobody writes together.
 */
export function scriptFault(text: string): { fault: 'unknown' | 'mixed'; char: string } | undefined {
  // Every script (or family) that could have written all characters so far.
  let possible: readonly (readonly Script[])[] | undefined;
  for (const char of text) {
    const scripts = MEMBERS.filter(([, member]) => member.test(char)).map(([script]) => script);
    if (scripts.length === 0) {
      if (SHARED.test(char)) continue;
      return { fault: 'unknown', char };
    }
    possible ??= [...SCRIPTS.map((script) => [script]), ...FAMILIES];
    possible = possible.filter((set) => scripts.some((script) => set.includes(script)));
    if (possible.length === 0) return { fault: 'mixed', char };
  }
  return undefined;
}
