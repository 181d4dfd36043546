import { FileState, Operation } from '../../../chat/operations.js';
import { DownloadReply, Empty } from '../../../chat/schemas.js';
import { CHUNK_BYTES } from '../../../net/constants.js';
import { ArrivingFile } from '../../../store/files/arriving.js';
import type { TransferPort } from '../../transfer/transfer.machine.js';
import type { Around } from './around.js';
import { gone, mismatched, sizeLies, stalled, waitsForSender } from './failures.js';
import type { Life } from './life.js';
import type { Taker } from './link.js';
import { Nap } from './nap.js';
import { Stillness } from './stillness.js';
import { meet } from './trouble.js';
import { Wanted } from './wanted.js';

/** What was wanted and does not come is asked for again. */
const ASK_AGAIN_MS = 10_000;
/** So often in vain: then it stands still. */
const STALLS_MAX = 3;
/** How long a file rests whose sender is away; the server tells when that changes. */
const SENDER_AWAY_MS = 15_000;
/** Whether the sender is done is asked so often, should the server's word be lost. */
const HASH_EVERY_MS = 5_000;
/** Per step of hashing: about a millisecond. */
const STEP_CHUNKS = 8;
const STEP_BYTES = STEP_CHUNKS * CHUNK_BYTES;
/** Records in a row that do not fit their hash: whoever sends them is broken or lies. */
const WRONGS_MAX = 3;

/** The receiving end of a file: wants what is missing, until all of it is here, checked and in its place. */
export class Download implements TransferPort, Taker {
  readonly #life: Life;
  readonly #around: Around;
  /** Counts openings and endings: what an earlier one began and has not ended is void. */
  #era = 0;
  #file: ArrivingFile | undefined;
  readonly #wanted = new Wanted();
  #open = false;
  #wrongs = 0;
  /** Of the whole, as its sender says; known once the server holds the file. */
  #expected: Buffer | undefined;
  readonly #nap: Nap;
  readonly #stillness: Stillness;
  #stalls = 0;

  constructor(life: Life, around: Around) {
    this.#life = life;
    this.#around = around;
    this.#nap = new Nap(around.clock);
    this.#stillness = new Stillness(around.clock, ASK_AGAIN_MS, () => this.#stands());
  }

  // ---- From the machine ---------------------------------------------------------------------------------

  open(): void {
    this.#close();
    void this.#run((era) => this.#opening(era));
  }

  move(): void {
    this.#want();
    this.#stillness.watch();
  }

  halt(): void {
    const open = this.#open;
    this.#close();
    if (!open) return;
    const { number } = this.#life.record;
    this.#around.calls.call(Operation.FileClose, { f: number, u: false }, Empty).catch(() => {});
  }

  verify(): void {
    void this.#run((era) => this.#verifying(era));
  }

  settle(): void {
    this.halt();
    const file = this.#file;
    this.#file = undefined;
    try {
      if (file !== undefined) file.chunks.remove();
      // What an earlier life left.
      else this.#around.disk.clear(this.#path());
    } catch {
      // A folder that lets nothing be taken away, or is gone, keeps what is half done under its hidden name.
    }
  }

  /** This process ends: what is here is kept for the next. */
  leave(): void {
    this.#close();
    const file = this.#file;
    this.#file = undefined;
    file?.chunks.close();
  }

  // ---- From the link ------------------------------------------------------------------------------------

