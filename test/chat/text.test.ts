import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import { parseText, sanitise, sanitiseLine } from '../../src/chat/text.js';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof NatterError) return error.code;
    throw error;
  }
  return 'none';
}

describe('what may be said', () => {
  test('keeps what was typed, newlines and tabs too', () => {
    const text = ' two\n\tlines é e\u0301 👨‍👩‍👧 漢字 ';
    expect(parseText(text)).toBe(text);
    expect(parseText('a\r\nb')).toBe('a\nb');
  });

  test.each([
    ['', 'TEXT_EMPTY'],
    [' \n\t ', 'TEXT_EMPTY'],
    ['\u200b\u2060', 'TEXT_EMPTY'],
    ['x\u0000', 'TEXT_NOT_ALLOWED'],
    ['x\u001b[2J', 'TEXT_NOT_ALLOWED'],
    ['x\u007f', 'TEXT_NOT_ALLOWED'],
    ['x\u0085', 'TEXT_NOT_ALLOWED'],
    ['x\rhidden', 'TEXT_NOT_ALLOWED'],
    ['x\ud800', 'TEXT_NOT_ALLOWED'],
  ])('%j is refused with %s', (raw, code) => {
    expect(codeOf(() => parseText(raw))).toBe(code);
  });

  test('4096 bytes of UTF-8 are allowed and no more', () => {
    expect(parseText('x'.repeat(4096))).toHaveLength(4096);
    for (const long of ['x'.repeat(4097), 'é'.repeat(2049), 'x'.repeat(1_000_000)]) {
      expect(codeOf(() => parseText(long))).toBe('TEXT_TOO_LONG');
    }
  });
});

describe('what reaches a terminal', () => {
  // What the published attacks sent, reduced to the bytes that did the harm.
  test.each([
    [
      'CVE-2003-0063 window title reported back (xterm)',
      '\u001b]2;rm -rf ~\u0007\u001b[21t',
      ']2;rm -rf ~[21t',
    ],
    ['CVE-2008-2383 DECRQSS answer typed (xterm)', '\u001bP$q\nls\n\u001b\\', 'P$q\nls\n\\'],
    [
      'CVE-2022-45063 font query OSC 50 (xterm)',
      '\u001b]50;i\\$(id)\u0007\u001b]50;?\u0007',
      ']50;i\\$(id)]50;?',
    ],
    ['CVE-2022-45872 DECRQSS (iTerm2)', '\u001bP$qm;ls\u001b\\', 'P$qm;ls\\'],
    ['CVE-2022-47583 title sequence (mintty)', '\u001b]7704;x\u001b\\\u001b[21t', ']7704;x\\[21t'],
    ['CVE-2012-5854 colour codes (WeeChat)', '\u000399,1\u0002bold\u000f', '99,1bold'],
    ['CVE-2017-8073 file name in DCC (WeeChat)', '\u0001DCC SEND "\u0000" 1\u0001', 'DCC SEND "" 1'],
    ['CVE-2020-8955 mode with NUL (WeeChat)', '+o\u0000\u0000', '+o'],
    ['CVE-2020-9759 names with controls (WeeChat)', 'ana\u0000\u009b1m', 'ana1m'],
    ['CVE-2020-9760 prefix (WeeChat)', '\u001b[?1049h', '[?1049h'],
    ['CVE-2021-40516 text frame (WeeChat)', '\u0081\u007e', '~'],
    ['CVE-2024-46613 long colours (WeeChat)', '\u001b[38;2;99999999999m', '[38;2;99999999999m'],
    ['8-bit CSI and OSC', '\u009b31mred\u009d0;t\u009c', '31mred0;t'],
  ])('%s', (_, attack, shown) => {
    expect(sanitise(attack)).toBe(shown);
  });

  test.each([
    ['bidi override', 'user\u202egnp.exe', 'usergnp.exe'],
    ['bidi isolates and marks', '\u2066a\u2069\u200e\u200f\u061cb', 'ab'],
    ['zero-width characters', 'a\u200b\u200c\u200d\u2060\ufeffb', 'ab'],
    ['soft hyphen and fillers', 'a\u00ad\u3164\u115fb', 'ab'],
    ['line separators', 'a\u2028b\u2029c', 'a b c'],
    ['selectors without an emoji', 'a\ufe0f\ufe00b\u{e0100}', 'ab'],
    ['tags that hide text', 'a\u{e0068}\u{e0069}\u{e007f}', 'a'],
    ['lone halves', 'a\ud800b\udfff', 'ab'],
    ['private use and unassigned', 'a\ue000\u{e1000}', 'a\ufffd\ufffd'],
    ['tabs', 'a\tb', 'a    b'],
    ['odd spaces', 'a\u00a0b\u2003c\u3000', 'a b c\u3000'],
  ])('%s', (_, remote, shown) => {
    expect(sanitise(remote)).toBe(shown);
  });

  test.each([
    ['👨‍👩‍👧‍👦'],
    ['👩🏽‍💻'],
    ['❤️'],
    ['❤️‍🔥'],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['🇩🇪'],
    ['1️⃣ #️⃣'],
    ['👍🏿'],
    ['漢字 한글 नमस्ते عربي'],
    ['é e\u0301'],
    ['a\nb'],
  ])('%s stays whole', (text) => {
    expect(sanitise(text)).toBe(text);
  });

  test('piled marks are cut', () => {
    expect(sanitise(`z${'\u0301'.repeat(50)}`)).toBe(`z${'\u0301'.repeat(6)}`);
  });

  test('a line is one line', () => {
    expect(sanitiseLine('a \n b\u001b\nc')).toBe('a b c');
  });

  test('only what is allowed comes out, whatever goes in, and once is enough', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (remote) => {
        const shown = sanitise(remote);
        expect(shown).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\p{Cs}]/u,
        );
        expect(sanitise(shown)).toBe(shown);
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  test('4096 bytes of the worst kind take no time', () => {
    const started = performance.now();
    for (const worst of ['\u0301', '👩‍', '\u200d', '#', '🏴\u{e0067}']) sanitise(worst.repeat(4096));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
