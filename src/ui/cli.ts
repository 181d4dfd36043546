/**
 * Turns a table of commands into a command line: parses with commander, loads a command's module only when it
 * runs, and ends every failure with one sentence on standard error and the exit code of its kind.
 */
import { Command, CommanderError, Option } from 'commander';
import { giveWay } from '../actors/runtime/niceness.js';
import { NatterError } from '../chat/error.js';
import { nearest } from '../chat/nearest.js';
import { type Console, print, tell } from './console.js';
import { codeOf, Exit, exitOf, sentenceOf } from './exit.js';

/** Values by camel-case name, as commander gives them; each command declares the shape its table row gives it. */
export type Options = Readonly<Record<string, unknown>>;

export interface OptionRow {
  /** As commander writes it: `--server <host:port>`. */
  readonly flags: string;
  readonly help: string;
  readonly required?: true;
  /** May come several times; its values are a list in the order given. */
  readonly many?: true;
  /** Checks and converts the text; throws a NatterError. */
  readonly parse?: (value: string) => unknown;
}

export interface CommandRow {
  readonly name: string;
  readonly help: string;
  /** `[text...]`, `<address>`. */
  readonly args?: string;
  /** What may stand there, where the command's help does not say it. */
  readonly argsHelp?: string;
  readonly options: readonly OptionRow[];
  /** Runs when no command is named. */
  readonly fallback?: true;
  /** Moves much, and gives way to whatever else wants the processor. */
  readonly background?: true;
  readonly load: () => Promise<{ run: Run }>;
}

export type Run<O = never> = (options: O, args: readonly string[], console: Console) => Promise<Exit>;

export interface Cli {
  readonly version: string;
  readonly help: string;
  readonly everywhere: readonly OptionRow[];
  readonly commands: readonly CommandRow[];
}

/** Runs one command line (without node and script) and resolves with its exit code; never rejects. */
export async function runCli(cli: Cli, argv: readonly string[], console: Console): Promise<Exit> {
  let exit: Exit = Exit.Done;
  const program = build(cli, console, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return Exit.Done;
    const failure = error instanceof CommanderError ? usage(error) : error;
    if (argv.includes('--json')) {
      print(console, JSON.stringify({ event: 'error', code: codeOf(failure), message: sentenceOf(failure) }));
    }
    tell(console, sentenceOf(failure));
    return exitOf(failure);
  }
}

function build(cli: Cli, console: Console, done: (exit: Exit) => void): Command {
  const program = new Command('natter')
    .description(cli.help)
    .version(cli.version, '--version', 'print the version');
  prepare(program, cli.everywhere, console);
  for (const row of cli.commands) {
    const command = program.command(row.name, row.fallback ? { isDefault: true } : {}).description(row.help);
    // `copyInheritedSettings` came with `command`: errors and output go the same way as the program's.
    prepare(command, [...row.options, ...cli.everywhere], console);
    if (row.args !== undefined) command.argument(row.args, row.argsHelp);
    command.allowExcessArguments(true).action(async () => {
      refuseExcess(cli, row, command);
      const { run } = await row.load();
      if (row.background) giveWay();
      // The table row and the command's own declaration of its options belong together; nothing can check it.
      done(await run(command.optsWithGlobals() as never, command.args, console));
    });
  }
  return program;
}

function prepare(command: Command, options: readonly OptionRow[], console: Console): void {
  command.exitOverride().helpOption('--help', 'print this help');
  command.configureOutput({
    writeOut: (text) => console.stdout.write(text),
    // What commander would say here is said once, as a sentence, by runCli.
    writeErr: () => undefined,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const row of options) {
    const option = new Option(row.flags, row.help);
    const { parse = (value: string): unknown => value } = row;
    if (row.many) option.argParser((value, before: unknown) => [...listOf(before), parse(value)]);
    else if (row.parse) option.argParser((value) => parse(value));
    if (row.required) option.makeOptionMandatory();
    command.addOption(option);
  }
}

function listOf(values: unknown): readonly unknown[] {
  return Array.isArray(values) ? values : [];
}

/** Commander hands a word that is no command to the default one: say instead which command is near. */
function refuseExcess(cli: Cli, row: CommandRow, command: Command): void {
  if (command.args.length <= allowed(row)) return;
  const extra = command.args[allowed(row)] ?? '';
  const isNamed = command.parent?.args[0] === row.name;
  if (row.fallback && !isNamed) throw unknownCommand(cli, extra);
  throw new NatterError(
    'USAGE',
    `The command ${row.name} does not take "${extra}"; natter ${row.name} --help says more.`,
  );
}

function allowed(row: CommandRow): number {
  if (row.args === undefined) return 0;
  return row.args.includes('...') ? Number.POSITIVE_INFINITY : 1;
}

function unknownCommand(cli: Cli, word: string): NatterError {
  const meant = nearest(
    word,
    cli.commands.map((row) => row.name),
  );
  const hint = meant === undefined ? 'natter --help lists the commands.' : `did you mean natter ${meant}?`;
  return new NatterError('UNKNOWN_COMMAND', `There is no command "${word}"; ${hint}`);
}

/** Commander's "error: unknown option '--x'\n(Did you mean --y?)" as one sentence. */
function usage(error: CommanderError): NatterError {
  const text = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return new NatterError('USAGE', /[.?!)]$/.test(sentence) ? sentence : `${sentence}; --help says more.`);
}
