/** What can be seen of files: in the conversation when one has come, and under its details. */
import type { Preview } from '../../chat/preview.js';
import type { Row } from './pane.js';
import { type ColourDepth, previewRows } from './picture.js';
import type { Theme } from './theme.js';
import type { FileEntry } from './transfers.js';

/** Cells of a picture in a conversation at most; larger ones say no more. */
const COLUMNS_MAX = 60;
const ROWS_MAX = 20;
/** Rows of a text: enough to see what it is. */
const TEXT_ROWS = 6;

/** Looks into a file for so many cells. */
export type Look = (path: string, columns: number, rows: number) => Promise<Preview>;

export class Previews {
  readonly #look: Look;
  readonly #changed: () => void;
  /** The one under the details, for one file at one size. */
  #shown: { readonly key: string; preview: Preview | undefined } | undefined;

  /** @param changed called when a preview that was wanted is there */
  constructor(look: Look, changed: () => void) {
    this.#look = look;
    this.#changed = changed;
  }

  /** For a conversation whose pane has this size: at most a third of it. */
  async of({ path }: FileEntry, width: number, height: number): Promise<Preview> {
    if (path === undefined) return { kind: 'none', reason: 'It is not on this machine.' };
    const preview = await this.#look(path, Math.min(COLUMNS_MAX, width), rowsFor(height));
    return preview.kind === 'text' ? { ...preview, lines: preview.lines.slice(0, TEXT_ROWS) } : preview;
  }

  /** Rows under the details of a file; none as long as it was not looked at. */
  rows(entry: FileEntry, width: number, height: number, depth: ColourDepth, theme: Theme): readonly Row[] {
    const { path, offer, transfer } = entry;
    if (path === undefined || !isHere(entry)) return [];
    const rows = rowsFor(height);
    const key = `${offer.id} ${transfer?.state} ${width} ${rows}`;
    if (this.#shown?.key !== key) {
      const shown: { key: string; preview: Preview | undefined } = { key, preview: undefined };
      this.#shown = shown;
      this.#look(path, width, rows).then((preview) => {
        shown.preview = preview;
        this.#changed();
      }, this.#changed);
    }
    const { preview } = this.#shown;
    if (preview === undefined) return [];
    if (preview.kind === 'none') return [[{ text: ` ${preview.reason}`, look: theme.dim }]];
    return previewRows(preview, depth, theme).map((row) => [{ text: ' ', look: theme.plain }, ...row]);
  }
}

function rowsFor(height: number): number {
  return Math.max(1, Math.min(ROWS_MAX, Math.floor(height / 3)));
}

/** Is there a whole file of it on this machine? */
export function isHere({ path, transfer }: FileEntry): boolean {
  return path !== undefined && (transfer?.direction === 'out' || transfer?.state === 'done');
}

/** Would a person want to see it without asking? */
export function isWorthShowing({ offer }: FileEntry): boolean {
  return /^(?:image|text)\//.test(offer.type);
}
