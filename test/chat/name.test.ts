import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import { skeleton } from '../../src/chat/lookalike.js';
import {
  nameKey,
  parseName,
  parsePerson,
  parseRoomName,
  parseTarget,
  personText,
} from '../../src/chat/name.js';

function refusal(run: () => unknown): NatterError {
  try {
    run();
  } catch (error) {
    if (error instanceof NatterError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a name that is allowed', () => {
  test.each([
    ['ana'],
    ['José'],
    ['Zoë'],
    ['Øystein'],
    ['Владимир'],
    ['Νίκος'],
    ['李小龍'],
    ['さくら'],
    ['김민수'],
    ['שרה'],
    ['فاطمة'],
    ['bo.2'],
    ['_x_'],
    ['r2-d2'],
    ["o'neil"],
    ['田中Taro'],
    ['7of9'],
  ])('%s stays as it is written', (raw) => {
    expect(parseName(raw).name).toBe(raw.normalize('NFC'));
  });

  test('is composed, so that one accent is one character', () => {
    expect(parseName('Jose\u0301').name).toBe('Jos\u00e9');
  });

  test('loses wide forms and the blanks around it', () => {
    expect(parseName('  ＡＮＡ ').name).toBe('ANA');
  });

  test('has a key that forgets case in every alphabet', () => {
    expect(nameKey('ÉMILE')).toBe(nameKey('émile'));
    expect(nameKey('ΣΊΣΥΦΟΣ')).toBe(nameKey('σίσυφος'));
    expect(nameKey('Straße')).toBe(nameKey('STRASSE'));
  });

  test('has 64 bytes and 32 characters at most', () => {
    expect(parseName('a'.repeat(32)).name).toHaveLength(32);
    expect(refusal(() => parseName('a'.repeat(33))).code).toBe('NAME_TOO_LONG');
    expect(refusal(() => parseName('李'.repeat(22))).code).toBe('NAME_TOO_LONG');
    expect(refusal(() => parseName('a'.repeat(1_000_000))).code).toBe('NAME_TOO_LONG');
  });
});

describe('a name that is refused says why', () => {
  test.each([
    ['', 'NAME_EMPTY', /empty/],
    ['   ', 'NAME_EMPTY', /empty/],
    ['ana bo', 'NAME_NOT_ALLOWED', /space/],
    ['ana\u00a0bo', 'NAME_NOT_ALLOWED', /space/],
    ['ana\u001b[31m', 'NAME_NOT_ALLOWED', /control character U\+001B/],
    ['ana\u009b31m', 'NAME_NOT_ALLOWED', /control character U\+009B/],
    ['a\u007fb', 'NAME_NOT_ALLOWED', /U\+007F/],
    ['ana\nbo', 'NAME_NOT_ALLOWED', /U\+000A/],
    ['an\u200ba', 'NAME_NOT_ALLOWED', /invisible character U\+200B/],
    ['an\u202ea', 'NAME_NOT_ALLOWED', /invisible character U\+202E/],
    ['an\u2067a', 'NAME_NOT_ALLOWED', /U\+2067/],
    ['an\u00ada', 'NAME_NOT_ALLOWED', /U\+00AD/],
    ['an\u200da', 'NAME_NOT_ALLOWED', /U\+200D/],
    ['\u3164', 'NAME_NOT_ALLOWED', /invisible|may not hold/],
    ['\ud800', 'NAME_NOT_ALLOWED', /U\+D800/],
    ['ana😀', 'NAME_NOT_ALLOWED', /😀/],
    ['#ana', 'NAME_NOT_ALLOWED', /"#"/],
    ['@ana', 'NAME_NOT_ALLOWED', /"@"/],
    ['/ana', 'NAME_NOT_ALLOWED', /"\/"/],
    ['a:b', 'NAME_NOT_ALLOWED', /":"/],
    ['{bold}', 'NAME_NOT_ALLOWED', /"\{"/],
    ['-ana', 'NAME_NOT_ALLOWED', /begin/],
    ['...', 'NAME_NOT_ALLOWED', /letter or digit/],
    ['ℌans', 'NAME_NOT_ALLOWED', /ℌ/],
    ['pаypal', 'NAME_NOT_ALLOWED', /mixes alphabets/],
    ['αlpha', 'NAME_NOT_ALLOWED', /mixes alphabets/],
    ['анаπ', 'NAME_NOT_ALLOWED', /mixes alphabets/],
    ['١2', 'NAME_NOT_ALLOWED', /digits/],
    ['שרה-', 'NAME_NOT_ALLOWED', /right to left/],
    ['7שרה', 'NAME_NOT_ALLOWED', /right-to-left/],
    ['a\u0300\u0301\u0302\u0303\u0304\u0305', 'NAME_NOT_ALLOWED', /marks/],
    ['ᚠᚢᚦ', 'NAME_NOT_ALLOWED', /everyday use/],
    ['Server', 'NAME_NOT_ALLOWED', /kept for the program/],
    ['SYSTEM', 'NAME_NOT_ALLOWED', /kept for the program/],
    ['adrninistrator', 'NAME_NOT_ALLOWED', /kept for the program/],
  ])('%j: %s', (raw, code, reason) => {
    const error = refusal(() => parseName(raw));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(reason);
    expect(error.message).toMatch(/^[^\n]+\.$/);
    // A refused name must not smuggle its escapes into the sentence that refuses it.
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });
});

describe('look-alikes', () => {
  test.each([
    ['Tape', 'Таре'],
    ['scope', 'ѕсоре'],
    ['ABC', 'АВС'],
    ['ABE', 'ΑΒΕ'],
    ['O0', '00'],
    ['bill', 'bi11'],
    ['Ian', 'lan'],
    ['PAYPAL', 'paypa1'],
    ['modern', 'modem'],
    ['Mario', 'rnario'],
  ])('%s and %s share a skeleton', (one, other) => {
    expect(skeleton(one)).toBe(skeleton(other));
  });

  test.each([
    ['ana', 'anna'],
    ['jose', 'josé'],
    ['bot1', 'bot2'],
    ['Иван', 'Ivan'],
  ])('%s and %s do not', (one, other) => {
    expect(skeleton(one)).not.toBe(skeleton(other));
  });

  test('a thousand numbered names are told apart', () => {
    const names = Array.from({ length: 1000 }, (_, index) => parseName(`user${index}`).skeleton);
    expect(new Set(names).size).toBe(1000);
  });
});

describe('targets', () => {
  test.each([
    ['#dev', 'room', '#dev'],
    ['dev', 'room', '#dev'],
    ['lobby', 'room', '#lobby'],
    ['@José', 'direct', '@José'],
    ['+chess', 'interest', '+chess'],
    ['~market', 'geo', '~market'],
    ['@ana~B67V', 'direct', '@ana~b67v'],
    ['~ana~b67v', 'geo', '~ana~b67v'],
  ])('%s is a %s', (raw, kind, target) => {
    expect(parseTarget(raw)).toMatchObject({ kind, target });
  });

  test('a sign alone is an empty name', () => {
    for (const sign of ['#', '@', '+', '~']) expect(refusal(() => parseTarget(sign)).code).toBe('NAME_EMPTY');
  });

  test('a room may have a name that no person may have', () => {
    expect(parseRoomName('#server').name).toBe('server');
  });
});

describe('a person', () => {
  test.each([
    ['ana', 'ana', ''],
    [' @Ana~b67v ', 'Ana', 'b67v'],
    ['ana~B67V', 'ana', 'b67v'],
  ])('%j is %s with the mark %j', (raw, name, mark) => {
    const person = parsePerson(raw);
    expect(person).toMatchObject({ name, mark });
    expect(personText(person)).toBe(mark === '' ? name : `${name}~${mark}`);
  });

  test.each(['ana~', 'ana~b6', 'ana~b67v9', 'ana~b181', '~b67v', 'a~b67v~b67v'])('%s is nobody', (raw) => {
    expect(['NAME_NOT_ALLOWED', 'NAME_EMPTY']).toContain(refusal(() => parsePerson(raw)).code);
  });
});

test('whatever is typed, a name is either refused with a NatterError or safe to show', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (raw) => {
      try {
        const { name } = parseName(raw);
        expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Cs}]/u);
        expect(parseName(name).name).toBe(name);
      } catch (error) {
        expect(error).toBeInstanceOf(NatterError);
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
