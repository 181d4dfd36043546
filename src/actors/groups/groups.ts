import { NatterError } from '../../chat/error.js';
import { type Cell, isWithin } from '../../chat/geo.js';
import { parseTarget } from '../../chat/name.js';
import { NAME_TYPED_MAX_BYTES } from '../../chat/schemas.js';
import { encodeBody } from '../../chat/wire.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ACCOUNT_ID_BYTES, AUTHOR_MAX_BYTES } from '../../net/constants.js';
import { askRegistry } from '../asking.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { GroupsMessage, RegistryMessage, RoomMessage } from '../messages.js';
import { rateLimited } from '../refusal.js';
import type * as Registry from '../registry/bodies.js';
import { idKey, LOBBY } from '../registry/state.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { DeathReason } from '../runtime/cells.js';
import type { FindRequest, NearRequest } from './bodies.js';
import { Enrolments } from './enrolments.js';
import { Moves } from './moves.js';
import type { Neighbour } from './neighbour.js';
import { aboutOf, Neighbours } from './neighbours.js';

/** Whose connection was lost is still near for so long: a laptop that sleeps over lunch loses no group by it. */
const LINGER_MS = 10 * 60 * 1000;
/** After a goodbye. A client that changes from one connection to the next says one too. */
const GOODBYE_MS = 5_000;
const CELL_MAX_BYTES = 5;
/** By then a session's last word is here, or lost. */
const EXIT_MS = 1_000;
const LOBBY_ROOM = { kind: Kind.Room, key: LOBBY } as const;
const NOTHING = new Uint8Array();

export interface GroupsOptions {
  readonly lingerMs?: number;
  /** Takes errors that nobody waits for. */
  readonly report: (error: Error) => void;
}

/** What a session says of itself. `account` is valid only while the message is handled. */
interface Told {
  readonly conn: number;
  readonly account: Buffer;
  readonly name: string;
  readonly cell: Cell | '';
  /** When it was told, ms since 1970; 0: this connection has told no place. */
  readonly at: number;
}

/**
 * Who is near whom, and who has which interests. Places are known here alone, to a cell, in memory, as long as
 * people are here and a little longer. What follows from them is decided here, one thing after the other, so that
 * whoever moves while a group is founded ends where they belong; rooms and registry make it last.
 */
export class GroupsActor implements Actor {
  readonly #context: ActorContext;
  readonly #lingerMs: number;
  readonly #report: (error: Error) => void;
  readonly #people = new Neighbours();
  readonly #enrolments: Enrolments;
  readonly #moves = new Moves();
  readonly #reader = new Reader();
  #serial: Promise<unknown> = Promise.resolve();

