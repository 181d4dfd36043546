/**
 * Pixels into the cells of a terminal: turned upright, averaged in linear light (so that fine patterns keep their
 * brightness) and laid over a middle grey, on which dark and light drawings are both to be seen.
 */
import { CELL_BYTES, type PicturePreview } from '../../../chat/preview.js';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha, 0-255, not premultiplied; row by row from the top. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Samples of one pixel of the preview along each axis at most: beyond that nobody sees a difference. */
export const SAMPLES_MAX = 12;
const GROUND = 0.216;

/** sRGB (IEC 61966-2-1) to linear light. */
const LINEAR = Float32Array.from({ length: 256 }, (_, value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
});

function toByte(light: number): number {
  const part = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(part * 255);
}

/** Upright size of a picture that is stored in another orientation: 5 to 8 lie on their side. */
export function upright({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** The largest size in pixels that keeps the shape, fits into the cells, is even in height and no larger than itself. */
export function fitInto({ width, height }: Size, columns: number, rows: number): Size {
  const scale = Math.min(1, columns / width, (rows * 2) / height);
  const even = Math.round((height * scale) / 2) * 2;
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(2, even) };
}

/** How many bytes of `data` it is from the first pixel shown, to the right and down, when turned upright. */
interface Walk {
  readonly start: number;
  readonly right: number;
  readonly down: number;
}

function walkOf({ width, height }: Size, orientation: number): Walk {
  const x = 4;
  const y = width * 4;
  const lastX = (width - 1) * x;
  const lastY = (height - 1) * y;
  switch (orientation) {
    case 2:
      return { start: lastX, right: -x, down: y };
    case 3:
      return { start: lastX + lastY, right: -x, down: -y };
    case 4:
      return { start: lastY, right: x, down: -y };
    case 5:
      return { start: 0, right: y, down: x };
    case 6:
      return { start: lastY, right: -y, down: x };
    case 7:
      return { start: lastX + lastY, right: -y, down: -x };
    case 8:
      return { start: lastX, right: y, down: -x };
    default:
      return { start: 0, right: x, down: y };
  }
}

/** Makes the cells of a picture. @param stored its own size, which `pixels` may be a scaled version of */
export function shrink(
  pixels: Pixels,
  stored: Size,
  orientation: number,
  columns: number,
  rows: number,
): PicturePreview {
  const whole = upright(stored, orientation);
  const from = upright(pixels, orientation);
  const to = fitInto(whole, columns, rows);
  const walk = walkOf(pixels, orientation);
  const cells = new Uint8Array((to.width * to.height * CELL_BYTES) / 2);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const at = ((y >> 1) * to.width + x) * CELL_BYTES + (y & 1) * 3;
      average(pixels.data, walk, span(x, to.width, from.width), span(y, to.height, from.height), cells, at);
    }
  }
  return { kind: 'picture', columns: to.width, rows: to.height / 2, cells, ...whole };
}

interface Span {
  readonly first: number;
  /** Exclusive, and above `first`. */
  readonly end: number;
  readonly step: number;
}

/** Which of `from` pixels make the one numbered `index` of `to`. */
function span(index: number, to: number, from: number): Span {
  const first = Math.min(from - 1, Math.floor((index * from) / to));
  const end = Math.max(first + 1, Math.min(from, Math.floor(((index + 1) * from) / to)));
  return { first, end, step: Math.max(1, Math.floor((end - first) / SAMPLES_MAX)) };
}

function average(
  data: Pixels['data'],
  walk: Walk,
  across: Span,
  along: Span,
  cells: Uint8Array,
  at: number,
): void {
  let [red, green, blue, alpha, count] = [0, 0, 0, 0, 0];
  for (let y = along.first; y < along.end; y += along.step) {
    for (let x = across.first; x < across.end; x += across.step) {
      const index = walk.start + x * walk.right + y * walk.down;
      const opacity = (data[index + 3] ?? 0) / 255;
      red += (LINEAR[data[index] ?? 0] ?? 0) * opacity;
      green += (LINEAR[data[index + 1] ?? 0] ?? 0) * opacity;
      blue += (LINEAR[data[index + 2] ?? 0] ?? 0) * opacity;
      alpha += opacity;
      count++;
    }
  }
  const ground = GROUND * (1 - alpha / count);
  cells[at] = toByte(red / count + ground);
  cells[at + 1] = toByte(green / count + ground);
  cells[at + 2] = toByte(blue / count + ground);
}
