import type { ErrorCode } from '../../../chat/error.js';
import { EventKind, FileAnswer, FileState } from '../../../chat/operations.js';
import { MAIL_LIFE_MS } from '../../../net/ring/constants.js';
import type { PeerId } from '../../../net/ring/types.js';
import type { Around } from '../../client/files/around.js';
import type { Life } from '../../client/files/life.js';
import type { RunPort } from '../../client/files/runs.js';
import { Source } from '../../client/files/source.js';
import { meet } from '../../client/files/trouble.js';
import { errorOf } from '../../failure.js';
import { notForYou, tooManyFiles, tooOld } from './failures.js';
import type { Partner } from './partner.js';
import { Reading } from './reading.js';

/** Peers that fetch one file at once. */
const READERS_MAX = 64;

export interface OfferingOptions {
  readonly life: Life;
  readonly around: Around;
  /** Makes it known where it is offered, once its file was looked at. */
  offer(): Promise<void>;
  /** May that peer have it? */
  mayRead(peer: PeerId): boolean;
  /** It is over: nobody can have it any more. */
  ended(): void;
}

/** How far a file is with who offers it, as those are told who fetch it. */
export interface Standing {
  readonly s: FileState;
  readonly z: number;
  readonly h?: Buffer;
}

/**
 * The sending end of a file in the ring. It lies where it lies, and whoever it is offered to fetches it from here:
 * one in a private conversation, any of its members in a group. It `runs` while somebody fetches; one that is
 * offered to a single person is done when they have it.
 */
export class Offering implements RunPort {
  readonly #options: OfferingOptions;
  readonly #readings = new Map<PeerId, Reading>();
  readonly #expiry: unknown;
  /** Counts openings and endings: what an earlier one began and has not ended is void. */
  #era = 0;
  #source: Source | undefined;
  #hash: Buffer | undefined;
  #hashing = false;
  /** Why nobody can have it any more, once that is so. */
  #reason: ErrorCode = 'FILE_WITHDRAWN';
  /** Whom it is for has all of it, and has checked it. */
  #taken = false;

  constructor(options: OfferingOptions) {
    this.#options = options;
    const { life, around } = options;
    if (life.record.number !== 0) life.shelve();
    const left = Math.max(0, life.record.at + MAIL_LIFE_MS - around.clock.wall());
    this.#expiry = around.clock.setTimeout(() => this.#expire(), left);
  }

  get number(): number {
    return this.#options.life.record.number;
  }

  /** Somebody fetches it. */
  get isWanted(): boolean {
    return this.#readings.size > 0;
  }

  // ---- From those who fetch it --------------------------------------------------------------------------

