import { NatterError } from '../../chat/error.js';
import { FileState, type UploadReply } from '../../chat/operations.js';
import { askBlobs } from '../asking.js';
import type { CloseFile, FileRow, FinishFile, OpenUpload } from '../blobs/bodies.js';
import { BlobsMessage } from '../messages.js';
import { passes } from '../refusal.js';
import type { ActorContext } from '../runtime/actor.js';
import { HostedMachine } from '../runtime/machine.js';
import { type TransferEvent, type TransferPort, transferMachine } from './transfer.machine.js';

/** Blobs is back within this when its thread died. */
const RETRY_MS = 250;
/** The whole is read again and brought to the disk: minutes, for the largest. */
const FINISH_MS = 30 * 60 * 1000;

const STATES = {
  offered: FileState.Waiting,
  accepted: FileState.Waiting,
  paused: FileState.Waiting,
  resuming: FileState.Uploading,
  running: FileState.Uploading,
  verifying: FileState.Verifying,
  done: FileState.Held,
  rejected: FileState.Gone,
  failed: FileState.Gone,
} as const;

export interface IntakeOptions {
  readonly context: ActorContext;
  readonly row: FileRow;
  /** Its state may be another one now. */
  readonly changed: () => void;
  /** The whole is here, and this is what blobs has of it now. */
  readonly held: (row: FileRow) => void;
  /** It will never be here. */
  readonly failed: (error: NatterError) => void;
  readonly facts: () => Record<string, string | number>;
}

