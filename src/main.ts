#!/usr/bin/env node
/** The command line: a table of commands. What each does stands in src/ui/commands, loaded when it is run. */
import { createRequire } from 'node:module';
import { runCli } from './ui/cli.js';
import { commands, everywhere } from './ui/commands/table.js';
import { processConsole } from './ui/console.js';
import { guardProcess } from './ui/process.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
const help = 'A terminal messenger over UDP: rooms, private conversations and files.';

const stopped = guardProcess();
const exit = await runCli(
  { version, help, everywhere, commands },
  process.argv.slice(2),
  processConsole(stopped),
);
// An empty write is called back once everything before it has left, also through a slow pipe.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exit);
