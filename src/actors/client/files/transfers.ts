import { resolve } from 'node:path';
import { NatterError } from '../../../chat/error.js';
import type { ClientEvent, Target, Transfer } from '../../../chat/events.js';
import { nameKey } from '../../../chat/name.js';
import { type AnswerEventBody, FileAnswer, type FileEventBody, FileState } from '../../../chat/operations.js';
import { FILE_ID_BYTES } from '../../../net/constants.js';
import type { Connection } from '../../../net/types.js';
import { isEnded, type TransferRecord } from '../../../store/transfers.js';
import { errorOf } from '../../failure.js';
import type { Clock } from '../../runtime/actor.js';
import type { ActorTap } from '../../runtime/actor-tap.js';
import type { Calls, FileRoom } from './around.js';
import type { Disk } from './disk.js';
import { cancelled, noSuchFile } from './failures.js';
import { Inbox } from './inbox.js';
import { Ledger } from './ledger.js';
import { type Life, toTransfer } from './life.js';
import { FileLink, type TransferLink } from './link.js';
import { isSameUpload, lookAt, uploadRecord } from './local-file.js';
import { type Offer, offerOf, recordOf } from './offers.js';
import { type Outgoing, Runs } from './runs.js';
import { Upload } from './upload.js';

export interface TransfersOptions {
  readonly clock: Clock;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  readonly random: (target: Buffer) => void;
  /** Runs at the end of this turn. */
  readonly turnEnd: (run: () => void) => void;
  readonly disk: () => Disk;
  readonly calls: Calls;
  /** Somebody looks on: goes on with what was under way by itself, and asks what is offered. */
  readonly attentive: boolean;
  /** The conversation, joined or opened if it is not there. */
  open(room: Target): Promise<FileRoom>;
  find(log: number): FileRoom | undefined;
  user(): string;
  emit(event: ClientEvent): void;
  /** Other than to a server: what carries files, and what sends them. */
  readonly instead?: { readonly link: TransferLink; readonly outgoing: Outgoing };
}

const TO_SERVER: Outgoing = {
  begin: (life, around) => new Upload(life, around),
  offer: (around, life) => Upload.offer(around, life),
};

const ANSWERS: { readonly [A in FileAnswer]?: NonNullable<TransferRecord['answer']> } = {
  [FileAnswer.Accepted]: 'accepted',
  [FileAnswer.Rejected]: 'rejected',
  [FileAnswer.Done]: 'done',
};

/** Of one account at one server. */
interface Opened {
  readonly disk: Disk;
  readonly ledger: Ledger;
  readonly runs: Runs;
}

/** The files this client sends and receives: what the commands of files are made of. */
export class Transfers {
  readonly link: FileLink;
  readonly inbox: Inbox;
  readonly #options: TransfersOptions;
  #account: { readonly server: string; readonly user: string } | undefined;
  #opened: Opened | undefined;

