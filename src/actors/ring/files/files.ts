import { NatterError } from '../../../chat/error.js';
import type { ClientEvent, Message, Target } from '../../../chat/events.js';
import { EventKind } from '../../../chat/operations.js';
import { FileEventBody } from '../../../chat/schemas.js';
import { decodeBody, encodeBody } from '../../../chat/wire.js';
import { Malformed, type Reader } from '../../../net/bytes.js';
import { FrameType } from '../../../net/constants.js';
import type { Contact, Part, PeerId } from '../../../net/ring/types.js';
import { eventCodec, requestCodec } from '../../../net/talk.js';
import type { TransferRecord } from '../../../store/transfers.js';
import type { Around, FileRoom } from '../../client/files/around.js';
import type { Disk } from '../../client/files/disk.js';
import { offeredIn } from '../../client/files/entry.js';
import type { Life } from '../../client/files/life.js';
import { Transfers } from '../../client/files/transfers.js';
import type { Clock } from '../../runtime/actor.js';
import type { ActorTap } from '../../runtime/actor-tap.js';
import { RingCalls } from './calls.js';
import { Desk } from './desk.js';
import { notThere } from './failures.js';
import { RingFileLink } from './link.js';
import { fileNumber } from './number.js';
import { Offering } from './offering.js';
import { Partner, type PartnerOptions } from './partner.js';

/** Somebody with whom a file is under way and no link is there is dialled again after this. */
const REACH_EVERY_MS = 10_000;

export interface RingFilesPort extends Pick<PartnerOptions, 'send' | 'wireOf' | 'wires'> {
  /** Who is at the other end of a wire. */
  peerOf(wire: number): PeerId | undefined;
  /** A direct link with that peer is wanted, or no longer. */
  reach(peer: PeerId, on: boolean): void;
  isOnline(peer: PeerId): boolean;
  /** A member of that group? */
  isMember(room: Target, peer: PeerId): boolean;
  /** The conversation, joined or begun if it is not there. @throws NatterError when it cannot be */
  open(room: Target): Promise<FileRoom>;
  /**
   * Says in a conversation what is offered there: an entry of kind File, or a letter to `record.peer`. Once it is
   * durable it is known. @param body of the entry @throws NatterError what it is refused with
   */
  offer(record: TransferRecord, body: Buffer): Promise<void>;
  emit(event: ClientEvent): void;
  /** One's own name. */
  name(): string;
}

export interface RingFilesOptions {
  readonly clock: Clock;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  readonly random: (target: Buffer) => void;
  turnEnd(run: () => void): void;
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Buffer;
  disk(): Disk;
  readonly port: RingFilesPort;
}

/**
 * Files in the ring: straight from who offers them to who takes them, by the same transfers as with a server. What a
 * server would answer is answered by the other end of each file.
 */
export class RingFiles implements Part {
  readonly transfers: Transfers;
  readonly #options: RingFilesOptions;
  readonly #partners = new Map<PeerId, Partner>();
  readonly #offerings = new Set<Offering>();
  readonly #desk: Desk;
  /** Who is at the other end of a file, once somebody asked. */
  readonly #owners = new Map<number, PeerId>();
  readonly #reached = new Set<PeerId>();
  #isLooking = false;
  #reachAt = Number.POSITIVE_INFINITY;

