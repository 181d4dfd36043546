import { basename, resolve } from 'node:path';
import { NatterError } from '../../../chat/error.js';
import type { ClientEvent, Target, Transfer } from '../../../chat/events.js';
import { safeFileName } from '../../../chat/filename.js';
import { HEAD_BYTES, mediaTypeOf } from '../../../chat/filetype.js';
import { nameKey } from '../../../chat/name.js';
import { type AnswerEventBody, FileAnswer, type FileEventBody, FileState } from '../../../chat/operations.js';
import { FILE_ID_BYTES } from '../../../net/constants.js';
import type { Connection } from '../../../net/types.js';
import type { TransferRecord } from '../../../store/transfers.js';
import { errorOf, isPassing } from '../../failure.js';
import type { Clock } from '../../runtime/actor.js';
import type { TransferPort } from '../../transfer/transfer.machine.js';
import type { Around, Calls, FileRoom } from './around.js';
import type { Disk, FileStamp } from './disk.js';
import { Download } from './download.js';
import { cancelled, noSuchFile } from './failures.js';
import { Inbox } from './inbox.js';
import { Ledger } from './ledger.js';
import { isEnded, Life, toTransfer } from './life.js';
import { FileLink } from './link.js';
import { type Offer, offerOf, recordOf } from './offers.js';
import { Supplies } from './supplies.js';
import { Turns } from './turns.js';
import { Upload } from './upload.js';

export interface TransfersOptions {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly disk: () => Disk;
  readonly calls: Calls;
  /** Somebody looks on: goes on with what was under way by itself, and asks what is offered. */
  readonly attentive: boolean;
  /** The conversation, joined or opened if it is not there. */
  open(room: Target): Promise<FileRoom>;
  find(log: number): FileRoom | undefined;
  user(): string;
  emit(event: ClientEvent): void;
}

const ANSWERS: { readonly [A in FileAnswer]?: NonNullable<TransferRecord['answer']> } = {
  [FileAnswer.Accepted]: 'accepted',
  [FileAnswer.Rejected]: 'rejected',
  [FileAnswer.Done]: 'done',
};

interface Opened {
  readonly around: Around;
  readonly ledger: Ledger;
}

interface Running {
  readonly life: Life;
  readonly port: Upload | Download;
}

/** The files this client sends and receives: what the commands of files are made of. */
export class Transfers {
  readonly link = new FileLink();
  readonly inbox: Inbox;
  readonly #options: TransfersOptions;
  readonly #running = new Map<string, Running>();
  readonly #turns: Turns;
  #account: { readonly server: string; readonly user: string } | undefined;
  #opened: Opened | undefined;

