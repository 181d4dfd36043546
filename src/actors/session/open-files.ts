import { NatterError } from '../../chat/error.js';
import { EventKind, FileState } from '../../chat/operations.js';
import { ASK_MS } from '../asking.js';
import type { CloseRequest, DownloadOpened, FileRequest } from '../blobs/bodies.js';
import { packCbor, unpackCbor } from '../cbor.js';
import type { Downlink } from '../downlink.js';
import { TransferMessage } from '../messages.js';
import { passes } from '../refusal.js';
import { type ActorContext, type Address, Kind } from '../runtime/actor.js';

/** Files that one connection may have open at once. */
const OPEN_FILES_MAX = 256;
const RETRY_MS = 250;

/** A file that is open. f: its number; u: the upload, else the download; l: its log. */
export interface OpenFile {
  readonly f: number;
  readonly u: boolean;
  readonly l: number;
}

export interface OpenFilesOptions {
  readonly context: ActorContext;
  readonly downlink: Downlink;
  /** 16 bytes, of who is logged in. */
  readonly account: () => Uint8Array | undefined;
  /** What is open now is to be kept with the connection, for the session after this one. */
  readonly changed: (open: readonly OpenFile[]) => void;
}

/**
 * The files one session has open. Each transfer is watched: one that comes back has forgotten who has it open,
 * and is told again.
 */
export class OpenFiles {
  readonly #options: OpenFilesOptions;
  readonly #context: ActorContext;
  readonly #open = new Map<string, OpenFile>();

  constructor(options: OpenFilesOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /** @throws NatterError BUSY */
  requireRoom(f: number, u: boolean): void {
    if (this.#open.size < OPEN_FILES_MAX || this.#open.has(keyOf(f, u))) return;
    throw new NatterError('BUSY', `At most ${OPEN_FILES_MAX} files move at once; wait until some are done.`);
  }

  opened(file: OpenFile): void {
    this.#open.set(keyOf(file.f, file.u), file);
    this.#context.watch(transfer(file.f));
    this.#options.changed([...this.#open.values()]);
  }

  /** Of an earlier life of this session: says again what is open. */
  restore(files: readonly OpenFile[]): void {
    for (const file of files) {
      this.#open.set(keyOf(file.f, file.u), file);
      this.#context.watch(transfer(file.f));
      void this.#reopen(file);
    }
  }

  close(f: number, u: boolean): void {
    if (!this.#drop(f, u)) return;
    this.#tellClosed(f, u);
    this.#options.changed([...this.#open.values()]);
  }

  /** The account does not belong to that conversation any more, or this session does not read it. */
  closeAll(log: number): void {
    for (const { f, u, l } of [...this.#open.values()]) if (l === log) this.close(f, u);
  }

  /** A transfer has told the client of a file's new state. */
  told(f: number, state: FileState): void {
    const over = state === FileState.Held || state === FileState.Gone;
    const uploaded = over && this.#drop(f, true);
    const downloaded = state === FileState.Gone && this.#drop(f, false);
    if (uploaded || downloaded) this.#options.changed([...this.#open.values()]);
  }

  /** Another connection of this account uploads it now: this one must not take it back by itself. */
  taken(f: number): void {
    if (this.#drop(f, true)) this.#options.changed([...this.#open.values()]);
  }

  /** A watched transfer ended: the next one under its number is told of us. */
  transferLost(f: number): void {
    for (const u of [true, false]) {
      const file = this.#open.get(keyOf(f, u));
      if (!file) continue;
      this.#context.watch(transfer(f));
      void this.#reopen(file);
    }
  }

  async #reopen(file: OpenFile): Promise<void> {
    const { f, u, l } = file;
    const a = this.#options.account();
    if (!a) return;
    const request: FileRequest = { c: this.#context.self.key, a };
    const type = u ? TransferMessage.Upload : TransferMessage.Download;
    try {
      const answer = await this.#context.ask(transfer(f), type, packCbor(request), ASK_MS);
      // It may have been closed meanwhile, when there was nobody to tell.
      if (this.#open.get(keyOf(f, u)) !== file) this.#tellClosed(f, u);
      else if (!u) this.#caughtUp(unpackCbor<DownloadOpened>(answer), f);
    } catch (error) {
      if (this.#open.get(keyOf(f, u)) !== file) return;
      const code = error instanceof NatterError ? error.code : 'INTERNAL';
      // BUSY: the whole is being checked just now.
      if (passes(error) || code === 'BUSY') {
        this.#context.clock.setTimeout(() => {
          if (this.#open.get(keyOf(f, u)) === file) void this.#reopen(file);
        }, RETRY_MS);
        return;
      }
      this.#drop(f, u);
      this.#options.changed([...this.#open.values()]);
      this.#options.downlink.event(EventKind.File, { f, l, s: FileState.Waiting, r: code });
    }
  }

  /** The file may have come to be held while nobody could say so. */
  #caughtUp({ l, s, h }: DownloadOpened, f: number): void {
    if (s === FileState.Held && h) this.#options.downlink.event(EventKind.File, { f, l, s, h });
  }

  #drop(f: number, u: boolean): boolean {
    if (!this.#open.delete(keyOf(f, u))) return false;
    if (!this.#open.has(keyOf(f, !u))) this.#context.unwatch(transfer(f));
    return true;
  }

  #tellClosed(f: number, u: boolean): void {
    const a = this.#options.account() ?? new Uint8Array();
    const request: CloseRequest = { c: this.#context.self.key, a, u };
    this.#context.tell(transfer(f), TransferMessage.Close, packCbor(request));
  }
}

function keyOf(f: number, u: boolean): string {
  return `${u ? 'u' : 'd'}${f}`;
}

function transfer(f: number): Address {
  return { kind: Kind.Transfer, key: f };
}
