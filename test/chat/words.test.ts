import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { complete } from '../../src/chat/complete.js';
import { loadEmoji, PANEL } from '../../src/chat/emoji.js';
import { ErrorCode } from '../../src/chat/error.js';
import { mentions } from '../../src/chat/mention.js';
import { drawSticker, findSticker, STICKERS } from '../../src/chat/sticker.js';

describe('emoji', () => {
  test('known shortcodes are expanded, all else stays', async () => {
    const book = await loadEmoji();
    expect(book.expand('well :smile: :+1: :nosuchthing: 10:30:45 :TADA:')).toBe(
      'well 😄 👍 :nosuchthing: 10:30:45 🎉',
    );
    expect(book.expand('`:smile:` and :smile:')).toBe('`:smile:` and 😄');
  });

  test('the panel has 28 pictures, each once', async () => {
    const { panel } = await loadEmoji();
    expect(PANEL).toHaveLength(28);
    expect(new Set(panel.map((picture) => picture.emoji)).size).toBe(28);
  });

  test('completion puts the shortest beginning first', async () => {
    const book = await loadEmoji();
    const found = book.complete('smi', 5).map((picture) => picture.name);
    expect(found[0]).toBe('smile');
    expect(found).toContain('smiley');
  });
});

describe('stickers', () => {
  test('are ten, within 12 columns and 6 lines, of characters one column wide', () => {
    expect(STICKERS).toHaveLength(10);
    for (const { lines, description } of STICKERS) {
      expect(lines.length).toBeLessThanOrEqual(6);
      expect(description).not.toBe('');
      for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{1,12}$/);
    }
  });

  test('are found by name, or the nearest is suggested', () => {
    expect(findSticker('Cat').name).toBe('cat');
    expect(() => findSticker('rokcet')).toThrow(/did you mean rocket/);
  });

  test('that this version does not know are told by name', () => {
    expect(drawSticker('unicorn')).toEqual(['[sticker unicorn]']);
  });
});

describe('mentions', () => {
  test.each([
    ['ana: look', 'ana', true],
    ['@Ana, look', 'ana', true],
    ['hi ANA', 'ana', true],
    ['banana', 'ana', false],
    ['anab', 'ana', false],
    ['ana2', 'ana', false],
    ['banana ana', 'ana', true],
    ['salut ZOË!', 'Zoë', true],
    ['zo\u0308e\u0308', 'Zoë', false],
    ['привет Иван', 'иван', true],
    ['anything', '', false],
  ])('%j calls %s: %s', (text, name, expected) => {
    expect(mentions(text, name)).toBe(expected);
  });
});

describe('completion', () => {
  const known = {
    mode: 'server',
    rooms: ['#dev', '#design', '@bo'],
    names: ['Zoë', 'zara', 'bo'],
    tags: ['chess', 'go'],
  } as const;
  const after = (line: string) => complete(line, line.length, known).replacements;

  test.each([
    ['/jo', ['/join ']],
    ['/list-u', ['/list-users ']],
    ['/join de', ['#dev ', '#design ']],
    ['#de', ['#dev ', '#design ']],
    ['see #DES', ['#design ']],
    ['zo', ['Zoë: ']],
    ['hi z', ['Zoë ', 'zara ']],
    ['hi @b', ['@bo ']],
    ['/sticker ro', ['rocket']],
    ['/help jo', ['/join ']],
    ['', []],
    ['hi ', []],
  ])('%j offers %j', (line, offered) => {
    expect(after(line)).toEqual(offered);
  });

  test('works in the middle of a line', () => {
    expect(complete('hi bo, you', 5, known)).toMatchObject({ from: 3, to: 5, replacements: ['bo '] });
  });

  test('offers emoji with their pictures', async () => {
    const emoji = await loadEmoji();
    const found = complete('nice :tad', 9, { ...known, emoji });
    expect(found).toMatchObject({ from: 5, to: 9 });
    expect(found.replacements[0]).toBe('🎉 ');
    expect(found.labels[0]).toBe('🎉 :tada:');
  });
});

test('docs/ERRORS.md lists every code once, and no other', () => {
  const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| ([A-Z_]+) +\|/gm)].map((match) => match[1]);
  expect(listed).toEqual([...ErrorCode]);
});
