/** What can be seen of a file without opening it, made for a screen of a certain size. */

/** Bytes of one cell: red, green and blue of its upper half, then of its lower half. */
export const CELL_BYTES = 6;

export interface PicturePreview {
  readonly kind: 'picture';
  /** Size in cells; a cell is one pixel wide and two high. */
  readonly columns: number;
  readonly rows: number;
  /** `columns * rows * CELL_BYTES` bytes, row by row. */
  readonly cells: Uint8Array;
  /** Of the picture itself, upright, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface TextPreview {
  readonly kind: 'text';
  /** The first lines, sanitised. */
  readonly lines: readonly string[];
}

/** There is nothing to see. */
export interface NoPreview {
  readonly kind: 'none';
  /** One sentence for a person. */
  readonly reason: string;
}

export type Preview = PicturePreview | TextPreview | NoPreview;
