/** `natter inspect`: every machine to look at and to step through, or written into a folder. */
import { NatterError } from '../../chat/error.js';
import { type Console, print, tell, untilStopped } from '../console.js';
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
  const { port, export: folder } = options;
  if (folder === undefined) return serve(port ?? 0, console);
  if (port !== undefined)
    throw new NatterError('USAGE', 'Choose --port for the page or --export for a folder of drawings.');
  return exportInto(folder, console);
}

/** Serves the page until a signal ends it. */
async function serve(port: number, console: Console): Promise<Exit> {
  const { openInspector } = await import('../inspector/inspector.js');
  const { url, close } = await openInspector({ port, program: 'inspect' });
  print(console, url);
  await untilStopped(console);
  await close();
  return Exit.Done;
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
