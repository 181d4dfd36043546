import { FileState, Operation } from '../../../chat/operations.js';
import { Empty, FinishReply, OfferReply, UploadReply } from '../../../chat/schemas.js';
import { chunkBytes } from '../../../net/file-chunks.js';
import type { TransferPort } from '../../transfer/transfer.machine.js';
import type { Around } from './around.js';
import { changed, damaged, gone, serverFull, stalled } from './failures.js';
import type { Life } from './life.js';
import type { Supplier } from './link.js';
import { Nap } from './nap.js';
import { Source } from './source.js';
import { Stillness } from './stillness.js';
import { Supplying } from './supplying.js';
import { meet } from './trouble.js';

const FINISH_EVERY_MS = 1_000;
const REOPEN_MS = 1_000;
const STALL_MS = 30_000;

/** The sending end of a file: supplies what the server wants, until the server holds it. */
export class Upload implements TransferPort, Supplier {
  readonly #life: Life;
  readonly #around: Around;
  /** Counts openings and endings: what an earlier one began and has not ended is void. */
  #era = 0;
  #source: Source | undefined;
  #supplying: Supplying | undefined;
  readonly #nap: Nap;
  /** Bytes the server had when it was asked, and what it got since. */
  #there = 0;
  readonly #stillness: Stillness;
  #stalls = 0;

  constructor(life: Life, around: Around) {
    this.#life = life;
    this.#around = around;
    this.#nap = new Nap(around.clock);
    this.#stillness = new Stillness(around.clock, STALL_MS, () => this.#stands());
  }

  // ---- From the machine ---------------------------------------------------------------------------------

  open(): void {
    this.#close();
    void this.#run((era) => this.#opening(era));
  }

  move(): void {
    this.#stillness.watch();
  }

  halt(): void {
    const { number } = this.#life.record;
    const open = this.#open;
    this.#close();
    if (open) this.#around.calls.call(Operation.FileClose, { f: number, u: true }, Empty).catch(() => {});
  }

  verify(): void {
    void this.#run((era) => this.#finishing(era));
  }

  settle(): void {
    this.#close();
    this.#source?.close();
    this.#source = undefined;
  }

  /** This process ends. */
  leave(): void {
    this.settle();
  }

  // ---- From the link ------------------------------------------------------------------------------------

  wanted(first: number, count: number): void {
    this.#stillness.moved();
    this.#supplying?.wanted(first, count);
  }

  supplied(chunk: number): void {
    if (this.#supplying?.supplied(chunk) !== true) return;
    const { size } = this.#life.record;
    this.#stillness.moved();
    this.#stalls = 0;
    this.#there = Math.min(size, this.#there + chunkBytes(size, chunk));
    this.#life.progress(this.#there);
    if (this.#there === size) this.#life.send({ type: 'COMPLETE' });
  }

  lost(): void {
    this.#close();
    this.#life.send({ type: 'LOST' });
  }

  /** The server tells how far it is with the file. */
  told(state: FileState, _hash: Uint8Array | undefined, reason: string | undefined): void {
    const { name } = this.#life.record;
    if (state === FileState.Gone) this.#life.send({ type: 'FAILED', failure: gone(name, reason) });
    else if (state !== FileState.Waiting) this.#nap.end();
    else if (this.#open && (reason === 'DISK_FULL' || reason === 'READ_ONLY'))
      this.#life.send({ type: 'STALLED', failure: serverFull(name) });
    else if (this.#open && reason === 'HASH_MISMATCH')
      this.#life.send({ type: 'FAILED', failure: damaged(name) });
    // It does not ask for chunks any more: it has to be told again that they can be had.
    else if (this.#open && reason !== undefined) this.#reopen();
  }

  // ---- Offering -----------------------------------------------------------------------------------------

  /** Makes it known in its conversation, however often it is tried. @throws NatterError what the server refuses with */
  static async offer({ calls }: Around, life: Life): Promise<void> {
    const { log: l, id, name: n, size: s, type: t } = life.record;
    const { f } = await calls.call(Operation.Offer, { l, i: Buffer.from(id, 'hex'), n, s, t }, OfferReply);
    life.note({ number: f });
  }

  // ---- Within -------------------------------------------------------------------------------------------

  async #run(step: (era: number) => Promise<void>): Promise<void> {
    const era = this.#era;
    try {
      await step(era);
    } catch (error) {
      if (era === this.#era) meet(this.#life, error);
    }
  }

  async #opening(era: number): Promise<void> {
    const { calls, disk, link } = this.#around;
    const { path = '', stamp = { modified: '', inode: '' }, size } = this.#life.record;
    const source = this.#source ?? (await Source.open(disk, path, { ...stamp, size }));
    if (era !== this.#era) {
      if (source !== this.#source) source.close();
      return;
    }
    this.#source = source;
    await source.check();
    if (this.#life.record.number === 0) await Upload.offer(this.#around, this.#life);
    if (era !== this.#era) return;
    const { number } = this.#life.record;
    // What the server wants may be here before its answer.
    this.#supplying = new Supplying({
      ...{ around: this.#around, source },
      supply: (chunk, record) => this.#supply(number, chunk, record),
      failed: (error) => meet(this.#life, error),
    });
    link.openSupplier(number, this);
    const { b } = await calls.call(Operation.Upload, { f: number }, UploadReply);
    if (era !== this.#era) return;
    this.#there = Math.min(size, this.#there + b);
    this.#life.found(this.#there);
    this.#life.send({ type: this.#there === size ? 'COMPLETE' : 'OPENED' });
  }

  #supply(number: number, chunk: number, record: Buffer): boolean {
    const { link } = this.#around;
    if (link.connection?.supply(number, chunk, record) !== true) return false;
    link.wake();
    return true;
  }

  /** The whole is there: says what it should be until the server has checked that. */
  async #finishing(era: number): Promise<void> {
    const source = this.#source;
    const { number: f, path = '' } = this.#life.record;
    if (source === undefined) throw changed(path);
    const h = await source.hash();
    await source.check();
    while (era === this.#era) {
      const { s } = await this.#around.calls.call(Operation.Finish, { f, h }, FinishReply);
      if (era !== this.#era) return;
      if (s === FileState.Held) {
        this.#life.note({ hash: h.toString('hex') });
        this.#life.send({ type: 'VERIFIED' });
        return;
      }
      if (s === FileState.Gone) this.told(s, undefined, undefined);
      else if (s === FileState.Waiting || (s === FileState.Uploading && this.#stillness.isStill))
        this.#reopen();
      else await this.#nap.sleep(FINISH_EVERY_MS);
    }
  }

  /** Nothing is wanted for too long: asks once more, then waits for a person. */
  #stands(): void {
    if (this.#life.state !== 'running') return;
    this.#stalls++;
    if (this.#stalls === 1) {
      this.#reopen();
      return;
    }
    this.#stalls = 0;
    this.#life.send({ type: 'STALLED', failure: stalled(this.#life.record.name) });
  }

  #reopen(): void {
    this.#close();
    this.#life.rest(REOPEN_MS);
    this.#life.send({ type: 'LOST' });
  }

  get #open(): boolean {
    return this.#supplying !== undefined;
  }

  #close(): void {
    this.#era++;
    this.#there = 0;
    this.#stillness.stop();
    this.#nap.end();
    this.#around.link.closeSupplier(this.#life.record.number, this);
    this.#supplying?.close();
    this.#supplying = undefined;
  }
}
