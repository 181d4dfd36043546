/** `natter put`: sends a file, and ends only when the server holds all of it. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Target, Transfer } from '../../chat/events.js';
import { Absence } from '../absence.js';
import type { Console } from '../console.js';
import { Deferred } from '../deferred.js';
import { Exit } from '../exit.js';
import { PATIENCE_MS } from '../patience.js';
import { TransferReport } from '../report.js';
import { type LoginOptions, openClient, type Session, withSession } from '../session.js';

export interface PutOptions extends LoginOptions {
  readonly to: Target;
  readonly json?: boolean;
}

const RESUMABLE = 'What is with the server stays there; the same command goes on with the rest.';

export async function run(
  options: PutOptions,
  [file = '']: readonly string[],
  console: Console,
  open = openClient,
  patienceMs = PATIENCE_MS,
): Promise<Exit> {
  // Before anything goes over the network: a room that nobody needs is not made for a file that is not there.
  const path = regularFile(file);
  const work = (session: Session) => new Put(options, path, session, patienceMs).run();
  return withSession(options, console, open, work, { patienceMs });
}

class Put {
  readonly #options: PutOptions;
  readonly #path: string;
  readonly #session: Session;
  readonly #report: TransferReport;
  readonly #absence: Absence;
  readonly #end = new Deferred<Exit>();
  /** What was told of transfers before it was known which of them is ours. */
  #early: Transfer[] | undefined = [];
  #id: string | undefined;

  constructor(options: PutOptions, path: string, session: Session, patienceMs: number) {
    this.#options = options;
    this.#path = path;
    this.#session = session;
    this.#report = new TransferReport(session.console, options.json === true);
    this.#absence = new Absence(patienceMs, () => this.#end.reject(session.patience.silence()));
  }

  async run(): Promise<Exit> {
    const { stopped } = this.#session.console;
    this.#session.onEvent = (event) => this.#take(event);
    const onStop = () =>
      this.#end.reject(new NatterError('STOPPED', 'The command was stopped before the server had the file.'));
    stopped.addEventListener('abort', onStop);
    // It may be rejected while the offer is still awaited.
    this.#end.promise.catch(() => undefined);
    try {
      if (stopped.aborted) onStop();
      await Promise.race([this.#offer(), this.#end.promise]);
      return await this.#end.promise;
    } catch (error) {
      const isOver = error instanceof NatterError && OVER.has(error.code);
      if (this.#id !== undefined && !isOver) this.#report.notice(RESUMABLE);
      throw error;
    } finally {
      stopped.removeEventListener('abort', onStop);
      this.#absence.clear();
      this.#report.close();
    }
  }

  async #offer(): Promise<void> {
    const { client, patience } = this.#session;
    const { room } = await patience.wait(client.join(this.#options.to));
    this.#id = await patience.wait(client.sendFile(room, this.#path));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const transfer of early) this.#follow(transfer);
  }

  #take(event: ClientEvent): void {
    switch (event.event) {
      case 'transfer':
        if (this.#early) this.#early.push(event.transfer);
        else this.#follow(event.transfer);
        return;
      case 'link':
        this.#absence.link(event.state === 'live');
        return;
      case 'error':
        this.#report.notice(event.message);
        return;
      default:
        return;
    }
  }

  #follow(transfer: Transfer): void {
    if (transfer.id !== this.#id) return;
    this.#report.take(transfer);
    switch (transfer.state) {
      case 'done':
        this.#end.resolve(Exit.Done);
        return;
      case 'rejected':
        this.#end.reject(failureOf(transfer, 'FILE_REJECTED', `${transfer.to} does not want the file.`));
        return;
      case 'failed':
        this.#end.reject(failureOf(transfer, 'INTERNAL', 'The file could not be sent; try again.'));
        return;
      // Nobody here can resume it, so it waits for something that a person has to mend.
      case 'paused':
        this.#end.reject(failureOf(transfer, 'STALLED', 'The server takes nothing more; try again later.'));
        return;
      default:
        return;
    }
  }
}

/** Codes after which there is nothing to go on with. */
const OVER: ReadonlySet<string> = new Set([
  'FILE_REJECTED',
  'FILE_WITHDRAWN',
  'FILE_CHANGED',
  'FILE_MISSING',
  'FILE_EXPIRED',
  'CANCELLED',
]);

function failureOf(transfer: Transfer, code: NatterError['code'], message: string): NatterError {
  return new NatterError(transfer.code ?? code, transfer.reason ?? message);
}

/**
 * The absolute path of a file that can be sent.
 * @throws NatterError USAGE, FILE_MISSING or FILE_UNREADABLE
 */
function regularFile(file: string): string {
  if (file === '-') {
    throw new NatterError('USAGE', 'natter put sends files, not standard input; write it to a file first.');
  }
  const path = resolve(file);
  try {
    if (statSync(path).isFile()) {
      accessSync(path, constants.R_OK);
      return path;
    }
  } catch (error) {
    throw refused(path, error);
  }
  throw new NatterError('FILE_UNREADABLE', `${path} is a folder or a device; pack or copy it into a file.`, {
    path,
  });
}

function refused(path: string, error: unknown): NatterError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new NatterError('FILE_MISSING', `There is no file ${path}; check its name.`, { path }, error);
  }
  return new NatterError('FILE_UNREADABLE', `${path} may not be read; change its rights.`, { path }, error);
}
