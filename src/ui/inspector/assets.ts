import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from './route.js';

/** What the build puts there: the page's compiled modules and whatever lies in its folder `static`. */
const FOLDER = new URL('./page/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/**
 * The files of the page, read once: what a request names is looked up here and never on the disk, so that no path
 * leads anywhere else.
 */
export class Assets {
  readonly #files = new Map<string, Answer>();

  /** @param more files that are made instead of read, by name */
  constructor(more: Readonly<Record<string, string>> = {}, folder = FOLDER) {
    const root = fileURLToPath(folder);
    for (const name of readdirSync(root)) {
      const type = TYPES[extname(name)];
      if (type !== undefined)
        this.#files.set(name, { status: 200, type, body: readFileSync(new URL(name, folder)) });
    }
    for (const [name, body] of Object.entries(more)) {
      const type = TYPES[extname(name)] ?? 'text/plain; charset=utf-8';
      this.#files.set(name, { status: 200, type, body });
    }
  }

  get(name: string): Answer | undefined {
    return this.#files.get(name);
  }

  /** The page itself, its links leading to the assets of this token. */
  page(token: string): Answer | undefined {
    const page = this.#files.get('index.html');
    return page && { ...page, body: page.body.toString('utf8').replaceAll('{assets}', `/assets/${token}`) };
  }
}