  chunk(chunk: number, record: Buffer): void {
    const file = this.#file;
    if (file === undefined || !this.#wanted.came(chunk)) return;
    this.#stillness.moved();
    try {
      this.#put(file, chunk, record);
    } catch (error) {
      meet(this.#life, error);
      return;
    }
    if (file.chunks.complete) this.#life.send({ type: 'COMPLETE' });
    else this.#want();
  }

  room(): void {
    this.#want();
  }

  lost(): void {
    // What is complete can be checked without a link, if it is known against what.
    const done = this.#life.state === 'verifying' && this.#expected !== undefined;
    if (done) return;
    this.#close();
    this.#life.send({ type: 'LOST' });
  }

  /** The server tells how far it is with the file. */
  told(state: FileState, hash: Uint8Array | undefined, reason: string | undefined): void {
    if (hash !== undefined) this.#expected = Buffer.from(hash);
    if (state === FileState.Gone && this.#life.state !== 'verifying')
      this.#life.send({ type: 'FAILED', failure: gone(this.#life.record.name, reason) });
    if (this.#life.state === 'accepted' && state !== FileState.Waiting) this.#life.wake();
    this.#nap.end();
    // The server took us for one that reads no more, as while this machine slept, and forgot what we want. With a
    // file that waits for its sender the same word is about the upload.
    if (reason === 'STALLED' && state !== FileState.Waiting && this.#life.state === 'running')
      void this.#run((era) => this.#askAgain(era));
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
    if (this.#isPlaced) {
      this.#life.found(this.#life.record.size);
      this.#life.send({ type: 'COMPLETE' });
      return;
    }
    if (this.#file?.chunks.inPlace === false) {
      // Somebody took the partial file away, or its folder: what is still written would never get a name.
      this.#file.chunks.close();
      this.#file = undefined;
    }
    const file = this.#file ?? this.#openFile();
    this.#file = file;
    const state = await this.#ask(era);
    if (era !== this.#era) return;
    if (state === FileState.Gone) throw gone(this.#life.record.name, undefined);
    this.#life.found(file.chunks.held);
    if (file.chunks.complete) this.#life.send({ type: 'COMPLETE' });
    else this.#life.send({ type: 'OPENED' });
  }

  /** Opens the file at the server, again if need be. @returns how far the server is with it */
  async #ask(era: number): Promise<FileState> {
    const { number: f, size, name } = this.#life.record;
    const { s, z, h } = await this.#around.calls.call(Operation.Download, { f }, DownloadReply);
    if (era !== this.#era) return s;
    if (z !== size && s !== FileState.Gone) throw sizeLies(name);
    if (h !== undefined) this.#expected = Buffer.from(h);
    this.#open = true;
    this.#around.link.openTaker(f, this);
    return s;
  }

  /** Goes on with what an earlier life left, if it can be used; else begins anew. */
  #openFile(): ArrivingFile {
    const { disk } = this.#around;
    const { size } = this.#life.record;
    const path = this.#path();
    try {
      return new ArrivingFile(disk.reopen(path, size));
    } catch {
      // Nothing there, or nothing that fits: the name is ours alone, so what is in the way goes.
    }
    disk.clear(path);
    return new ArrivingFile(disk.create(path, size));
  }

  /** Of the partial file. */
  #path(): string {
    const { into, partial = '' } = this.#life.record;
    return this.#around.disk.downloads(into).partial(partial);
  }

  #put(file: ArrivingFile, chunk: number, record: Buffer): void {
    const result = file.put(chunk, record);
    if (result === 'written') {
      this.#wrongs = 0;
      this.#stalls = 0;
      this.#life.progress(file.chunks.held);
    } else if (result === 'known') {
      this.#life.repeated();
    } else {
      this.#wanted.again(chunk);
      if (++this.#wrongs >= WRONGS_MAX) throw mismatched(this.#life.record.name);
    }
  }

  #want(): void {
    const { link } = this.#around;
    const file = this.#file;
    if (file === undefined || !this.#open) return;
    const { number } = this.#life.record;
    const ask = (chunk: number, bytes: number) => link.want(number, this, chunk, bytes);
    if (this.#wanted.fill(file.chunks, this.#around.windowBytes(), ask)) link.wake();
  }

  #stands(): void {
    if (this.#life.state === 'running') void this.#run((era) => this.#askAgain(era));
  }

  async #askAgain(era: number): Promise<void> {
    this.#stalls++;
    const state = await this.#ask(era);
    if (era !== this.#era || this.#life.state !== 'running') return;
    const { name, from } = this.#life.record;
    if (state === FileState.Gone) throw gone(name, undefined);
    if (this.#stalls < STALLS_MAX) {
      this.#forgetWants();
      this.#want();
      this.#stillness.watch();
      return;
    }
    this.#stalls = 0;
    if (state === FileState.Held || state === FileState.Verifying) {
      this.#life.send({ type: 'STALLED', failure: stalled(name) });
      return;
    }
    this.halt();
    this.#life.rest(SENDER_AWAY_MS, waitsForSender(from));
    this.#life.send({ type: 'LOST' });
  }

  /** An earlier life checked the whole and gave it its name, and died before it could say that it was done. */
  get #isPlaced(): boolean {
    return this.#life.record.path !== undefined;
  }

  async #verifying(era: number): Promise<void> {
    if (this.#isPlaced) {
      this.#life.send({ type: 'VERIFIED' });
      return;
    }
    const file = this.#file;
    if (file === undefined) return;
    const { name, into } = this.#life.record;
    // In each step: a file that was closed meanwhile must not be touched.
    while (era === this.#era && file.hashOn(STEP_CHUNKS)) await this.#around.breathe();
    const expected = await this.#sendersHash(era);
    if (era !== this.#era || expected === undefined) return;
    const hash = file.hash();
    if (!hash.equals(expected)) {
      await this.#doubt(era, file);
      return;
    }
    await this.#around.disk.downloads(into).place(file.chunks.path, name, (path) => {
      this.#life.note({ path, hash: hash.toString('hex') });
    });
    this.#life.send({ type: 'VERIFIED' });
  }

  /** The hash that its sender gives, as soon as the sender is done. */
  async #sendersHash(era: number): Promise<Buffer | undefined> {
    while (era === this.#era && this.#expected === undefined) {
      const state = await this.#ask(era);
      if (state === FileState.Gone) throw gone(this.#life.record.name, undefined);
      if (era === this.#era && this.#expected === undefined) await this.#nap.sleep(HASH_EVERY_MS);
    }
    return this.#expected;
  }

  /** The whole is wrong although every chunk was right: what an earlier life wrote may have been damaged since. */
  async #doubt(era: number, file: ArrivingFile): Promise<void> {
    while (era === this.#era && file.recheck(STEP_BYTES)) await this.#around.breathe();
    if (era !== this.#era) return;
    const failure = mismatched(this.#life.record.name);
    this.#life.send(file.chunks.complete ? { type: 'FAILED', failure } : { type: 'MISMATCH', failure });
  }

  #forgetWants(): void {
    this.#wanted.clear();
    this.#around.link.unwant(this.#life.record.number);
  }

  #close(): void {
    this.#era++;
    this.#open = false;
    this.#stillness.stop();
    this.#nap.end();
    this.#forgetWants();
    this.#around.link.closeTaker(this.#life.record.number, this);
  }
}
