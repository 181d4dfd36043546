/** `natter inspect --export DIR`: every machine as SVG and as Mermaid text, and a page that shows them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CatalogueRow, machines } from '../actors/machines/catalogue.js';
import type { Chart } from '../chart/chart.js';
import { chartOf } from '../chart/chart-of.js';
import type { Drawing } from '../chart/drawing.js';
import { chartMermaid } from '../chart/mermaid.js';
import { chartSvg } from '../chart/svg.js';
import { NatterError } from '../chat/error.js';
import { writeFileAtomic } from '../store/atomic.js';
import { makeFolder } from '../store/folder.js';
import { galleryPage, type Pictured } from './machine-gallery.js';

/** Everybody may read what the umask leaves, as with any file that one asks a program to write. */
const MODE = 0o666;
const FOLDER_MODE = 0o777;

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
    makeFolder(folder, FOLDER_MODE);
    // What is there already may be a file.
    readdirSync(folder);
  } catch (error) {
    throw refused(folder, error);
  }
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
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const details = { path };
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    const message = `${path} is not a folder, nor can it become one; name another one with --export.`;
    return new NatterError('BAD_ARGUMENT', message, details, error);
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `The disk of ${path} is full; make room and try again.`;
    return new NatterError('DISK_FULL', message, details, error);
  }
  const message = `${path} cannot be written (${code}); change its rights, or name another folder with --export.`;
  return new NatterError('DATA_UNWRITABLE', message, details, error);
}