  constructor(context: ActorContext, { lingerMs = LINGER_MS, report }: GroupsOptions) {
    this.#context = context;
    this.#lingerMs = lingerMs;
    this.#report = report;
    this.#enrolments = new Enrolments(context);
    // Whoever was near when an earlier life of this actor ended, and did not come back, is near no more.
    context.clock.setTimeout(() => this.#do(() => this.#sweep()), lingerMs);
  }

  describe() {
    return { state: 'counting', facts: { people: this.#people.size } };
  }

  receive(message: Message): void {
    const reader = this.#reader.reset(message.body);
    switch (message.type) {
      case GroupsMessage.Enter:
        this.#enter(toldIn(reader));
        return;
      case GroupsMessage.Exit:
        this.#exit(reader.varint(), reader.u8() === 1);
        return;
      case GroupsMessage.Here:
        this.#here(toldIn(reader), message);
        return;
      case GroupsMessage.Near: {
        const body = unpackCbor<NearRequest>(message.body);
        this.#answer(message, () => this.#found(body));
        return;
      }
      case GroupsMessage.Find: {
        const body = unpackCbor<FindRequest>(message.body);
        // An interest has nothing to do with places: it waits for nobody.
        if (body.n.trimStart().startsWith('+')) this.#reply(message, this.#openInterest(body));
        else this.#answer(message, () => this.#find(body));
        return;
      }
      case GroupsMessage.Tags:
        this.#context.reply(message, packCbor(this.#people.tags(this.#context.clock.now())));
        return;
      case GroupsMessage.Shared:
        this.#context.reply(message, packCbor(this.#people.shared(reader.text(NAME_TYPED_MAX_BYTES))));
        return;
      case GroupsMessage.Changed:
        this.#changed(reader.bytes(ACCOUNT_ID_BYTES));
        return;
      case SystemMessage.Terminated:
        // Only sessions are watched.
        reader.u8();
        this.#ended(reader.u48(), reader.u8());
    }
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  #enter({ conn, account, name, cell, at }: Told): void {
    const before = this.#people.byConn(conn);
    if (before && !before.account.equals(account)) this.#exit(conn, true);
    const isBack = this.#people.find(account)?.isHere !== true;
    const neighbour = this.#people.enter(conn, account, name);
    if (before !== neighbour) {
      this.#context.watch({ kind: Kind.Session, key: conn });
      void this.#do(() => this.#learn(neighbour));
    }
    // Whoever saw them go has forgotten what they share.
    if (isBack && neighbour.shares) this.#tell(neighbour);
    if (at > 0 && at >= neighbour.at) this.#place(neighbour, conn, cell, at);
  }

  #exit(conn: number, isGoodbye: boolean): void {
    const neighbour = this.#people.exit(conn);
    if (!neighbour) return;
    this.#context.unwatch({ kind: Kind.Session, key: conn });
    const isPlaceless = neighbour.cell === '';
    if (isPlaceless) this.#people.forget(neighbour);
    else if (neighbour.toldBy === conn) this.#forgetLater(neighbour, isGoodbye ? GOODBYE_MS : this.#lingerMs);
  }

  /** A session that stopped has said how, but its word is on the slower lane. */
  #ended(conn: number, reason: number): void {
    if (reason !== DeathReason.Stopped) this.#exit(conn, false);
    else this.#context.clock.setTimeout(() => this.#exit(conn, false), EXIT_MS);
  }

  #place(neighbour: Neighbour, conn: number, cell: Cell | '', at: number): void {
    this.#context.clock.clearTimeout(neighbour.timer);
    neighbour.at = at;
    neighbour.toldBy = conn;
    this.#move(neighbour, cell);
  }

