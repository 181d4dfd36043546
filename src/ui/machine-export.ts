/** `natter inspect --export DIR`: every machine as SVG and as Mermaid text, and a page that shows them. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CatalogueRow, machines } from '../actors/machines/catalogue.js';
import type { Chart } from '../chart/chart.js';
import { chartOf } from '../chart/chart-of.js';
import type { Drawing } from '../chart/drawing.js';
import { chartMermaid } from '../chart/mermaid.js';
import { chartSvg } from '../chart/svg.js';
import { NatterError } from '../chat/error.js';
import { writeFileAtomic } from '../store/atomic.js';
import { galleryPage, type Pictured } from './machine-gallery.js';

/** Everybody may read what the umask leaves, as with any file that one asks a program to write. */
const MODE = 0o666;

export interface ExportedFile {
  readonly name: string;
  readonly content: string;
}

/**
 * The content of every file of an export, each machine's as soon as it is drawn, the page last. The same text each
 * time, on every machine.
 * @param layout as `layoutChart`
 */
export async function* exportedFiles(
  layout: (chart: Chart) => Promise<Drawing>,
): AsyncGenerator<ExportedFile> {
  const pictured: Pictured[] = [];
  for (const row of machines) {
    const { picture, files } = await exportOne(row, layout);
    pictured.push(picture);
    yield* files;
  }
  yield { name: 'index.html', content: galleryPage(pictured) };
}

async function exportOne(row: CatalogueRow, layout: (chart: Chart) => Promise<Drawing>) {
  const chart = chartOf(row.machine);
  const drawing = await layout(chart);
  const picture: Pictured = { row, chart, drawing };
  const files: ExportedFile[] = [
    { name: `${row.name}.svg`, content: chartSvg(drawing) },
    { name: `${row.name}.mmd`, content: chartMermaid(chart) },
  ];
  return { picture, files };
}

/** Makes the folder if it is missing. Throws a NatterError when it is none or cannot be written to. */
export function openExportFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw refused(folder, error);
  }
  if (!statSync(folder).isDirectory()) throw refused(folder, undefined);
}

/** Replaces one file of an export: a reader sees the old one or the new one. */
export function writeExported(folder: string, { name, content }: ExportedFile): void {
  try {
    writeFileAtomic(join(folder, name), content, MODE);
  } catch (error) {
    throw refused(join(folder, name), error);
  }
}

function refused(path: string, error: unknown): NatterError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'ENOTDIR';
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new NatterError('BAD_ARGUMENT', `${path} is not a folder; name another one with --export.`, {
      path,
    });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new NatterError(
      'DISK_FULL',
      `The disk of ${path} is full; make room and try again.`,
      { path },
      error,
    );
  return new NatterError(
    'DATA_UNWRITABLE',
    `${path} cannot be written (${code}); name a folder of yours with --export.`,
    { path },
    error,
  );
}
