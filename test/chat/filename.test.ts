import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedName, SAVED_NAME_MAX_BYTES, safeFileName } from '../../src/chat/filename.js';
import { sanitiseLine } from '../../src/chat/text.js';

describe('the name of a file from elsewhere', () => {
  it.each([
    ['photo.png', 'photo.png'],
    ['Ein Brief an Élise.pdf', 'Ein Brief an Élise.pdf'],
    ['王小明.txt', '王小明.txt'],
    ['שלום.docx', 'שלום.docx'],
    ['👨‍👩‍👧‍👦 family.jpg', '👨‍👩‍👧‍👦 family.jpg'],
    ['archive.tar.gz', 'archive.tar.gz'],
    ['cafe\u0301.txt', 'caf\u00e9.txt'],
  ])('stays as it is when it is a good one: %s', (raw, name) => {
    expect(safeFileName(raw)).toBe(name);
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system.ini', 'system.ini'],
    ['C:\\temp\\a.txt', 'a.txt'],
    ['/', 'file'],
    ['..', 'file'],
    ['a/..', 'file'],
    ['folder/', 'folder'],
    ['C:', 'C_'],
    ['a.txt:stream', 'a.txt_stream'],
  ])('leads nowhere else: %s', (raw, name) => {
    expect(safeFileName(raw)).toBe(name);
  });

  it.each([
    ['a\0b.txt', 'ab.txt'],
    ['a\x1b[31mb.txt', 'a[31mb.txt'],
    ['a\r\nb', 'a b'],
    ['photo\u202Egnp.exe', 'photognp.exe'],
    ['a\u200bb\u2066.txt', 'ab.txt'],
    ['\ud800.txt', 'txt'],
    ['\ue000.txt', '_.txt'],
    ['e\u200b\u0301.txt', '\u00e9.txt'],
    ['<a>"b"|c?*', '_a__b__c__'],
  ])('holds nothing that is not seen, or that steers a terminal: %j', (raw, name) => {
    expect(safeFileName(raw)).toBe(name);
  });

  it('shows an extension that spaces were to push out of sight', () => {
    expect(safeFileName(`invoice.pdf${' '.repeat(200)}.exe`)).toBe('invoice.pdf .exe');
    expect(safeFileName(`invoice.pdf${'\u2800\u3000\u00a0\t'.repeat(50)}.exe`)).toBe('invoice.pdf .exe');
    expect(safeFileName(`invoice.pdf${'_'.repeat(5_000)}.exe`).endsWith('_.exe')).toBe(true);
  });

  it.each([
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['Com1.tar.gz', '_Com1.tar.gz'],
    ['lpt9 .png', '_lpt9 .png'],
    ['COM².txt', '_COM².txt'],
    ['aux\u200b', '_aux'],
    ['..con', '_con'],
    ['desktop.ini', '_desktop.ini'],
    ['console.log', 'console.log'],
    ['command.txt', 'command.txt'],
  ])('is no device of Windows: %s', (raw, name) => {
    expect(safeFileName(raw)).toBe(name);
  });

  it.each([
    ['.bashrc', 'bashrc'],
    ['-rf', 'rf'],
    [' - .hidden', 'hidden'],
    ['name. . .', 'name'],
    ['\u0301a', 'a'],
    ['   ', 'file'],
    ['', 'file'],
  ])('begins and ends with something visible: %j', (raw, name) => {
    expect(safeFileName(raw)).toBe(name);
  });

  it('is cut between characters and keeps its extension', () => {
    expect(safeFileName(`${'a'.repeat(5_000)}.tar.gz`)).toBe(`${'a'.repeat(255 - 7)}.tar.gz`);
    const families = safeFileName(`${'👨‍👩‍👧‍👦'.repeat(200)}.jpg`, SAVED_NAME_MAX_BYTES);
    expect(families).toBe(`${'👨‍👩‍👧‍👦'.repeat(7)}.jpg`);
    expect(Buffer.byteLength(safeFileName('王'.repeat(5_000)))).toBe(255);
    expect(safeFileName(`${'a'.repeat(254)} b`)).toBe('a'.repeat(254));
  });

  it('can be made anywhere and shown anywhere, whatever was sent', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.string({
        unit: fc.constantFrom(
          ...[
            '.',
            ' ',
            '/',
            '\\',
            'a',
            'é',
            'e',
            '\u0301',
            '\u0344',
            '\u0958',
            '\u200d',
            '👩',
            '\ufe0f',
            '🏽',
          ],
          ...[
            'CON',
            'nul',
            '-',
            ':',
            '\u202e',
            '\0',
            '\n',
            '\t',
            '\u3000',
            '\u2800',
            '\ud800',
            '\ue000',
            '<',
          ],
          ...[
            '\u0338',
            '.tar',
            '.gz',
            '_',
            '\u1100',
            '\u1161',
            '🇩',
            '\u{e0067}',
            '\u{e007f}',
            '🏴',
            '1',
            '\u20e3',
          ],
        ),
        maxLength: 300,
      }),
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom(255, SAVED_NAME_MAX_BYTES, 64), (raw, bytesMax) => {
        const name = safeFileName(raw, bytesMax);
        expect(name).not.toBe('');
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(bytesMax);
        expect(name).not.toMatch(
          /[\p{Cc}\p{Cs}\p{Co}\u202a-\u202e\u2066-\u2069<>:"/\\|?*]|^[.\s-]|[.\s]$|\s\s/u,
        );
        expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i);
        expect(name.normalize('NFC')).toBe(name);
        expect(sanitiseLine(name)).toBe(name);
        expect(safeFileName(name, bytesMax)).toBe(name);
      }),
      { seed: 3, numRuns: 3_000 },
    );
  });

  it('is told from others of its kind by a number before the extension', () => {
    expect(numberedName('photo.png', 2)).toBe('photo (2).png');
    expect(numberedName('archive.tar.gz', 13)).toBe('archive (13).tar.gz');
    expect(numberedName('README', 2)).toBe('README (2)');
    expect(numberedName('v1. Final words here', 2)).toBe('v1. Final words here (2)');
  });
});