  #move(neighbour: Neighbour, cell: Cell | ''): void {
    const isElsewhere = neighbour.cell !== cell;
    neighbour.cell = cell;
    this.#people.list(neighbour);
    if (isElsewhere) this.#tell(neighbour);
    // Also in the same place: groups may have been founded there while they were gone.
    void this.#do(() => this.#enrolments.settle(neighbour.account, neighbour.cell));
  }

  #forgetLater(neighbour: Neighbour, ms: number): void {
    const { clock } = this.#context;
    clock.clearTimeout(neighbour.timer);
    neighbour.timer = clock.setTimeout(() => {
      this.#move(neighbour, '');
      this.#people.forget(neighbour);
    }, ms);
  }

  /** Of accounts that are in a group and told no place to this life of the actor. */
  async #sweep(): Promise<void> {
    const { GeoMembers: type } = RegistryMessage;
    const { a } = await askRegistry<Registry.GeoMembers>(this.#context, type, {});
    for (const each of a) {
      const account = Buffer.from(each);
      if ((this.#people.find(account)?.cell ?? '') === '') await this.#enrolments.settle(account, '');
    }
  }

  // ---- Interests ----------------------------------------------------------------------------------------

  #changed(account: Uint8Array): void {
    const neighbour = this.#people.find(account);
    if (neighbour) void this.#do(() => this.#learn(neighbour));
  }

  async #learn(neighbour: Neighbour): Promise<void> {
    const of: Registry.AccountOnly = { a: neighbour.account };
    const { Interests: type } = RegistryMessage;
    const { i } = await askRegistry<Registry.InterestsReply>(this.#context, type, of);
    if (i.join(' ') === neighbour.tags.join(' ')) return;
    neighbour.tags = i;
    this.#people.list(neighbour);
    this.#tell(neighbour);
  }

  /** Shows everybody what somebody shares now. */
  #tell(neighbour: Neighbour): void {
    if (!neighbour.isHere) return;
    neighbour.version = Math.max(neighbour.version + 1, this.#context.clock.wall());
    const writer = new Writer(128).text(neighbour.name).varint(neighbour.version);
    this.#context.tell(LOBBY_ROOM, RoomMessage.About, writer.bytes(encodeBody(aboutOf(neighbour))).view());
  }

  // ---- What is asked ------------------------------------------------------------------------------------

  #here(told: Told, message: Message): void {
    const waitMs = this.#moves.take(idKey(told.account), told.cell, this.#context.clock.now());
    if (waitMs > 0) {
      this.#context.refuse(message, rateLimited(waitMs));
      return;
    }
    this.#enter(told);
    // What follows from it is queued, and the answer behind it.
    this.#answer(message, async () => NOTHING);
  }

  /** @throws NatterError NOT_ALLOWED without a place */
  async #found({ a, k, p }: NearRequest): Promise<Uint8Array> {
    const cell = this.#people.find(a)?.cell ?? '';
    if (cell === '') throw nowhere();
    const account = Buffer.from(a);
    const founding: Registry.GeoFound = { a, c: cell, k, p };
    const { GeoFound: type } = RegistryMessage;
    const { l, o } = await askRegistry<Registry.GeoFounded>(this.#context, type, founding);
    if (o !== undefined) await this.#enrolments.dismantle(o);
    await this.#enrolments.enrol(l, [account], true);
    await this.#enrolments.enrol(l, this.#people.within(cell, k), false);
    return packCbor({ l });
  }

  /** @throws NatterError NAME_*, NOT_ALLOWED, RATE_LIMITED */
  async #openInterest(open: FindRequest): Promise<Uint8Array> {
    const { InterestOpen: type } = RegistryMessage;
    return packCbor(await askRegistry<Registry.ByLog>(this.#context, type, open));
  }

  /** @throws NatterError NO_SUCH_ROOM, NO_SUCH_USER, NOT_ALLOWED */
  async #find({ a, n, p }: FindRequest): Promise<Uint8Array> {
    const { name } = parseTarget(n);
    const open: Registry.RoomOpen = { a, n: name, p };
    const { GeoByName: type } = RegistryMessage;
    const { l, c, k, m } = await askRegistry<Registry.GeoFoundBy>(this.#context, type, open);
    if (m) return packCbor({ l });
    const cell = this.#people.find(a)?.cell ?? '';
    if (cell === '') throw nowhere();
    if (!isWithin(cell, c, k))
      throw new NatterError(
        'NOT_ALLOWED',
        `You are not within ${k} km of where ~${name} was founded; /near KM founds a group around you.`,
      );
    await this.#enrolments.enrol(l, [Buffer.from(a)], true);
    return packCbor({ l });
  }

  // ---- One after the other ------------------------------------------------------------------------------

  #answer(message: Message, run: () => Promise<Uint8Array>): void {
    this.#reply(message, this.#queue(run));
  }

  #reply(message: Message, answer: Promise<Uint8Array>): void {
    const held = this.#context.hold(message);
    answer.then(
      (body) => this.#context.reply(held, body),
      (error: Error) => this.#context.refuse(held, error),
    );
  }

  /** As `#queue`, for what nobody waits for. */
  async #do(run: () => Promise<void>): Promise<void> {
    await this.#queue(run).catch((error: Error) => this.#report(error));
  }

  #queue<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#serial.then(run);
    this.#serial = done.catch(() => undefined);
    return done;
  }
}

function toldIn(reader: Reader): Told {
  const conn = reader.varint();
  const account = reader.bytes(ACCOUNT_ID_BYTES);
  const name = reader.text(AUTHOR_MAX_BYTES);
  return { conn, account, name, cell: reader.text(CELL_MAX_BYTES), at: reader.varint() };
}

function nowhere(): NatterError {
  return new NatterError(
    'NOT_ALLOWED',
    'Nobody knows where you are; say it first: /where LAT,LON or /where CITY, or --at or --city at the start.',
  );
}
