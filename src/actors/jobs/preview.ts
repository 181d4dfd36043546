/** The task that looks into a file: a picture in cells, or a text's first lines. Run in the jobs pool. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { HEAD_BYTES, mediaTypeOf } from '../../chat/filetype.js';
import type { NoPreview, Preview } from '../../chat/preview.js';
import { sanitise } from '../../chat/text.js';
import { decode } from './image/decode.js';
import { type PictureType, pictureHead } from './image/head.js';
import { fitInto, shrink, upright } from './image/shrink.js';

export interface PreviewTask {
  readonly path: string;
  /** The room there is, in cells, at least one each. */
  readonly columns: number;
  readonly rows: number;
}

const PICTURE_BYTES_MAX = 50 * 1024 * 1024;
/** JPEG is decoded at a fraction of its size and PNG row by row; the others take eight bytes a pixel for a moment. */
const PIXELS_MAX: Readonly<Record<PictureType, number>> = {
  'image/png': 40_000_000,
  'image/jpeg': 40_000_000,
  // Beyond it the decoder's own memory ends.
  'image/gif': 9_000_000,
  'image/webp': 16_000_000,
};
/** A row of pixels must fit into memory too, however few there are of them. */
const SIDE_MAX = 65_535;
/** Of a text; a preview shows its beginning. */
const TEXT_BYTES = 64 * 1024;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

const isPicture = (type: string): type is PictureType => Object.hasOwn(PIXELS_MAX, type);

const none = (reason: string): NoPreview => ({ kind: 'none', reason });

/** Never throws for what is wrong with the file: that is the reason why nothing is to be seen. */
export async function preview(task: PreviewTask): Promise<Preview> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would be waited for.
    file = await open(task.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return none('The file cannot be read.');
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) return none('This is no file.');
    return await look(file, status.size, task);
  } catch {
    return none('The file cannot be shown; it may be damaged.');
  } finally {
    await file.close();
  }
}

async function look(file: FileHandle, size: number, task: PreviewTask): Promise<Preview> {
  const head = await read(file, Math.min(size, HEAD_BYTES));
  const type = mediaTypeOf('', head);
  if (type === 'text/plain') return textOf(await read(file, Math.min(size, TEXT_BYTES)), task);
  if (size === 0) return none('The file is empty.');
  if (!isPicture(type)) return none('There is no preview for files of this kind.');
  if (size > PICTURE_BYTES_MAX) return none('The picture is too large for a preview.');
  const bytes = await read(file, size);
  const stored = pictureHead(type, bytes);
  if (stored === undefined) return none('The picture is damaged.');
  if (Math.max(stored.width, stored.height) > SIDE_MAX || stored.width * stored.height > PIXELS_MAX[type])
    return none('The picture is too large for a preview.');
  // `fitInto` is asked for the picture upright, the decoder for the picture as it is stored.
  const wanted = upright(
    fitInto(upright(stored, stored.orientation), task.columns, task.rows),
    stored.orientation,
  );
  const pixels = await decode(type, bytes, stored, wanted);
  if (pixels === undefined) return none('The picture is damaged.');
  // The decoder of GIF distrusts some sizes of screens (640 x 480 is one) and goes by the frame instead.
  const own = type === 'image/gif' ? pixels : stored;
  return shrink(pixels, own, stored.orientation, task.columns, task.rows);
}

/** The first bytes of a file, fewer where it ends before. */
async function read(file: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  for (let offset = 0; offset < bytes; ) {
    const { bytesRead } = await file.read(buffer, offset, bytes - offset, offset);
    if (bytesRead === 0) return buffer.subarray(0, offset);
    offset += bytesRead;
  }
  return buffer;
}

function textOf(bytes: Buffer, { columns, rows }: PreviewTask): Preview {
  const text = new TextDecoder().decode(bytes, { stream: true });
  const lines = text.split(/\r\n|\r|\n/, rows + 1).map((line) => cut(sanitise(line), columns));
  while (lines.at(-1) === '') lines.pop();
  return { kind: 'text', lines: lines.slice(0, rows) };
}

/** At most as many characters as there are columns; who shows them knows how wide they are. */
function cut(line: string, columns: number): string {
  let [length, count] = [0, 0];
  for (const { segment, index } of graphemes.segment(line)) {
    if (count++ === columns) break;
    length = index + segment.length;
  }
  return line.slice(0, length);
}