/** A file's way into this server: the transfer machine, over one connection of its owner at a time. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #machine: HostedMachine<typeof transferMachine>;
  #conn: number | undefined;
  /** Of the whole, as its sender told it. */
  #hash: Buffer | undefined;
  #opening: Promise<UploadReply> | undefined;
  #checking = false;
  #retry: unknown;

  /** What is known of the file decides where the machine begins: at its end, or waiting for its sender. */
  constructor(options: IntakeOptions) {
    this.#options = options;
    const { context, row, facts } = options;
    const port: TransferPort = {
      open: () => this.#open(),
      // Blobs moves chunks by itself from then on.
      move: () => {},
      halt: () => this.#halt(),
      verify: () => this.#verify(),
      settle: () => this.#settle(),
    };
    const over = row.st === FileState.Held ? 'done' : row.st === FileState.Gone ? 'failed' : undefined;
    this.#machine = new HostedMachine(context, transferMachine, {
      input: { port },
      begun:
        over &&
        transferMachine.resolveState({
          value: over,
          status: 'done',
          context: { port, failure: undefined, mismatches: 0 },
        }),
      outlived: true,
      facts,
    });
    this.#send({ type: 'ACCEPT' });
  }

  get state(): FileState {
    return STATES[this.#value];
  }

  /** Why it waits or failed. */
  get failure(): NatterError | undefined {
    return this.#machine.snapshot.context.failure;
  }

  describe() {
    return this.#machine.describe();
  }

  stop(): void {
    this.#machine.stop();
  }

  /** Wants what is missing over this connection, and no other, from now on. */
  async begin(conn: number): Promise<UploadReply> {
    const { row } = this.#options;
    if (this.state === FileState.Verifying || this.state === FileState.Held) return { b: row.s };
    this.#conn = conn;
    this.#send({ type: 'LOST' });
    this.#send({ type: 'RESUME' });
    this.#send({ type: 'TURN' });
    if (!this.#opening) throw new NatterError('INTERNAL', 'The upload could not be opened; try again.');
    return this.#opening;
  }

  /** Its sender stops for now. What is here as a whole waits for its hash, or is checked, without them. */
  pause(conn: number): void {
    if (conn !== this.#conn) return;
    if (this.state !== FileState.Verifying) this.#send({ type: 'PAUSE' });
    this.#conn = undefined;
  }

  /** Its sender is gone without a word. */
  leave(conn: number): void {
    if (conn !== this.#conn) return;
    this.#halt();
    this.#conn = undefined;
    if (this.state !== FileState.Verifying) this.#send({ type: 'LOST' });
  }

  /** The whole was supplied. @returns how far it is now. @throws NatterError HASH_MISMATCH: it is held, and is another */
  finish(hash: Uint8Array, known: Uint8Array | undefined): FileState {
    if (this.state === FileState.Held) {
      if (known && Buffer.compare(known, hash) !== 0) throw mismatch();
      return FileState.Held;
    }
    if (!this.#checking) this.#hash = Buffer.from(hash);
    if (this.#value === 'verifying') this.#verify();
    return this.state;
  }

  /** Blobs may have failed and come back without anybody hearing of it: what it knows already changes nothing. */
  assure(): void {
    if (this.#value === 'running') this.#open(true);
  }

  complete(): void {
    this.#send({ type: 'COMPLETE' });
  }

  stalled(failure: NatterError): void {
    this.#send({ type: 'STALLED', failure });
  }

  cancel(failure: NatterError): void {
    this.#send({ type: 'CANCEL', failure });
  }

  /** Blobs died and has forgotten who supplies what. */
  blobsLost(): void {
    this.#send({ type: 'LOST' });
    this.#again();
  }

  get #value(): keyof typeof STATES {
    return this.#machine.snapshot.value;
  }

  #send(event: TransferEvent): void {
    if (this.#machine.snapshot.status !== 'active') return;
    this.#machine.send(event);
    this.#options.changed();
  }

  // ---- What the machine does ----------------------------------------------------------------------------

  #open(assured = false): void {
    const { context, row } = this.#options;
    const conn = this.#conn;
    if (conn === undefined) {
      this.#send({ type: 'LOST' });
      return;
    }
    const opening = askBlobs<UploadReply>(context, BlobsMessage.OpenUpload, {
      f: row.f,
      c: conn,
      assured,
    } satisfies OpenUpload);
    this.#opening = opening;
    opening.then(
      () => {
        if (this.#opening === opening) this.#send({ type: 'OPENED' });
      },
      (error: unknown) => {
        if (this.#opening === opening) this.#failed(error);
      },
    );
  }

  #halt(): void {
    const { context, row } = this.#options;
    this.#opening = undefined;
    if (this.#conn === undefined) return;
    const close: CloseFile = { f: row.f, c: this.#conn, u: true };
    // Who cannot be told has nothing open.
    askBlobs(context, BlobsMessage.Close, close).catch(() => undefined);
  }

  /** Begins when both are here: every chunk, and the hash of the whole. */
  #verify(): void {
    if (!this.#hash || this.#checking) return;
    this.#checking = true;
    const { context, row } = this.#options;
    const finish: FinishFile = { f: row.f, h: this.#hash };
    askBlobs<FileRow>(context, BlobsMessage.Finish, finish, FINISH_MS).then(
      (held) => {
        this.#checking = false;
        this.#options.held(held);
        this.#send({ type: 'VERIFIED' });
      },
      (error: unknown) => {
        this.#checking = false;
        if (error instanceof NatterError && error.code === 'HASH_MISMATCH')
          this.#send({ type: 'MISMATCH', failure: error });
        else this.#failed(error);
      },
    );
  }

  #settle(): void {
    const { context, failed } = this.#options;
    this.#conn = undefined;
    this.#hash = undefined;
    this.#opening = undefined;
    context.clock.clearTimeout(this.#retry);
    // The machine is still on its way: only afterwards does it say how it ended.
    context.onTurnEnd(() => {
      if (this.#value === 'failed' && this.failure) failed(this.failure);
    });
  }

  // ---- What goes wrong ----------------------------------------------------------------------------------

  #failed(error: unknown): void {
    const failure = error instanceof NatterError ? error : internal(error);
    if (passes(failure) || failure.code === 'MAILBOX_FULL' || failure.code === 'BUSY') {
      this.#send({ type: 'LOST' });
      this.#againLater();
    } else if (FOR_GOOD.has(failure.code)) this.#send({ type: 'FAILED', failure });
    else this.#send({ type: 'STALLED', failure });
  }

  #againLater(): void {
    const { clock } = this.#options.context;
    clock.clearTimeout(this.#retry);
    this.#retry = clock.setTimeout(() => this.#again(), RETRY_MS);
  }

  #again(): void {
    if (this.#conn !== undefined) this.#send({ type: 'TURN' });
  }
}

function internal(cause: unknown): NatterError {
  return new NatterError('INTERNAL', 'Something failed on the server; send the file again.', {}, cause);
}

/** What blobs refuses an upload with when there is nothing to upload to any more. */
const FOR_GOOD: ReadonlySet<string> = new Set(['NO_SUCH_FILE', 'FILE_WITHDRAWN', 'FILE_EXPIRED']);

function mismatch(): NatterError {
  return new NatterError('HASH_MISMATCH', 'The file changed while it was sent; offer it again.');
}