  constructor(options: TransfersOptions) {
    this.#options = options;
    this.link = new FileLink(options.turnEnd);
    this.inbox = new Inbox({
      calls: options.calls,
      find: (log) => options.find(log),
      user: () => options.user(),
      known: (id) => this.#opened?.ledger.get(id),
      trusts: (user) => this.#trusts(user),
      roomFor: (size) => this.#roomFor(size),
      take: (offer) => this.#take(offer, undefined),
      show: (transfer) => this.#show(transfer),
    });
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  /** Logged in, at first or again: goes on over this connection. @param wake something was queued on it */
  welcome(server: string, user: string, connection: Connection, wake: () => void): void {
    this.enter(server, user);
    this.link.attach(connection, wake);
    this.settle();
    // What cannot be asked now is asked at the next login.
    if (this.#options.attentive) this.inbox.refresh().catch(() => {});
  }

  /** Whose files these are from now on. */
  enter(server: string, user: string): void {
    if (server !== this.#account?.server || user !== this.#account.user) this.#become(server, user);
  }

  /** Somebody can be reached: says what is owed, and gives turns. */
  settle(): void {
    this.#opened?.ledger.settle();
    this.#opened?.runs.settle();
  }

  /** In the ring: the key of whoever is at the other end of a file, hex. @param number the file's */
  peerOf(number: number): string | undefined {
    const record = this.#opened?.ledger.all.find((each) => each.number === number);
    return record?.peer ?? this.inbox.offers.byNumber(number)?.peer;
  }

  /** In the ring: the peers to whom a way is needed, hex: something is under way with them, or they are owed an answer. */
  get partners(): ReadonlySet<string> {
    const records = this.#opened?.ledger.all ?? [];
    const open = records.filter(
      ({ state, owes, direction }) =>
        (!isEnded(state) && state !== 'paused') || (owes !== 'nothing' && direction === 'in'),
    );
    return new Set(open.flatMap(({ peer }) => peer ?? []));
  }

  /** This process ends: everything stays as it is, to be gone on with. */
  close(): void {
    this.#opened?.runs.close();
    this.link.detach();
    this.#account = undefined;
    this.#opened = undefined;
  }

  // ---- Commands -----------------------------------------------------------------------------------------

  async send(room: Target, path: string): Promise<string> {
    const { disk, ledger, runs } = this.#open();
    const file = await lookAt(disk, resolve(path));
    const conversation = await this.#options.open(room);
    const known = ledger.all.find((record) => isSameUpload(record, conversation, file));
    if (known !== undefined) {
      runs.goOn(known);
      return known.id;
    }
    const { clock, user } = this.#options;
    const record = uploadRecord(this.#freshId(), user(), clock.wall(), conversation, file);
    await runs.offer(runs.begin(record, true));
    return record.id;
  }

  async accept(id: string, into?: string): Promise<void> {
    const { ledger, runs } = this.#open();
    const record = ledger.get(id);
    if (record !== undefined && !isEnded(record.state)) {
      runs.goOn(record);
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
    this.#show(toTransfer(record));
  }

  async pause(id: string): Promise<void> {
    this.#life(id).send({ type: 'PAUSE' });
  }

  async resume(id: string): Promise<void> {
    const { ledger, runs } = this.#open();
    const record = ledger.get(id);
    if (record === undefined) throw noSuchFile();
    if (!isEnded(record.state)) runs.goOn(record);
    else if (record.direction === 'in') await this.accept(id, record.into);
    else throw new NatterError('NO_SUCH_FILE', `${record.name} is not under way any more; send it again.`);
  }

  async cancel(id: string): Promise<void> {
    const { ledger, runs } = this.#open();
    const record = ledger.get(id);
    if (record === undefined) {
      await this.reject(id);
    } else if (!isEnded(record.state)) {
      const life = runs.get(id) ?? runs.begin(record);
      life.send({ type: 'CANCEL', failure: cancelled() });
    } else if (record.direction === 'out' && record.state === 'done') {
      const { code, message: reason } = cancelled();
      const withdrawn: TransferRecord = { ...record, state: 'failed', code, reason };
      ledger.owe(withdrawn, 'withdraw');
      this.#show(toTransfer(withdrawn));
    }
  }

  async trust(user: string, on: boolean): Promise<void> {
    const { ledger } = this.#open();
    const others = ledger.trusted().filter((name) => nameKey(name) !== nameKey(user));
    ledger.trust(on ? [...others, user] : others);
  }

  async list(): Promise<readonly Transfer[]> {
    const { ledger, runs } = this.#open();
    const known = ledger.all.map((record) => runs.get(record.id)?.transfer() ?? toTransfer(record));
    return [...known, ...this.inbox.announced()].sort((a, b) => b.at - a.at);
  }

  async offers(): Promise<readonly Transfer[]> {
    const { ledger, runs } = this.#open();
    const begun = ledger.all
      .filter(({ direction, state, id }) => direction === 'in' && !isEnded(state) && !runs.get(id))
      .map((record) => toTransfer(record));
    return [...begun, ...(await this.inbox.list())].sort((a, b) => a.at - b.at);
  }

  // ---- From the server ----------------------------------------------------------------------------------

  /** A file changed its state there. */
  told(body: FileEventBody): void {
    this.#opened?.runs.told(body);
    if (body.s === FileState.Gone) this.inbox.gone(body.f, body.r);
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
    const life = this.#opened?.runs.get(record.id);
    if (life !== undefined) {
      life.show({ answer });
      if (answer === 'rejected') life.send({ type: 'REJECT' });
    } else {
      this.#opened?.ledger.save({ ...record, answer });
      this.#show(toTransfer({ ...record, answer }));
    }
  }

  // ---- Within -------------------------------------------------------------------------------------------

  /** What there is of this account; a script that asks for no file never reads it. */
  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    if (this.#account === undefined)
      throw new NatterError('NOT_LOGGED_IN', 'Nobody is logged in; log in first.');
    const { clock, tap, calls, turnEnd } = this.#options;
    const disk = this.#options.disk();
    const ledger = new Ledger(calls, disk.records(this.#account.server, this.#account.user));
    const breathe = () => new Promise<void>((done) => turnEnd(done));
    const { link, outgoing } = this.#options.instead ?? { link: this.link, outgoing: TO_SERVER };
    const around = { clock, tap, calls, link, disk, breathe };
    const runs = new Runs({ around, ledger, outgoing, emit: (transfer) => this.#show(transfer) });
    this.#opened = { disk, ledger, runs };
    if (link.connection !== undefined) ledger.settle();
    return this.#opened;
  }

  #become(server: string, user: string): void {
    this.close();
    this.inbox.offers.clear();
    this.#account = { server, user };
    // Later, since a login is a step of the session's machine, and a machine must not be started within another's.
    if (this.#options.attentive) queueMicrotask(() => this.#restore());
  }

  #restore(): void {
    if (this.#account === undefined) return;
    try {
      const { ledger, runs } = this.#open();
      for (const record of ledger.all) if (!isEnded(record.state)) runs.restore(record);
    } catch (error) {
      // People can talk all the same.
      const { code, message } = errorOf(error);
      this.#options.emit({ event: 'error', code, message });
    }
  }

  #take(offer: Offer, into: string | undefined): void {
    const { ledger, runs } = this.#open();
    const record = recordOf(offer, {
      partial: this.#freshId().toString('hex'),
      owes: 'accepted',
      ...(into === undefined ? {} : { into: resolve(into) }),
    });
    const life = runs.begin(record, true);
    this.inbox.offers.drop(offer.file.id);
    life.send({ type: 'ACCEPT' });
    ledger.settle();
  }

  #life(id: string): Life {
    const life = this.#open().runs.get(id);
    if (life === undefined) throw noSuchFile();
    return life;
  }

  #freshId(): Buffer {
    const id = Buffer.alloc(FILE_ID_BYTES);
    this.#options.random(id);
    return id;
  }

  #trusts(user: string): boolean {
    try {
      return this.#opened?.ledger.trusted().some((name) => nameKey(name) === nameKey(user)) ?? false;
    } catch (error) {
      // Nobody is trusted by a list that cannot be read: people are asked.
      if (error instanceof NatterError) return false;
      throw error;
    }
  }

  async #roomFor(size: number): Promise<boolean> {
    const free = await this.#open().disk.downloads(undefined).freeBytes();
    return free > size;
  }

  #show(transfer: Transfer): void {
    this.#options.emit({ event: 'transfer', transfer });
  }
}
