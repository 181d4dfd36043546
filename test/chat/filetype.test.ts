import { expect, it } from 'vitest';
import { HEAD_BYTES, mediaTypeOf } from '../../src/chat/filetype.js';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf8 = (text: string): Uint8Array => Buffer.from(text);

it.each([
  ['a.txt', latin1('\x89PNG\r\n\x1a\n...'), 'image/png'],
  ['photo', latin1('\xff\xd8\xff\xe0'), 'image/jpeg'],
  ['x.exe', latin1('GIF89a'), 'image/gif'],
  ['x', latin1('RIFF\x10\0\0\0WEBPVP8 '), 'image/webp'],
  ['holiday.jpg', latin1('MZ\x90\0'), 'application/vnd.microsoft.portable-executable'],
  ['x', latin1(`${'\0'.repeat(257)}ustar`), 'application/x-tar'],
])('what the bytes say counts more than the name: %s', (name, head, type) => {
  expect(mediaTypeOf(name, head)).toBe(type);
});

it.each([
  [
    'report.docx',
    latin1('PK\x03\x04'),
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ],
  ['things', latin1('PK\x03\x04'), 'application/zip'],
  ['things.txt', latin1('PK\x03\x04'), 'application/zip'],
  ['song.opus', latin1('OggS\0'), 'audio/ogg'],
])('a format in a container has the name tell which: %s', (name, head, type) => {
  expect(mediaTypeOf(name, head)).toBe(type);
});

it.each([
  ['notes.md', utf8('# Grüße'), 'text/markdown'],
  ['data.JSON', utf8('{}'), 'application/json'],
  ['drawing.svg', utf8('<svg/>'), 'image/svg+xml'],
  ['README', utf8('hello'), 'text/plain'],
  ['index.ts', utf8('export {};'), 'text/plain'],
  ['fake.png', utf8('only words'), 'text/plain'],
  ['cut', Buffer.concat([Buffer.alloc(HEAD_BYTES - 1, 'a'), utf8('é and more')]), 'text/plain'],
])('a text is UTF-8 without controls: %s', (name, head, type) => {
  expect(mediaTypeOf(name, head)).toBe(type);
});

it.each([
  ['notes.txt', latin1('a\0b'), 'application/octet-stream'],
  ['notes.txt', latin1('caf\xe9'), 'application/octet-stream'],
  ['noise', latin1('\0\x01\x02\xff'), 'application/octet-stream'],
  ['song.mid', latin1('MThd\0\0'), 'audio/midi'],
  ['empty', new Uint8Array(), 'application/octet-stream'],
  ['empty.txt', new Uint8Array(), 'text/plain'],
])('bytes that nobody knows are what the name says, unless it says text: %s', (name, head, type) => {
  expect(mediaTypeOf(name, head)).toBe(type);
});
