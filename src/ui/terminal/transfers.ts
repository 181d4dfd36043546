/**
 * Every file the screen knows of: those said in conversations and those on their way, each under a number that
 * it keeps as long as the program runs. Everything remote is sanitised here, once.
 */
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, FileOffer, Message, Target, Transfer } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';

/** Files known at most; the oldest that are over and done with go first. */
const FILES_MAX = 2_000;

export interface FileEntry {
  readonly number: number;
  readonly offer: FileOffer;
  readonly room: Target;
  readonly from: string;
  readonly isMine: boolean;
  /** How it fares here; undefined for one that was only said. */
  transfer: Transfer | undefined;
  /** Where it is, as the disk spells it: for opening, not for showing. */
  path: string | undefined;
}

/** What a person can be asked to choose among. */
export type Choice = (entry: FileEntry) => boolean;

/** A private offer that waits for this person's answer. */
export const isOffered: Choice = ({ transfer }) =>
  transfer?.state === 'offered' && transfer.direction === 'in' && transfer.room.startsWith('@');

/** Nothing brings these back. */
const GONE: ReadonlySet<string> = new Set(['FILE_WITHDRAWN', 'FILE_EXPIRED', 'NO_SUCH_FILE']);

/** Somebody else's file, or one's own from another device, that could be fetched, perhaps again. */
export const isFetchable: Choice = ({ transfer }) =>
  transfer === undefined ||
  (transfer.direction === 'in' &&
    ['offered', 'rejected', 'failed'].includes(transfer.state) &&
    !GONE.has(transfer.code ?? ''));

/** It lies ready for whoever fetches it. */
export const isOnOffer: Choice = ({ transfer }) => transfer?.isOnOffer === true;

/** Bytes move, or will as soon as they can. */
export const isUnderWay: Choice = (entry) =>
  ['accepted', 'running', 'verifying'].includes(entry.transfer?.state ?? '') && !isOnOffer(entry);

export const isPaused: Choice = ({ transfer }) => transfer?.state === 'paused';

/** There is something to hold up. */
export const isPausable: Choice = (entry) => isUnderWay(entry) || isOnOffer(entry);

/** It has not come to its end. */
export const isLasting: Choice = (entry) => isPausable(entry) || isPaused(entry);

export class TransferList {
  readonly #entries = new Map<string, FileEntry>();
  readonly #home: string;
  #numbers = 0;

  /** @param home paths below this folder are shown from `~` on; '' for none */
  constructor(home = '') {
    this.#home = home;
  }

