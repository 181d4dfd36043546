import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Token } from '../../src/ui/terminal/sequences.js';
import { PASTE_MAX, Tokeniser } from '../../src/ui/terminal/tokens.js';

/** Reads, each as one piece; then the silence after the last one. */
function tokens(...reads: (string | Buffer)[]): Token[] {
  const tokeniser = new Tokeniser();
  const found = reads.flatMap((read) => tokeniser.feed(Buffer.from(read)));
  return [...found, ...tokeniser.flush()];
}

/** Short forms: keys as [C-][M-][S-]name, text as it is, the rest in brackets. */
function brief(found: readonly Token[]): string[] {
  return found.map((token) => {
    if (token.type === 'text') return token.text;
    if (token.type === 'paste') return `<paste ${token.text}>`;
    if (token.type === 'focus') return `<focus ${token.on}>`;
    if (token.type === 'mouse') return `<${token.kind} ${token.x},${token.y}>`;
    const name = token.name === 'char' ? token.char : token.name;
    return `${token.ctrl ? 'C-' : ''}${token.alt ? 'M-' : ''}${token.shift ? 'S-' : ''}${name}`;
  });
}

describe('keys', () => {
  test.each([
    ['\r', 'enter'],
    ['\n', 'C-j'],
    ['\t', 'tab'],
    ['\x1b[Z', 'S-tab'],
    ['\x7f', 'backspace'],
    ['\x1b\x7f', 'M-backspace'],
    ['\x03', 'C-c'],
    ['\x1b[A', 'up'],
    ['\x1bOA', 'up'],
    ['\x1b[1;3D', 'M-left'],
    ['\x1b[1;5C', 'C-right'],
    ['\x1b[3~', 'delete'],
    ['\x1b[5~', 'pageup'],
    ['\x1b[1;3F', 'M-end'],
    ['\x1bOP', 'f1'],
    ['\x1b[[A', 'f1'],
    ['\x1b[19~', 'f8'],
    ['\x1b\r', 'M-enter'],
    ['\x1b[13;3u', 'M-enter'],
    ['\x1b[27;3;13~', 'M-enter'],
    ['\x1b1', 'M-1'],
    ['\x1bé', 'M-é'],
    ['\x1b😀', 'M-😀'],
    ['\x1b', 'escape'],
  ])('%j is %s', (bytes, name) => {
    expect(brief(tokens(bytes))).toEqual([name]);
  });

  test('a lone ESC waits for what follows, and what follows makes it one key', () => {
    const tokeniser = new Tokeniser();
    expect(tokeniser.feed(Buffer.from('\x1b'))).toEqual([]);
    expect(tokeniser.isPending).toBe(true);
    expect(brief(tokeniser.feed(Buffer.from('[A')))).toEqual(['up']);
    expect(tokeniser.isPending).toBe(false);
  });

  test('an unknown or broken sequence is dropped and the text after it stays', () => {
    expect(brief(tokens('\x1b[99~a', '\x1b[12\x01b'))).toEqual(['a', 'C-a', 'b']);
  });
});

describe('what comes in one read', () => {
  test('a focus report inside typed text loses none of it', () => {
    expect(brief(tokens('ab\x1b[Icd\x1b[Oe'))).toEqual(['ab', '<focus true>', 'cd', '<focus false>', 'e']);
  });

  test('a mouse report beside text loses none of it', () => {
    expect(brief(tokens('a\x1b[<0;5;7Mb\x1b[<64;1;1M'))).toEqual(['a', '<press 4,6>', 'b', '<wheelUp 0,0>']);
  });

  test('an emoji split between reads arrives whole', () => {
    const bytes = Buffer.from('👨‍👩‍👧‍👦');
    expect(brief(tokens(bytes.subarray(0, 2), bytes.subarray(2, 9), bytes.subarray(9))).join('')).toBe(
      '👨‍👩‍👧‍👦',
    );
  });
});

describe('a paste', () => {
  test('is one token, line breaks and all', () => {
    expect(brief(tokens('\x1b[200~one\rtwo\r\nthree\x1b[201~x'))).toEqual(['<paste one\ntwo\nthree>', 'x']);
  });

  test('with a focus report or other sequences inside stays one paste, without them', () => {
    expect(brief(tokens('\x1b[200~a\x1b[Ib\x1b[31mc\x1b]0;t\x07d\x1b[201~'))).toEqual(['<paste abcd>']);
  });

  test('split anywhere gives the same', () => {
    const whole = Buffer.from('x\x1b[200~héllo\r👍 \x1b[Iend\x1b[201~y\x1b[A');
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const reads = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge));
        expect(brief(tokens(...reads))).toEqual(['x', '<paste héllo\n👍 end>', 'y', 'up']);
      }),
    );
  });

  test('that never ends is taken after a while, and one that is too long is cut', () => {
    expect(brief(tokens('\x1b[200~half'))).toEqual(['<paste half>']);
    const [token] = tokens(`\x1b[200~${'x'.repeat(PASTE_MAX + 10)}\x1b[201~`);
    expect(token?.type === 'paste' && token.text.length).toBe(PASTE_MAX);
  });
});

test('no bytes make it throw, hang or grow', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (reads) => {
      const tokeniser = new Tokeniser();
      for (const read of reads) tokeniser.feed(read);
      tokeniser.flush();
      expect(tokeniser.isPending).toBe(false);
    }),
  );
});
