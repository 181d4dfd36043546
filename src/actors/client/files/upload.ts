import { FileState, Operation } from '../../../chat/operations.js';
import { Empty, FinishReply, OfferReply, UploadReply } from '../../../chat/schemas.js';
import { chunkBytes, recordBytes } from '../../../net/file-chunks.js';
import type { TransferPort } from '../../transfer/transfer.machine.js';
import type { Around } from './around.js';
import { changed, damaged, gone, serverFull, stalled } from './failures.js';
import type { Life } from './life.js';
import type { Supplier } from './link.js';
import { Nap } from './nap.js';
import { Source } from './source.js';
import { Stillness } from './stillness.js';
import { meet } from './trouble.js';

/** Chunks that are wanted and not read yet; what is beyond is asked for again by who wants it. */
const QUEUE_MAX = 256;
/** Read at once: 512 KiB. */
const STRIDE_CHUNKS = 8;
const CHECK_EVERY_MS = 1_000;
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
  /** Not supplied yet, also what is being read; in the order in which they were asked for. */
  readonly #queue = new Set<number>();
  /** Supplied and not acknowledged. */
  readonly #flying = new Map<number, Buffer>();
  readonly #share = { held: 0, room: () => void this.#pump() };
  readonly #nap: Nap;
  #open = false;
  #reading = false;
  /** Bytes the server had when it was asked, and what it got since. */
  #there = 0;
  #checkedAt = 0;
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
    void this.#pump();
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
    const end = Math.min(first + count, this.#source?.count ?? 0);
    for (let chunk = first; chunk < end && this.#queue.size < QUEUE_MAX; chunk++)
      if (!this.#flying.has(chunk)) this.#queue.add(chunk);
    void this.#pump();
  }

  supplied(chunk: number): void {
    const record = this.#flying.get(chunk);
    if (record === undefined) return;
    this.#flying.delete(chunk);
    const { size } = this.#life.record;
    this.#stillness.moved();
    this.#stalls = 0;
    this.#there = Math.min(size, this.#there + chunkBytes(size, chunk));
    this.#life.progress(this.#there);
    this.#around.pool.giveBack(this.#share, [record]);
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
    const { calls, disk, link, pool } = this.#around;
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
    this.#open = true;
    link.openSupplier(number, this);
    pool.open(this.#share);
    const { b } = await calls.call(Operation.Upload, { f: number }, UploadReply);
    if (era !== this.#era) return;
    this.#there = Math.min(size, this.#there + b);
    this.#life.found(this.#there);
    this.#life.send({ type: this.#there === size ? 'COMPLETE' : 'OPENED' });
  }

  /** Reads what is wanted and hands it to the connection, as far as there is room. */
  async #pump(): Promise<void> {
    if (this.#reading || !this.#open) return;
    const [era, source] = [this.#era, this.#source];
    this.#reading = true;
    try {
      while (era === this.#era && source !== undefined && this.#queue.size > 0) {
        const [first, count] = this.#nextRun();
        const buffers = this.#around.pool.take(this.#share, count);
        if (buffers.length === 0 || !(await this.#supply(era, source, first, buffers))) return;
      }
    } catch (error) {
      if (era === this.#era) meet(this.#life, error);
    } finally {
      this.#reading = false;
    }
    // What was wanted meanwhile found the reading under way.
    if (this.#era !== era) void this.#pump();
  }

  /**
   * Reads neighbours from the queue at once, and supplies them one a turn: to hash all of them first would keep
   * everything else waiting.
   * @returns false when the connection did not take all; the rest stays in the queue
   */
  async #supply(era: number, source: Source, first: number, buffers: readonly Buffer[]): Promise<boolean> {
    const { link, pool, breathe } = this.#around;
    const records = buffers.map((buffer, index) =>
      buffer.subarray(0, recordBytes(source.size, first + index)),
    );
    let supplied = 0;
    try {
      await this.#check(source);
      await source.read(first, records);
      for (const [index, record] of records.entries()) {
        if (era !== this.#era) break;
        const chunk = first + index;
        source.seal(chunk, record);
        if (link.connection?.supply(this.#life.record.number, chunk, record) !== true) break;
        this.#queue.delete(chunk);
        this.#flying.set(chunk, buffers[index] ?? record);
        supplied++;
        link.wake();
        await breathe();
      }
    } finally {
      pool.giveBack(this.#share, buffers.slice(supplied));
    }
    return supplied === buffers.length || era !== this.#era;
  }

  /** Somebody may write to it while it is sent: noticed soon, not only at the end of many gigabytes. */
  async #check(source: Source): Promise<void> {
    const now = this.#around.clock.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    await source.check();
  }

  /** The first neighbours in the queue. */
  #nextRun(): [first: number, count: number] {
    const [first = 0] = this.#queue;
    let count = 1;
    while (count < STRIDE_CHUNKS && this.#queue.has(first + count)) count++;
    return [first, count];
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

  #close(): void {
    const { link, pool } = this.#around;
    this.#era++;
    this.#open = false;
    this.#there = 0;
    this.#queue.clear();
    this.#stillness.stop();
    this.#nap.end();
    link.closeSupplier(this.#life.record.number, this);
    const flying = [...this.#flying.values()];
    this.#flying.clear();
    pool.giveBack(this.#share, flying);
    pool.close(this.#share);
  }
}
