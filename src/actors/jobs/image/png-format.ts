/** How a PNG writes a pixel (W3C, third edition, sections 11.2.1 and 11.3.1). */

const ColourType = { Grey: 0, Rgb: 2, Palette: 3, GreyAlpha: 4, Rgba: 6 } as const;

export interface Format {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colour: number;
  readonly isInterlaced: boolean;
  /** Three bytes a colour. */
  readonly palette: Uint8Array;
  /** For a palette the opacity of each colour, else the samples of the one colour that is transparent. */
  readonly transparency: Uint8Array;
}

/** Samples of a pixel and the depths they may have. */
const SHAPES: Readonly<Record<number, readonly [samples: number, depths: readonly number[]]>> = {
  [ColourType.Grey]: [1, [1, 2, 4, 8, 16]],
  [ColourType.Rgb]: [3, [8, 16]],
  [ColourType.Palette]: [1, [1, 2, 4, 8]],
  [ColourType.GreyAlpha]: [2, [8, 16]],
  [ColourType.Rgba]: [4, [8, 16]],
};

/** Bits of a pixel, undefined for a format that there is not. */
export function pixelBits({ colour, depth }: Pick<Format, 'colour' | 'depth'>): number | undefined {
  const [samples, depths] = SHAPES[colour] ?? [0, []];
  return depths.includes(depth) ? samples * depth : undefined;
}

/** Writes the pixel of a row's samples numbered `index` as red, green, blue and alpha at `at` of `target`. */
export type PixelReader = (row: Buffer, index: number, target: Uint8Array, at: number) => void;

export function pixelReader(format: Format): PixelReader {
  const { colour, depth, palette, transparency } = format;
  const [samples] = SHAPES[colour] ?? [1];
  const max = 2 ** depth - 1;
  const hasAlpha = colour === ColourType.GreyAlpha || colour === ColourType.Rgba;
  const isGrey = colour === ColourType.Grey || colour === ColourType.GreyAlpha;
  const clear = transparentColour(transparency);
  return (row, index, target, at) => {
    const sample = (part: number): number => sampleAt(row, index * samples + part, depth);
    if (colour === ColourType.Palette) {
      const entry = sample(0);
      for (let part = 0; part < 3; part++) target[at + part] = palette[entry * 3 + part] ?? 0;
      target[at + 3] = transparency[entry] ?? 255;
      return;
    }
    const toByte = (value: number): number => Math.round((value * 255) / max);
    const colours = isGrey ? [sample(0), sample(0), sample(0)] : [sample(0), sample(1), sample(2)];
    for (const [part, value] of colours.entries()) target[at + part] = toByte(value);
    const isClear = clear.length > 0 && clear.every((value, part) => value === colours[part]);
    target[at + 3] = hasAlpha ? toByte(sample(samples - 1)) : isClear ? 0 : 255;
  };
}

/** The samples in a tRNS chunk: one for grey, three for colours. */
function transparentColour(transparency: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at + 1 < Math.min(6, transparency.length); at += 2)
    values.push(((transparency[at] ?? 0) << 8) | (transparency[at + 1] ?? 0));
  return values;
}

/** Samples of less than a byte are packed from the highest bit on. */
function sampleAt(row: Buffer, index: number, depth: number): number {
  if (depth === 16) return ((row[index * 2] ?? 0) << 8) | (row[index * 2 + 1] ?? 0);
  const bit = index * depth;
  return ((row[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
