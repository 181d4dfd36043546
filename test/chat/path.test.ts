import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapePath, pastedPaths, sendArguments, wordsOf } from '../../src/chat/path.js';

const texts = (line: string) => wordsOf(line).map((word) => word.text);

describe('a line of paths', () => {
  test.each([
    ['a b', ['a', 'b']],
    ['"my photo.png" x', ['my photo.png', 'x']],
    ["'it is' \"it's\"", ['it is', "it's"]],
    ['my\\ photo\\ \\(1\\).png', ['my photo (1).png']],
    ['C:\\Users\\mia\\x.png', ['C:\\Users\\mia\\x.png']],
    ['"C:\\My Files\\x.png"', ['C:\\My Files\\x.png']],
    ['"open to the end', ['open to the end']],
    ['', []],
  ])('%s is taken apart', (line, words) => {
    expect(texts(line)).toEqual(words);
  });

  test('is read back as it was escaped, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        fc.pre(!/[\n\\]/.test(name));
        const words = wordsOf(`x ${escapePath(name)}`);
        expect(words[1]?.text).toBe(name);
        expect(words).toHaveLength(2);
      }),
    );
  });
});

test.each([
  ['photo.png', { path: 'photo.png' }],
  ['photo.png #dev', { path: 'photo.png', target: '#dev' }],
  ['my photo.png @bo', { path: 'my photo.png', target: '@bo' }],
  ['my  photo.png', { path: 'my  photo.png' }],
  ['"my photo.png" @bo', { path: 'my photo.png', target: '@bo' }],
  ['a "#b"', { path: 'a #b' }],
  ['my\\ photos/a b.png @bo', { path: 'my photos/a b.png', target: '@bo' }],
  ['#1.png', { path: '#1.png' }],
  ['', { path: '' }],
])('/send %s', (rest, parsed) => {
  expect(sendArguments(rest)).toEqual(parsed);
});

describe('a paste', () => {
  test.each([
    ['/home/mia/photo.png', ['/home/mia/photo.png']],
    ["'/home/mia/my photo.png'", ['/home/mia/my photo.png']],
    ['/home/mia/my\\ photo.png ', ['/home/mia/my photo.png']],
    ['file:///home/mia/my%20photo.png', ['/home/mia/my photo.png']],
    ['file://localhost/C:/x.png', ['C:/x.png']],
    ['/a/1.png\n/a/2.png\n', ['/a/1.png', '/a/2.png']],
    ["'/a/1.png' '/a/2.png'", ['/a/1.png', '/a/2.png']],
    ['~/x.png', ['~/x.png']],
  ])('of %j may be paths', (paste, paths) => {
    expect(pastedPaths(paste)).toContainEqual(paths);
  });

  test('of a path with blanks may be one path, before it may be several', () => {
    expect(pastedPaths('/a/b /c')).toEqual([['/a/b /c'], ['/a/b', '/c']]);
  });

  test.each([
    'README.md',
    'see /etc/hosts',
    '',
    'https://example.org/x',
    `${'/a\n'.repeat(30)}`,
    'file:///%zz',
  ])('of %j is a text', (paste) => {
    expect(pastedPaths(paste)).toEqual([]);
  });
});