  /** A peer wants it from now on, or asks how far it is. @throws NatterError NOT_ALLOWED, BUSY */
  admit(partner: Partner): Standing {
    const { life, mayRead } = this.#options;
    if (!mayRead(partner.id)) throw notForYou();
    if (life.record.answer === 'done' || life.record.answer === 'rejected') throw notForYou();
    const known = this.#readings.get(partner.id);
    if (known === undefined) {
      if (this.#readings.size >= READERS_MAX) throw tooManyFiles();
      this.#enter(partner);
    } else if (this.#source !== undefined && life.state === 'running') {
      // It asks once more: it may have everything but the hash.
      this.#hashOn();
    }
    return this.#standing;
  }

  /** That peer wants nothing of it any more. */
  dismiss(peer: PeerId): void {
    const reading = this.#readings.get(peer);
    if (reading === undefined) return;
    this.#readings.delete(peer);
    reading.close();
    if (this.#readings.size > 0) return;
    const { life } = this.#options;
    life.shelve();
    if (life.state === 'running' && !this.#taken) life.send({ type: 'LOST' });
  }

  /** Whom it is for alone says what they did with it. */
  answered(answer: FileAnswer): void {
    if (answer !== FileAnswer.Done || this.#taken) return;
    this.#taken = true;
    const { life } = this.#options;
    life.found(life.record.size);
    if (life.state === 'running') life.send({ type: 'COMPLETE' });
    else life.wake();
  }

  // ---- From the machine ---------------------------------------------------------------------------------

  open(): void {
    this.#era++;
    void this.#run((era) => this.#opening(era));
  }

  move(): void {
    const source = this.#source;
    if (source === undefined) return;
    for (const reading of this.#readings.values()) reading.supply(source);
    this.#tell();
    if (source.count === 0) this.#hashOn();
  }

  halt(): void {
    this.#era++;
    for (const reading of this.#readings.values()) reading.rest();
    // Whoever fetches it waits on; when it goes on it has its turn at once.
    if (this.#readings.size > 0) this.#options.life.rest(0);
    this.#tell({ s: FileState.Waiting });
  }

  /** Who took it has checked it. */
  verify(): void {
    this.#options.life.send({ type: 'VERIFIED' });
  }

  settle(): void {
    const { around, ended } = this.#options;
    this.#era++;
    around.clock.clearTimeout(this.#expiry);
    const gone = { f: this.number, l: 0, s: FileState.Gone, r: this.#reason };
    for (const { partner } of this.#readings.values()) partner.tell(EventKind.File, gone);
    this.#closeAll();
    ended();
  }

  /** This process ends. */
  leave(): void {
    this.#era++;
    this.#options.around.clock.clearTimeout(this.#expiry);
    this.#closeAll();
  }

  /** Nobody but this peer knows how far its file is. */
  told(): void {}

  // ---- Within -------------------------------------------------------------------------------------------

  get #standing(): Standing {
    const { state, record } = this.#options.life;
    const z = record.size;
    if (state === 'paused') return { s: FileState.Waiting, z };
    return this.#hash === undefined ? { s: FileState.Uploading, z } : { s: FileState.Held, z, h: this.#hash };
  }

  #enter(partner: Partner): void {
    const { life, around } = this.#options;
    const reading = new Reading({
      ...{ partner, around, number: this.number },
      moved: (bytes) => life.progress(bytes),
      ending: () => this.#hashOn(),
      failed: (error) => this.#meet(error),
      lost: () => this.dismiss(partner.id),
    });
    this.#readings.set(partner.id, reading);
    if (this.#source !== undefined && life.state === 'running') reading.supply(this.#source);
    else life.wake();
  }

  async #run(step: (era: number) => Promise<void>): Promise<void> {
    const era = this.#era;
    try {
      await step(era);
    } catch (error) {
      if (era === this.#era) this.#meet(error);
    }
  }

  async #opening(era: number): Promise<void> {
    const { life, around, offer } = this.#options;
    if (this.#taken) {
      life.send({ type: 'COMPLETE' });
      return;
    }
    const { path = '', stamp = { modified: '', inode: '' }, size } = life.record;
    const source = this.#source ?? (await Source.open(around.disk, path, { ...stamp, size }));
    if (era !== this.#era) {
      if (source !== this.#source) source.close();
      return;
    }
    this.#source = source;
    await source.check();
    if (life.record.number === 0) await offer();
    if (era !== this.#era) return;
    if (this.#taken) life.send({ type: 'COMPLETE' });
    else if (this.#readings.size > 0) life.send({ type: 'OPENED' });
    else {
      life.shelve();
      life.send({ type: 'LOST' });
    }
  }

  /** Hashes what is not hashed yet, and tells those who fetch it what the whole has to be. */
  #hashOn(): void {
    const source = this.#source;
    if (source === undefined || this.#hashing || this.#hash !== undefined) return;
    this.#hashing = true;
    void this.#run(async (era) => {
      try {
        const hash = await source.hash();
        await source.check();
        if (era !== this.#era) return;
        this.#hash = hash;
        this.#options.life.note({ hash: hash.toString('hex') });
        this.#tell();
      } finally {
        this.#hashing = false;
      }
    });
  }

  #tell({ s, h }: Pick<Standing, 's' | 'h'> = this.#standing): void {
    const body = { f: this.number, l: 0, s, ...(h === undefined ? {} : { h }) };
    for (const { partner } of this.#readings.values()) partner.tell(EventKind.File, body);
  }

  #meet(error: unknown): void {
    this.#reason = errorOf(error).code;
    meet(this.#options.life, error);
  }

  #expire(): void {
    const { life } = this.#options;
    const failure = tooOld(life.record.name);
    this.#reason = failure.code;
    life.send({ type: 'FAILED', failure });
  }

  #closeAll(): void {
    for (const reading of this.#readings.values()) reading.close();
    this.#readings.clear();
    this.#source?.close();
    this.#source = undefined;
  }
}