  constructor(options: TransfersOptions) {
    this.#options = options;
    this.#turns = new Turns(this.link, () => this.#lives());
    this.inbox = new Inbox({
      calls: options.calls,
      find: (log) => options.find(log),
      user: () => options.user(),
      known: (id) => this.#opened?.ledger.get(id),
      trusts: (user) => this.#trusts(user),
      roomFor: (size) => this.#roomFor(size),
      take: (offer) => this.#take(offer, undefined),
      show: (transfer) => this.#emit(transfer),
    });
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  /** Logged in, at first or again: goes on over this connection. */
  welcome(server: string, user: string, connection: Connection, wake: () => void): void {
    if (server !== this.#account?.server || user !== this.#account.user) this.#become(server, user);
    this.link.attach(connection, wake);
    this.#opened?.ledger.settle();
    this.#turns.settle();
    if (this.#options.attentive) this.inbox.refresh().catch(() => {});
  }

  /** This process ends: everything stays as it is, to be gone on with. */
  close(): void {
    for (const { life, port } of this.#running.values()) {
      life.stop();
      port.leave();
    }
    this.#running.clear();
    this.link.detach();
    this.#account = undefined;
    this.#opened = undefined;
  }

  // ---- Commands -----------------------------------------------------------------------------------------

  async send(room: Target, path: string): Promise<string> {
    const { around, ledger } = this.#open();
    const file = await lookAt(around.disk, resolve(path));
    const conversation = await this.#options.open(room);
    const known = ledger.all.find((record) => isSameUpload(record, conversation, file));
    if (known !== undefined) {
      this.#goOn(known);
      return known.id;
    }
    const life = this.#begin(this.#recordOf(conversation, file), true);
    await this.#offer(life);
    life.send({ type: 'ACCEPT' });
    return life.record.id;
  }

  async accept(id: string, into?: string): Promise<void> {
    const { ledger } = this.#open();
    const record = ledger.get(id);
    if (record !== undefined && !isEnded(record.state)) {
      this.#goOn(record);
      return;
    }
    const known = record?.direction === 'in' ? offerOf(record) : undefined;
    const offer = this.inbox.offers.get(id) ?? known;
    if (offer === undefined) throw noSuchFile();
    this.#take(offer, into);
  }

  async reject(id: string): Promise<void> {
    const { ledger } = this.#open();
    const offer = this.inbox.offers.get(id);
    if (offer === undefined) throw noSuchFile();
    const record = recordOf(offer, { state: 'rejected' });
    ledger.owe(record, 'rejected');
    this.inbox.offers.drop(id);
    this.#emit(toTransfer(record));
  }

  async pause(id: string): Promise<void> {
    this.#get(id).life.send({ type: 'PAUSE' });
  }

  async resume(id: string): Promise<void> {
    const record = this.#open().ledger.get(id);
    if (record === undefined) throw noSuchFile();
    if (!isEnded(record.state)) this.#goOn(record);
    else if (record.direction === 'in') await this.accept(id, record.into);
    else throw new NatterError('NO_SUCH_FILE', `${record.name} is not under way any more; send it again.`);
  }

  async cancel(id: string): Promise<void> {
    const { ledger } = this.#open();
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.life.send({ type: 'CANCEL', failure: cancelled() });
      return;
    }
    const record = ledger.get(id);
    if (record === undefined) await this.reject(id);
    else if (!isEnded(record.state)) {
      this.#begin(record).send({ type: 'CANCEL', failure: cancelled() });
    } else if (record.direction === 'out' && record.state === 'done') {
      const { code, message: reason } = cancelled();
      const withdrawn: TransferRecord = { ...record, state: 'failed', code, reason };
      ledger.owe(withdrawn, 'withdraw');
      this.#emit(toTransfer(withdrawn));
    }
  }

  async trust(user: string, on: boolean): Promise<void> {
    const { ledger } = this.#open();
    const others = ledger.trusted().filter((name) => nameKey(name) !== nameKey(user));
    ledger.trust(on ? [...others, user] : others);
  }

  async list(): Promise<readonly Transfer[]> {
    const records = this.#open().ledger.all;
    const known = records.map(
      (record) => this.#running.get(record.id)?.life.transfer() ?? toTransfer(record),
    );
    return [...known, ...this.inbox.announced()].sort((a, b) => b.at - a.at);
  }

  async offers(): Promise<readonly Transfer[]> {
    const { ledger } = this.#open();
    const begun = ledger.all
      .filter(({ direction, state, id }) => direction === 'in' && !isEnded(state) && !this.#running.has(id))
      .map((record) => toTransfer(record));
    return [...begun, ...(await this.inbox.list())].sort((a, b) => a.at - b.at);
  }

  // ---- From the server ----------------------------------------------------------------------------------

  /** A file changed its state there. */
  told({ f, s, h, r }: FileEventBody): void {
    for (const { life, port } of [...this.#running.values()])
      if (life.record.number === f) port.told(s, h, r);
    if (s === FileState.Gone) this.inbox.gone(f, r);
  }

  /** Somebody did something with a file: with one of ours, or on another device of this account. */
  answered({ f, n, s }: AnswerEventBody): void {
    if (nameKey(n) === nameKey(this.#options.user())) {
      this.inbox.answered(f, s);
      return;
    }
    const answer = ANSWERS[s];
    const record = this.#opened?.ledger.all.find(
      ({ number, direction }) => number === f && direction === 'out',
    );
    if (record?.direct !== true || answer === undefined) return;
    const running = this.#running.get(record.id);
    if (running !== undefined) running.life.show({ answer });
    else {
      this.#opened?.ledger.save({ ...record, answer });
      this.#emit(toTransfer({ ...record, answer }));
    }
  }

  // ---- Within -------------------------------------------------------------------------------------------

  /** What there is of this account; a script that asks for no file never reads it. */
  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    if (this.#account === undefined)
      throw new NatterError('NOT_LOGGED_IN', 'Nobody is logged in; log in first.');
    const { clock, calls, disk } = this.#options;
    const around: Around = {
      clock,
      calls,
      link: this.link,
      disk: disk(),
      supplies: new Supplies(),
      windowBytes: () => this.#turns.windowBytes(),
    };
    const { server, user } = this.#account;
    this.#opened = { around, ledger: new Ledger(calls, around.disk.records(server, user)) };
    return this.#opened;
  }

  #become(server: string, user: string): void {
    this.close();
    this.inbox.offers.clear();
    this.#account = { server, user };
    if (!this.#options.attentive) return;
    try {
      for (const record of this.#open().ledger.all) if (!isEnded(record.state)) this.#restore(record);
    } catch (error) {
      // People can talk all the same.
      const { code, message } = errorOf(error);
      this.#options.emit({ event: 'error', code, message });
    }
  }

  /** Goes on with what was under way when this process, or another, ended. */
  #restore(record: TransferRecord): void {
    try {
      const life = this.#begin(record);
      life.send({ type: 'ACCEPT' });
      // What stood still by itself is tried again; what a person paused waits for a person.
      if (record.state === 'paused' && record.code === undefined) life.send({ type: 'PAUSE' });
    } catch (error) {
      // Another process is busy with it.
      if (!(error instanceof NatterError)) throw error;
    }
  }

  #goOn(record: TransferRecord): void {
    const running = this.#running.get(record.id);
    if (running === undefined) this.#begin(record).send({ type: 'ACCEPT' });
    else if (running.life.state === 'paused') running.life.send({ type: 'RESUME' });
    else running.life.wake();
  }

  #take(offer: Offer, into: string | undefined): void {
    const partial = Buffer.alloc(FILE_ID_BYTES);
    this.#options.random(partial);
    const record = recordOf(offer, {
      partial: partial.toString('hex'),
      owes: 'accepted',
      ...(into === undefined ? {} : { into: resolve(into) }),
    });
    const life = this.#begin(record, true);
    this.inbox.offers.drop(offer.file.id);
    life.send({ type: 'ACCEPT' });
    this.#opened?.ledger.settle();
  }

  /** @throws NatterError DATA_LOCKED when another process works on it */
  #begin(known: TransferRecord, isNew = false): Life {
    const { around, ledger } = this.#open();
    const { lock, record } = ledger.lock(known, isNew);
    const ports: (Upload | Download)[] = [];
    const makePort = (life: Life): TransferPort => {
      const port = record.direction === 'out' ? new Upload(life, around) : new Download(life, around);
      ports.push(port);
      return port;
    };
    const options = {
      clock: around.clock,
      lock,
      save: (each: TransferRecord) => ledger.save({ ...each, owes: ledger.get(each.id)?.owes ?? each.owes }),
      emit: (transfer: Transfer) => this.#emit(transfer),
      changed: (each: Life) => this.#changed(each),
    };
    const life = new Life(options, record, makePort);
    for (const port of ports) this.#running.set(record.id, { life, port });
    return life;
  }

  #changed(life: Life): void {
    if (isEnded(life.state)) this.#ended(life);
    this.#turns.settle();
  }

  #ended({ record, state }: Life): void {
    this.#running.delete(record.id);
    if (record.direction === 'in' && state === 'done') this.#opened?.ledger.owe(record, 'done');
    else if (record.direction === 'out' && state === 'failed') this.#opened?.ledger.owe(record, 'withdraw');
    else if (record.code === 'CANCELLED') this.#opened?.ledger.owe(record, 'rejected');
  }

