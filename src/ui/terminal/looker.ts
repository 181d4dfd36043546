/** Looks into files for previews, in a thread that is made when the first one is wanted. */
import type { PreviewPool } from '../../actors/jobs/preview-pool.js';
import type { Preview } from '../../chat/preview.js';

export class Looker {
  #pool: Promise<PreviewPool> | undefined;

  /** Never rejects for what is wrong with the file. @param columns cells, as `rows` */
  async look(path: string, columns: number, rows: number): Promise<Preview> {
    // Loaded late: most who chat look at no file, and the pool takes as long to load as the screen.
    this.#pool ??= import('../../actors/jobs/preview-pool.js').then((module) => new module.PreviewPool());
    return (await this.#pool).previewFile(path, columns, rows);
  }

  async close(): Promise<void> {
    await (await this.#pool)?.close();
  }
}
