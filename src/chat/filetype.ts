/**
 * What kind of file it is, as a media type (RFC 6838): by its first bytes where they tell, since anybody may name a
 * file anything, then by its name. What one end says about a file is shown by the other, and trusted by nobody.
 */
import mime from 'mime';

/** As many of a file's first bytes as `mediaTypeOf` ever looks at. */
export const HEAD_BYTES = 4096;

const UNKNOWN = 'application/octet-stream';
const TEXT = 'text/plain';

/** [offset, what stands there as Latin-1]. */
type Magic = readonly [offset: number, bytes: string];

/** From https://mimesniff.spec.whatwg.org/, section 6, and from the formats' own specifications. */
const SIGNATURES: readonly (readonly [type: string, ...magic: Magic[]])[] = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF87a']],
  ['image/gif', [0, 'GIF89a']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
  ['image/avif', [4, 'ftypavif']],
  ['image/heic', [4, 'ftypheic']],
  ['image/tiff', [0, 'II*\0']],
  ['image/tiff', [0, 'MM\0*']],
  ['application/pdf', [0, '%PDF-']],
  ['application/gzip', [0, '\x1f\x8b\x08']],
  ['application/x-xz', [0, '\xfd7zXZ\0']],
  ['application/zstd', [0, '\x28\xb5\x2f\xfd']],
  ['application/x-bzip2', [0, 'BZh']],
  ['application/x-7z-compressed', [0, '7z\xbc\xaf\x27\x1c']],
  ['application/vnd.rar', [0, 'Rar!\x1a\x07']],
  ['application/x-tar', [257, 'ustar']],
  ['application/vnd.sqlite3', [0, 'SQLite format 3\0']],
  ['application/wasm', [0, '\0asm']],
  ['application/x-elf', [0, '\x7fELF']],
  ['application/vnd.microsoft.portable-executable', [0, 'MZ']],
  ['audio/flac', [0, 'fLaC']],
  ['audio/mpeg', [0, 'ID3']],
  ['audio/wav', [0, 'RIFF'], [8, 'WAVE']],
  ['application/ogg', [0, 'OggS']],
  ['video/mp4', [4, 'ftyp']],
  ['video/webm', [0, '\x1a\x45\xdf\xa3']],
  ['application/zip', [0, 'PK\x03\x04']],
];

/** Formats that others are packed in: only the name tells those apart. */
const CONTAINERS = new Set(['application/zip', 'application/ogg', 'video/mp4', 'video/webm']);
const PACKED = /^(?:application|audio|video)\//;
/** Types by extension that stand for text. */
const TEXTUAL = /^text\/|^application\/(?:json|xml|javascript|yaml|toml|sql|x-sh|node|rtf)$|\+(?:json|xml)$/;
/** What no text holds (mimesniff, "binary data byte"), and DEL. */
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/;

/**
 * The media type of a file.
 * @param name its name; only the extension counts
 * @param head its first bytes, `HEAD_BYTES` of them where there are as many; empty for an empty file
 */
export function mediaTypeOf(name: string, head: Uint8Array): string {
  const named = mime.getType(name) ?? UNKNOWN;
  const isTextual = TEXTUAL.test(named);
  const found = signatureOf(head);
  if (found !== undefined) {
    const isRefined = CONTAINERS.has(found) && PACKED.test(named) && !isTextual && named !== UNKNOWN;
    return isRefined ? named : found;
  }
  if (head.length === 0) return named;
  // Words that are called a picture are words, and bytes that are called a text are not to be read.
  if (looksLikeText(head)) return isTextual ? named : TEXT;
  return isTextual ? UNKNOWN : named;
}

function signatureOf(head: Uint8Array): string | undefined {
  const bytes = Buffer.from(head.subarray(0, HEAD_BYTES)).toString('latin1');
  const matches = ([offset, magic]: Magic): boolean => bytes.startsWith(magic, offset);
  return SIGNATURES.find(([, ...magic]) => magic.every(matches))?.[0];
}

/** UTF-8 without control characters. A character that the end of a full head cuts in two is no fault. */
function looksLikeText(head: Uint8Array): boolean {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const text = decoder.decode(head.subarray(0, HEAD_BYTES), { stream: head.length >= HEAD_BYTES });
    return !BINARY.test(text);
  } catch {
    return false;
  }
}