  /** An offer that was refused was never made; one that nobody answered may have been, and keeps its id. */
  async #offer(life: Life): Promise<void> {
    const { around, ledger } = this.#open();
    try {
      await Upload.offer(around, life);
    } catch (error) {
      this.#running.delete(life.record.id);
      life.stop();
      if (error instanceof NatterError && isPassing(error)) ledger.save({ ...life.record, state: 'paused' });
      else ledger.forget(life.record);
      throw error;
    }
  }

  #recordOf({ target, kind, log }: FileRoom, file: LookedAt): TransferRecord {
    const id = Buffer.alloc(FILE_ID_BYTES);
    this.#options.random(id);
    const { path, name, type, stamp } = file;
    const direct = kind === 'direct';
    return {
      format: 1,
      id: id.toString('hex'),
      direction: 'out',
      state: 'offered',
      room: target,
      direct,
      from: this.#options.user(),
      to: direct ? target.slice(1) : target,
      ...{ name, type, path },
      size: stamp.size,
      stamp: { modified: stamp.modified, inode: stamp.inode },
      number: 0,
      log,
      at: this.#options.clock.wall(),
      bytes: 0,
      repeated: 0,
      owes: 'nothing',
    };
  }

  #get(id: string): Running {
    const running = this.#running.get(id);
    if (running === undefined) throw noSuchFile();
    return running;
  }

  *#lives(): Iterable<Life> {
    for (const { life } of this.#running.values()) yield life;
  }

  #trusts(user: string): boolean {
    return this.#opened?.ledger.trusted().some((name) => nameKey(name) === nameKey(user)) ?? false;
  }

  async #roomFor(size: number): Promise<boolean> {
    const free = await this.#opened?.around.disk.downloads(undefined).freeBytes();
    return free !== undefined && free > size;
  }

  #emit(transfer: Transfer): void {
    this.#options.emit({ event: 'transfer', transfer });
  }
}

interface LookedAt {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly stamp: FileStamp;
}

async function lookAt(disk: Disk, path: string): Promise<LookedAt> {
  const file = await disk.open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const read = await file.read([head], 0);
    const name = safeFileName(basename(path));
    return { path, name, type: mediaTypeOf(name, head.subarray(0, read)), stamp: file.stamp };
  } finally {
    await file.close();
  }
}

/** Is it what was being sent there before? */
function isSameUpload(record: TransferRecord, { target }: FileRoom, { path, stamp }: LookedAt): boolean {
  return (
    record.direction === 'out' &&
    !isEnded(record.state) &&
    record.room === target &&
    record.path === path &&
    record.size === stamp.size &&
    record.stamp?.modified === stamp.modified &&
    record.stamp.inode === stamp.inode
  );
}
