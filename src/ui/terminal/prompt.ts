/** The input line as rows of cells, with the cursor's place among them. */
import type { Editor } from './editor.js';
import { clusterWidth } from './width.js';

export interface PromptLayout {
  /** Rows of text without the prompt, those around the cursor when there are more than fit. */
  readonly rows: readonly string[];
  /** Cursor, from the first of `rows` and from the column after the prompt. */
  readonly x: number;
  readonly y: number;
}

/**
 * @param width cells for text, without the prompt
 * @param rowsMax rows shown at most
 */
export function layOutPrompt(editor: Editor, width: number, rowsMax: number): PromptLayout {
  const limit = Math.max(2, width);
  const rows: string[] = [''];
  let used = 0;
  let cursor = { x: 0, y: 0 };
  editor.clusters.forEach((cluster, index) => {
    const cells = clusterWidth(cluster);
    // The last column stays free, so that the cursor behind a full row is seen.
    if (cluster !== '\n' && used + cells > limit - 1) {
      rows.push('');
      used = 0;
    }
    if (index === editor.cursor) cursor = { x: used, y: rows.length - 1 };
    if (cluster === '\n') {
      rows.push('');
      used = 0;
    } else {
      rows[rows.length - 1] += cluster;
      used += cells;
    }
  });
  if (editor.cursor === editor.clusters.length) cursor = { x: used, y: rows.length - 1 };
  const from = Math.max(0, Math.min(cursor.y - rowsMax + 1, rows.length - rowsMax));
  return { rows: rows.slice(from, from + rowsMax), x: cursor.x, y: cursor.y - from };
}