  /** All of them, newest first. */
  get entries(): readonly FileEntry[] {
    return [...this.#entries.values()].reverse();
  }

  /** Private offers to be answered, oldest first. */
  get offers(): readonly FileEntry[] {
    return [...this.#entries.values()].filter(isOffered);
  }

  get underWay(): readonly FileEntry[] {
    return [...this.#entries.values()].filter(isUnderWay);
  }

  /** What the panel lists: offers to be answered, what is under way, what is paused or on offer, then all the rest; newest first. */
  get ranked(): readonly FileEntry[] {
    const rank = (entry: FileEntry) =>
      isOffered(entry)
        ? 0
        : isUnderWay(entry)
          ? 1
          : isLasting(entry)
            ? 2
            : entry.transfer === undefined
              ? 4
              : 3;
    return this.entries.toSorted((a, b) => rank(a) - rank(b));
  }

  byId(id: string): FileEntry | undefined {
    return this.#entries.get(id);
  }

  /** Takes note of a file that was said. @param message sanitised already */
  said(message: Message): void {
    const { file, room, from, mine } = message;
    if (file === undefined || this.#entries.has(file.id)) return;
    this.#add({ offer: file, room, from, isMine: mine, transfer: undefined, path: undefined });
  }

  /** @returns the entry, how it fares (sanitised), and how it fared before */
  apply(raw: Transfer): {
    readonly entry: FileEntry;
    readonly transfer: Transfer;
    readonly before: Transfer | undefined;
  } {
    const transfer = cleanTransfer(raw, this.#home);
    const known = this.#entries.get(transfer.id);
    const before = known?.transfer;
    const entry =
      known ??
      this.#add({
        offer: transfer,
        room: transfer.room,
        from: transfer.from,
        isMine: transfer.direction === 'out',
        transfer,
        path: raw.path,
      });
    entry.transfer = transfer;
    entry.path = raw.path;
    return { entry, transfer, before };
  }

  /** Asks for what was under way, before and offered meanwhile. @returns what nothing was known of */
  async load(commands: Pick<ClientCommands, 'transfers' | 'offers'>): Promise<readonly FileEntry[]> {
    const [transfers, offers] = await Promise.all([commands.transfers(), commands.offers()]);
    // Events that came meanwhile are newer.
    const unknown = [...transfers.toReversed(), ...offers].filter(
      ({ id }) => this.byId(id)?.transfer === undefined,
    );
    return unknown.map((transfer) => this.apply(transfer).entry);
  }

  /**
   * The file a person means: a number, the start of a file's name, or who offered it; without any of these the
   * only one there is to choose, or the newest of `room`.
   * @throws NatterError NO_SUCH_FILE, or BAD_ARGUMENT when several could be meant
   */
  find(word: string | undefined, choice: Choice, what: string, room?: Target): FileEntry {
    if (word !== undefined && /^\d+$/.test(word.trim())) return this.#numbered(Number(word), choice, what);
    const choosable = this.entries.filter(choice);
    const meant = word === undefined ? choosable : named(choosable, word.trim());
    const [first, second] = meant;
    if (first === undefined) throw noneTo(what, word);
    if (second === undefined) return first;
    if (word === undefined && room === undefined)
      throw new NatterError('BAD_ARGUMENT', `Say which file to ${what}; /files lists them.`);
    // Of several with that name the newest, here before elsewhere.
    return meant.find((entry) => entry.room === room) ?? first;
  }

  #numbered(number: number, choice: Choice, what: string): FileEntry {
    const entry = [...this.#entries.values()].find((each) => each.number === number);
    if (entry === undefined)
      throw new NatterError('NO_SUCH_FILE', `There is no file ${number}; /files lists them.`);
    if (!choice(entry))
      throw new NatterError('BAD_ARGUMENT', `There is nothing to ${what} about ${entry.offer.name} now.`);
    return entry;
  }

  #add(entry: Omit<FileEntry, 'number'>): FileEntry {
    this.#numbers += 1;
    const added = { ...entry, number: this.#numbers };
    this.#entries.set(entry.offer.id, added);
    if (this.#entries.size > FILES_MAX) this.#forgetOne();
    return added;
  }

  #forgetOne(): void {
    for (const [id, entry] of this.#entries) {
      if (isOffered(entry) || isLasting(entry)) continue;
      this.#entries.delete(id);
      return;
    }
  }
}

function named(entries: readonly FileEntry[], word: string): FileEntry[] {
  const wanted = word.toLowerCase().normalize('NFC');
  const whole = entries.filter(({ offer }) => offer.name.toLowerCase().normalize('NFC') === wanted);
  if (whole.length > 0) return whole;
  const person = wanted.replace(/^@/, '');
  return entries.filter(
    ({ offer, from }) =>
      offer.name.toLowerCase().normalize('NFC').startsWith(wanted) || from.toLowerCase() === person,
  );
}

function noneTo(what: string, word: string | undefined): NatterError {
  return word === undefined
    ? new NatterError('NO_SUCH_FILE', `There is no file to ${what}; /files lists all.`)
    : new NatterError('NO_SUCH_FILE', `There is no file "${word}" to ${what}; /files lists all.`);
}

/** What is offered, safe to show. */
export function cleanOffer<T extends FileOffer>(offer: T): T {
  return { ...offer, name: sanitiseLine(offer.name), type: sanitiseLine(offer.type) };
}

function cleanTransfer(transfer: Transfer, home: string): Transfer {
  const { path, reason } = transfer;
  return {
    ...cleanOffer(transfer),
    from: sanitiseLine(transfer.from),
    to: sanitiseLine(transfer.to),
    ...(path === undefined ? {} : { path: sanitiseLine(fromHome(path, home)) }),
    ...(reason === undefined ? {} : { reason: sanitiseLine(reason) }),
  };
}

function fromHome(path: string, home: string): string {
  const isBelow = home.length > 1 && path.startsWith(home) && /^[\\/]/.test(path.slice(home.length));
  return isBelow ? `~${path.slice(home.length)}` : path;
}

/** How much of it is there, 0 to 1. */
export function shareOf({ state, bytes, size }: Transfer): number {
  if (state === 'done' || state === 'verifying') return 1;
  return size === 0 ? 0 : Math.min(1, Math.max(0, bytes / size));
}

/** `63%`; 100 only when nothing is missing. */
export function percentOf(transfer: Transfer): string {
  return `${Math.floor(shareOf(transfer) * 100)}%`;
}

/** How long the rest takes at the rate of now; ms, infinite when nothing moves. */
export function remainingMs({ size, bytes, rate }: { size: number; bytes: number; rate: number }): number {
  return rate > 0 ? (Math.max(0, size - bytes) / rate) * 1000 : Number.POSITIVE_INFINITY;
}

/** Whom it comes from or goes to. */
export function peerOf(transfer: Transfer): string {
  return transfer.direction === 'in' ? transfer.from : transfer.to;
}

/** Its state in words for people. */
export function stateOf(entry: FileEntry): string {
  const { transfer, room } = entry;
  if (transfer === undefined) return 'not fetched';
  const isOut = transfer.direction === 'out';
  switch (transfer.state) {
    case 'offered':
      return isOut ? 'offering' : room.startsWith('@') ? 'offered to you' : 'not fetched';
    case 'accepted':
      return isOnOffer(entry) ? 'on offer' : 'waiting';
    case 'rejected':
      return 'declined';
    case 'running':
      return isOut ? 'sending' : 'receiving';
    case 'paused':
      return 'paused';
    case 'verifying':
      return 'checking';
    case 'done':
      return isOut ? answerOf(transfer) : 'received';
    case 'failed':
      return transfer.code === 'CANCELLED' ? 'cancelled' : 'FAILED';
  }
}

/** What became of a file that the server holds. */
function answerOf({ answer, to }: Transfer): string {
  const name = to.replace(/^@/, '');
  if (answer === 'done') return `${name} has it`;
  if (answer === 'accepted') return `${name} takes it`;
  if (answer === 'rejected') return `${name} declined`;
  return 'sent';
}