  constructor(options: RingFilesOptions) {
    const { clock, tap, random, port, turnEnd } = options;
    this.#options = options;
    const partnerFor = (number: number) => this.#partnerFor(number);
    this.transfers = new Transfers({
      ...{ clock, tap, random, turnEnd, attentive: true },
      disk: () => options.disk(),
      calls: new RingCalls(partnerFor),
      open: (room) => this.#open(room),
      find: () => undefined,
      user: () => port.name(),
      emit: (event) => {
        port.emit(event);
        this.#look();
      },
      instead: {
        link: new RingFileLink(
          () => this.#partners.values(),
          partnerFor,
          (number) => this.#offering(number)?.isWanted === true,
        ),
        outgoing: {
          begin: (life, around) => this.#begin(life, around),
          offer: (_, life) => this.#offer(life),
        },
      },
    });
    this.#desk = new Desk({
      find: (number) => this.#offering(number),
      isAddressee: (number, peer) => this.transfers.peerOf(number) === peer,
      answered: (f, peer, s) => this.transfers.answered({ f, l: 0, n: peer, s }),
    });
  }

  /** Goes on with what was under way when this program ended last. */
  begin(): void {
    const { community, self } = this.#options;
    this.transfers.enter(`ring ${community.toString('hex')}`, self.id);
    this.#look();
  }

  /** This program ends: everything stays as it is, to be gone on with. */
  close(): void {
    this.transfers.close();
    for (const partner of this.#partners.values()) partner.detach();
    this.#partners.clear();
  }

  /**
   * A message that offers a file was shown.
   * @param author of the message @param body of its entry or letter @param isNew it came just now
   */
  seen(room: FileRoom, message: Message, author: PeerId, body: Buffer, isNew: boolean): void {
    const offered = offeredIn(body);
    if (offered === undefined) return;
    const number = fileNumber(Buffer.from(author, 'hex'), Buffer.from(offered.offer.id, 'hex'));
    // A number of somebody else's file would have its chunks asked for there.
    if (offered.number === number) this.transfers.inbox.seen(room, message, body, isNew, author);
  }

  /** That peer is there: its record says so. */
  appeared(peer: PeerId): void {
    if (this.transfers.partners.has(peer)) this.#look();
  }

  // ---- As a part ----------------------------------------------------------------------------------------

  linked({ id }: Contact): void {
    const { clock, port, turnEnd } = this.#options;
    const { send, wireOf, wires } = port;
    const partner = this.#partners.get(id) ?? new Partner(id, { clock, turnEnd, send, wireOf, wires });
    this.#partners.set(id, partner);
    partner.attach();
    this.transfers.settle();
  }

  unlinked(peer: PeerId): void {
    const partner = this.#partners.get(peer);
    this.#partners.delete(peer);
    this.#reached.delete(peer);
    partner?.detach();
    this.#look();
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    const isOurs = type === FrameType.Request || type === FrameType.Reply || type === FrameType.Event;
    const partner = isOurs ? this.#partners.get(from) : undefined;
    if (partner === undefined) return isOurs;
    if (type === FrameType.Request) this.#asked(partner, body, now);
    else sparing(() => (type === FrameType.Reply ? partner.answered(body) : this.#told(partner, body)));
    return true;
  }

  tick(now: number): void {
    if (this.#reachAt <= now) this.#reach();
  }

  deadline(): number {
    return this.#reachAt;
  }

  // ---- From the wires -----------------------------------------------------------------------------------

  wanted(wire: number, file: number, first: number, count: number): void {
    this.#on(wire)?.link.wanted(file, first, count);
  }

  chunk(wire: number, file: number, chunk: number, record: Buffer): void {
    this.#on(wire)?.link.chunk(file, chunk, record);
  }

  supplied(wire: number, file: number, chunk: number): void {
    this.#on(wire)?.link.supplied(file, chunk);
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #on(wire: number): Partner | undefined {
    const peer = this.#options.port.peerOf(wire);
    const partner = peer === undefined ? undefined : this.#partners.get(peer);
    partner?.attach();
    return partner;
  }

  #asked(partner: Partner, body: Reader, now: number): void {
    const { request, operation, body: asked } = requestCodec.decode(body);
    try {
      partner.reply(request, this.#desk.answer(partner, operation, asked, now));
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
      partner.refuse(request, error);
    }
  }

  #told(partner: Partner, body: Reader): void {
    const { event, body: told } = eventCodec.decode(body);
    if (event !== EventKind.File) return;
    const file = decodeBody(FileEventBody, told);
    if (this.transfers.peerOf(file.f) === partner.id) this.transfers.told(file);
  }

  async #open(room: Target): Promise<FileRoom> {
    const { port } = this.#options;
    const conversation = await port.open(room);
    const { peer, target } = conversation;
    if (peer !== undefined && !port.isOnline(peer)) throw notThere(target.slice(1));
    return conversation;
  }

  #begin(life: Life, around: Around): Offering {
    const { record } = life;
    const { port } = this.#options;
    const offering: Offering = new Offering({
      ...{ life, around },
      offer: () => this.#offer(life),
      mayRead: (peer) => (record.direct ? record.peer === peer : port.isMember(record.room, peer)),
      ended: () => this.#offerings.delete(offering),
    });
    this.#offerings.add(offering);
    return offering;
  }

  async #offer(life: Life): Promise<void> {
    const { id, name: n, size: s, type: t } = life.record;
    const { self, port } = this.#options;
    const i = Buffer.from(id, 'hex');
    const number = fileNumber(self.key, i);
    await port.offer(life.record, encodeBody({ f: number, i, n, s, t }));
    life.note({ number });
    life.shelve();
  }

  #offering(number: number): Offering | undefined {
    for (const offering of this.#offerings) if (offering.number === number) return offering;
    return undefined;
  }

  #partnerFor(number: number): Partner | undefined {
    const peer = this.#owners.get(number) ?? this.transfers.peerOf(number);
    if (peer === undefined) return undefined;
    this.#owners.set(number, peer);
    const partner = this.#partners.get(peer);
    return partner?.isLinked === true ? partner : undefined;
  }

  /** With whom something is under way is linked, with others no more; once this turn has ended. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#options.turnEnd(() => {
      this.#isLooking = false;
      this.#reach();
    });
  }

  #reach(): void {
    const { clock, port } = this.#options;
    const { partners } = this.transfers;
    for (const peer of this.#reached) {
      if (partners.has(peer)) continue;
      this.#reached.delete(peer);
      port.reach(peer, false);
    }
    for (const peer of partners) {
      const isHeld = this.#partners.has(peer) && this.#reached.has(peer);
      if (isHeld || !port.isOnline(peer)) continue;
      this.#reached.add(peer);
      port.reach(peer, true);
    }
    this.#reachAt = partners.size === 0 ? Number.POSITIVE_INFINITY : clock.now() + REACH_EVERY_MS;
  }
}

/** A body that makes no sense is the fault of who sent it. */
function sparing(take: () => void): void {
  try {
    take();
  } catch (error) {
    if (error instanceof NatterError) throw new Malformed(error.message);
    throw error;
  }
}
