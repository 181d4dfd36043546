/** `natter get`: takes the files that are offered to an account, those that wait and those that come. */
import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Transfer } from '../../chat/events.js';
import { nameKey } from '../../chat/name.js';
import { DownloadFolder } from '../../store/download-folder.js';
import { isEnded } from '../../store/transfers.js';
import { Absence } from '../absence.js';
import type { Console } from '../console.js';
import { Deferred } from '../deferred.js';
import { Exit } from '../exit.js';
import { printJson } from '../json.js';
import { PATIENCE_MS } from '../patience.js';
import { TransferReport } from '../report.js';
import { type LoginOptions, openClient, type Session, withSession } from '../session.js';

export interface GetOptions extends LoginOptions {
  /** A folder; made if it is missing. */
  readonly into: string;
  readonly from?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** Another process of this account has it, or had it first. */
const ELSEWHERE: ReadonlySet<string> = new Set(['DATA_LOCKED', 'NO_SUCH_FILE']);
/** What stands still by itself (a full disk, a sender that is gone) is tried again after so long. */
const RETRY_MS = 15_000;

export async function run(
  options: GetOptions,
  _args: readonly string[],
  console: Console,
  open = openClient,
  patienceMs = PATIENCE_MS,
): Promise<Exit> {
  // Makes it and tries it, before anybody is told that their file is wanted.
  const { folder } = new DownloadFolder(options.into);
  const work = (session: Session) => new Get(options, folder, session, patienceMs).run();
  return withSession(options, console, open, work, { patienceMs });
}

class Get {
  readonly #options: GetOptions;
  /** Absolute. */
  readonly #folder: string;
  readonly #session: Session;
  readonly #report: TransferReport;
  readonly #absence: Absence;
  readonly #end = new Deferred<Exit>();
  /** Offers that were taken, or are about to be; an offer may be told twice. */
  readonly #taken = new Set<string>();
  readonly #unfinished = new Set<string>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  /** One after the other: a thousand that wait are no flood of requests. */
  #accepting = Promise.resolve();

  constructor(options: GetOptions, folder: string, session: Session, patienceMs: number) {
    this.#options = options;
    this.#folder = folder;
    this.#session = session;
    this.#report = new TransferReport(session.console, options.json === true);
    this.#absence = new Absence(patienceMs, () => this.#end.reject(session.patience.silence()));
  }

  async run(): Promise<Exit> {
    const { client, console, patience } = this.#session;
    const { stopped } = console;
    this.#session.onEvent = (event) => this.#take(event);
    const onStop = () => this.#end.resolve(Exit.Done);
    stopped.addEventListener('abort', onStop);
    this.#end.promise.catch(() => undefined);
    try {
      if (stopped.aborted) return Exit.Done;
      if (this.#options.json) printJson(console, { event: 'ready' });
      else this.#report.notice(`Waiting for files${console.stdin.isTTY ? '; Ctrl+C ends it' : ''}.`);
      for (const transfer of await patience.wait(client.offers())) this.#follow(transfer);
      return await this.#end.promise;
    } finally {
      stopped.removeEventListener('abort', onStop);
      this.#absence.clear();
      for (const timer of this.#retries.values()) clearTimeout(timer);
      this.#report.close();
      this.#tellUnfinished();
    }
  }

  #take(event: ClientEvent): void {
    switch (event.event) {
      case 'transfer':
        this.#follow(event.transfer);
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
    if (!this.#isWanted(transfer)) return;
    const { id, state } = transfer;
    if (!this.#taken.has(id)) {
      // Somebody paused it by hand, in the client.
      const isHeld = state === 'paused' && transfer.code === undefined;
      if (isHeld || isEnded(state)) return;
      this.#taken.add(id);
      this.#accept(transfer);
      // Why it stood still is of an earlier run; whether that still holds is told now.
      if (state === 'paused') return;
    }
    this.#report.take(transfer);
    if (state === 'done') {
      this.#unfinished.delete(id);
      if (this.#options.once) this.#end.resolve(Exit.Done);
    } else if (state === 'failed') {
      this.#failed(transfer, failureOf(transfer));
    } else if (state === 'rejected') {
      this.#unfinished.delete(id);
    } else if (state === 'paused') {
      this.#paused(transfer);
    }
  }

  #isWanted({ direction, from }: Transfer): boolean {
    const { from: only } = this.#options;
    return direction === 'in' && (only === undefined || nameKey(from) === nameKey(only));
  }

  /** An offer, or what an earlier `get` began: that goes on where it was. */
  #accept(transfer: Transfer): void {
    const { client, patience } = this.#session;
    this.#unfinished.add(transfer.id);
    this.#accepting = this.#accepting.then(async () => {
      try {
        await patience.wait(client.acceptFile(transfer.id, this.#folder));
      } catch (error) {
        this.#refused(transfer, error);
      }
    });
  }

  #refused(transfer: Transfer, error: unknown): void {
    if (!(error instanceof NatterError)) this.#end.reject(error);
    else if (!ELSEWHERE.has(error.code)) this.#failed(transfer, error);
    else {
      this.#unfinished.delete(transfer.id);
      this.#report.notice(error.message);
    }
  }

  #failed(transfer: Transfer, error: NatterError): void {
    this.#unfinished.delete(transfer.id);
    // Without an answer there is no next file either.
    if (this.#options.once || error.code === 'NO_ANSWER') this.#end.reject(error);
    else this.#report.failed(transfer, error);
  }

  #paused(transfer: Transfer): void {
    const { code, name, reason } = transfer;
    // Whoever waits for one file shall hear of a full disk; a sender comes back by itself.
    if (this.#options.once && code !== undefined && code !== 'STALLED') {
      this.#end.reject(failureOf(transfer));
      return;
    }
    if (this.#retries.has(transfer.id)) return;
    if (reason !== undefined) this.#report.notice(`${name}: ${reason}`);
    const timer = setTimeout(() => {
      this.#retries.delete(transfer.id);
      // If it cannot be resumed now, it is over by now, which was told; or it pauses again.
      this.#session.client.resumeFile(transfer.id).catch(() => undefined);
    }, RETRY_MS);
    this.#retries.set(transfer.id, timer);
  }

  #tellUnfinished(): void {
    const count = this.#unfinished.size;
    if (count === 0) return;
    const what = count === 1 ? '1 file is' : `${count} files are`;
    this.#report.notice(`${what} not whole yet; the same command goes on with the rest.`);
  }
}

function failureOf({ code, reason }: Transfer): NatterError {
  return new NatterError(code ?? 'INTERNAL', reason ?? 'The file could not be received; try again.');
}
