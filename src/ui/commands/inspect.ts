/** `natter inspect`: every machine to look at and to step through, or written into a folder. */
import { NatterError } from '../../chat/error.js';
import { type Console, print, tell } from '../console.js';
import { Exit } from '../exit.js';

export interface InspectOptions {
  readonly port?: number;
  readonly export?: string;
}

export async function run(
  options: InspectOptions,
  _args: readonly string[],
  console: Console,
): Promise<Exit> {
  if (options.export === undefined)
    throw new NatterError('USAGE', 'Name a folder for the drawings with --export DIR.');
  return exportInto(options.export, console);
}

async function exportInto(folder: string, console: Console): Promise<Exit> {
  const [{ exportedFiles, openExportFolder, writeExported }, { LayoutPool }] = await Promise.all([
    import('../machine-export.js'),
    import('../../actors/jobs/layout-pool.js'),
  ]);
  openExportFolder(folder);
  const pool = new LayoutPool();
  let count = 0;
  try {
    for await (const file of exportedFiles((chart) => pool.layout(chart))) {
      writeExported(folder, file);
      print(console, file.name);
      count++;
    }
  } finally {
    await pool.close();
  }
  tell(console, `Wrote ${count} files into ${folder}; index.html shows them all.`);
  return Exit.Done;
}
