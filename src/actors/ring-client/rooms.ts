import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Message, Target } from '../../chat/events.js';
import { nameKey, parseTarget } from '../../chat/name.js';
import type { FeedEntry, GroupId } from '../../net/ring/entry.js';
import type { PeerId } from '../../net/ring/types.js';
import type { FeedStore, Rows, StoredEntry } from '../../store/feeds/types.js';
import type { StoredLetter } from '../../store/mail/letters.js';
import type { RingGroup } from '../ring/groups.js';
import type { RingPeer } from '../ring/peer.js';
import { Partners } from './partners.js';
import { RingRoom, type Voices } from './room.js';

/** Entries shown when a conversation opens; older ones come when they are asked for. */
const BACKLOG = 200;
const NUMBER_BYTES = 6;

/** A message, and what of it only files need. */
interface Said {
  readonly message: Message;
  readonly author: PeerId;
  readonly body: Buffer;
  /** It came just now. */
  readonly isNew: boolean;
}

export interface RoomsOptions {
  readonly store: FeedStore;
  readonly peer: () => RingPeer;
  readonly voices: Voices;
  readonly wall: () => number;
  /** Name of the founder of a group nearby, or of an interest's group without its sign. */
  readonly nameOfGroup: (group: RingGroup) => string;
  /** Whom somebody means by a name. */
  readonly find: (name: string) => PeerId;
  /** A message that offers a file was shown. */
  readonly offered: (room: RingRoom, message: Message, author: PeerId, body: Buffer, isNew: boolean) => void;
  readonly emit: (event: ClientEvent) => void;
}

/** Every conversation of a peer: its groups, and those with one person alone. */
export class RingRooms {
  readonly #options: RoomsOptions;
  readonly #byTarget = new Map<string, RingRoom>();
  readonly #byGroup = new Map<GroupId, RingRoom>();
  readonly #byPeer = new Map<PeerId, RingRoom>();
  /** Up to where a group was read, and since when one is in it. */
  readonly #cursors: Rows;
  readonly #partners: Partners;
  /** Ids of one's own entries that were shown and are not durable yet. */
  readonly #saying = new Set<string>();
  /** Their `room` event is due; one per turn is enough. */
  readonly #changed = new Set<RingRoom>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#cursors = options.store.rows('cursors');
    this.#partners = new Partners(options.store.rows('partners'));
  }

  get all(): IterableIterator<RingRoom> {
    return this.#byTarget.values();
  }

  group(id: GroupId): RingRoom | undefined {
    return this.#byGroup.get(id);
  }

  find(target: Target): RingRoom | undefined {
    return this.#byTarget.get(nameKey(target));
  }

  /** @throws NatterError NOT_A_MEMBER, or whatever the name is not */
  get(target: Target): RingRoom {
    const { kind, target: spelled } = parseTarget(target);
    const found = this.find(spelled);
    if (found !== undefined) return found;
    if (kind === 'direct') return this.withPerson(this.#options.find(spelled));
    throw new NatterError('NOT_A_MEMBER', `You are not in ${spelled}; /status lists your groups.`);
  }

  /** One is in a group: it opens with what was said there last. */
  enter(group: RingGroup): RingRoom {
    const { store, voices, wall, emit, nameOfGroup } = this.#options;
    const target = group.kind === 'lobby' ? LOBBY_TARGET : nameOfGroup(group);
    const { cursor, since } = this.#cursor(group.id) ?? { cursor: 0, since: wall() };
    const head = store.lastNumber(group.id);
    const room = new RingRoom(this.#free(target), { group }, { cursor, since, head }, voices);
    this.#byGroup.set(group.id, room);
    this.#byTarget.set(nameKey(room.target), room);
    this.#keep(group.id, cursor, since);
    const last = store.history(group.id, 0, BACKLOG);
    this.#open(
      room,
      last.map((stored) => this.#ofEntry(room, stored)),
    );
    emit({ event: 'caughtUp', room: room.target, seq: head });
    return room;
  }

  leave(id: GroupId): RingRoom | undefined {
    const room = this.#byGroup.get(id);
    if (room === undefined) return undefined;
    this.#byGroup.delete(id);
    this.#cursors.delete(id);
    this.#close(room);
    return room;
  }

  /** The conversation with somebody alone, which begins if it has not. @param news the letter with which it comes up */
  withPerson(peer: PeerId, news?: string): RingRoom {
    const known = this.#byPeer.get(peer);
    if (known !== undefined) return known;
    const { voices, emit } = this.#options;
    if (peer === voices.self)
      throw new NatterError('YOURSELF', 'That is yourself; choose somebody else to write to.');
    const { talk } = this.#options.peer().parts;
    talk.begin(peer);
    const head = talk.letters.head(peer);
    const letters = talk.letters.before(peer, head + 1, BACKLOG);
    const said = letters.findLast(({ mine }) => !mine)?.name ?? this.#partners.get(peer);
    const name = voices.nameOf(peer, said);
    this.#partners.put(peer, name);
    const target = this.#free(`@${name}`);
    const at = { cursor: talk.letters.read(peer) ?? 0, since: 0, head };
    const room = new RingRoom(target, { peer }, at, voices);
    room.members = 2;
    this.#byPeer.set(peer, room);
    this.#byTarget.set(nameKey(target), room);
    this.#open(
      room,
      letters.map((letter) => ({ ...this.#ofLetter(room, letter), isNew: letter.id === news })),
    );
    emit({ event: 'caughtUp', room: target, seq: head });
    return room;
  }

  /** Hides a private conversation; it comes back with the next word. */
  hide(room: RingRoom): void {
    if (room.peer !== undefined) this.#byPeer.delete(room.peer);
    this.#close(room);
  }

  /** One's own entry is about to be kept: it is shown at once. */
  saying(entry: FeedEntry): void {
    const room = this.#byGroup.get(entry.group.toString('hex'));
    if (room === undefined) return;
    this.#saying.add(entry.id.toString('hex'));
    const message: Message = { ...room.entry(entry, 0), delivery: 'sending' };
    this.#options.emit({ event: 'message', message, history: false });
  }

  /** One's own entry could not be kept. */
  unsaid(entry: FeedEntry, reason: string): void {
    const room = this.#byGroup.get(entry.group.toString('hex'));
    if (!this.#saying.delete(entry.id.toString('hex')) || room === undefined) return;
    const message: Message = { ...room.entry(entry, 0), delivery: 'failed', reason };
    this.#options.emit({ event: 'delivery', message });
  }

  entry(entry: FeedEntry, number: number): void {
    const room = this.#byGroup.get(entry.group.toString('hex'));
    if (room === undefined) return;
    const said = this.#ofEntry(room, { entry, number });
    const { message } = said;
    if (!this.#saying.delete(message.id)) {
      this.#say(room, said);
      return;
    }
    room.count(message);
    this.#options.emit({ event: 'delivery', message });
    this.touch(room);
  }

  letter(letter: StoredLetter): void {
    const known = this.#byPeer.get(letter.peer);
    // A conversation that opens now begins with this very letter.
    if (known === undefined) this.withPerson(letter.peer, letter.id);
    else this.#say(known, this.#ofLetter(known, letter));
  }

  delivery(letter: StoredLetter, was: string | undefined): void {
    const room = this.#byPeer.get(letter.peer);
    if (room === undefined) return;
    const message = room.letter(letter);
    this.#options.emit({ event: 'delivery', message, ...(was === undefined ? {} : { was }) });
  }

  /** Older entries than that number, as history. */
  history(room: RingRoom, before: number, count: number): void {
    const { store, peer } = this.#options;
    const { letters } = peer().parts.talk;
    const until = before > 0 ? before : room.head + 1;
    const said =
      room.group === undefined
        ? letters.before(room.peer ?? '', until, count).map((letter) => this.#ofLetter(room, letter))
        : store.history(room.group.id, before, count).map((stored) => this.#ofEntry(room, stored));
    for (const each of said) this.#show(room, each, true);
    if (said.length < count) this.#options.emit({ event: 'beginning', room: room.target });
  }

  /** Everything that came behind that number. */
  since(room: RingRoom, after: number): void {
    const { store, peer } = this.#options;
    const { letters } = peer().parts.talk;
    const said =
      room.group === undefined
        ? letters.after(room.peer ?? '', after, BACKLOG).map((letter) => this.#ofLetter(room, letter))
        : store.after(room.group.id, after, BACKLOG).map((stored) => this.#ofEntry(room, stored));
    for (const each of said) this.#show(room, each, false);
  }

  read(room: RingRoom, seq: number): void {
    if (!room.unread.move(Math.min(seq, room.head))) return;
    this.touch(room);
    const { cursor } = room.unread;
    if (room.group !== undefined) this.#keep(room.group.id, cursor, room.since);
    else if (room.peer !== undefined) this.#options.peer().parts.talk.read(room.peer, cursor);
  }

  touch(room: RingRoom): void {
    this.#changed.add(room);
  }

  /** Gives out the `room` events that became due in this turn. */
  settle(): void {
    for (const room of this.#changed) this.#options.emit({ event: 'room', room: room.room() });
    this.#changed.clear();
  }

  #ofEntry(room: RingRoom, { entry, number }: StoredEntry): Said {
    return {
      message: room.entry(entry, number),
      author: entry.author.toString('hex'),
      body: entry.body,
      isNew: false,
    };
  }

  #ofLetter(room: RingRoom, letter: StoredLetter): Said {
    const { mine, peer, body } = letter;
    const author = mine ? this.#options.voices.self : peer;
    return { message: room.letter(letter), author, body, isNew: false };
  }

  #open(room: RingRoom, said: readonly Said[]): void {
    const { emit } = this.#options;
    for (const { message } of said) if (message.seq > room.unread.cursor) room.count(message);
    emit({ event: 'room', room: room.room() });
    for (const each of said) this.#show(room, each, false);
    if (said.length < BACKLOG) emit({ event: 'beginning', room: room.target });
  }

  #show(room: RingRoom, { message, author, body, isNew }: Said, history: boolean): void {
    const { emit, offered } = this.#options;
    emit({ event: 'message', message, history });
    if (message.file !== undefined) offered(room, message, author, body, isNew);
  }

  #close(room: RingRoom): void {
    this.#byTarget.delete(nameKey(room.target));
    this.#changed.delete(room);
    this.#options.emit({ event: 'left', room: room.target });
  }

  /** Something new. */
  #say(room: RingRoom, said: Said): void {
    room.count(said.message);
    this.#show(room, { ...said, isNew: true }, false);
    this.touch(room);
  }

  /** Two people of one name, one after the other, are two conversations. */
  #free(target: Target): Target {
    let free = target;
    for (let n = 2; this.#byTarget.has(nameKey(free)); n++) free = `${target}.${n}`;
    return free;
  }

  #cursor(id: GroupId): { readonly cursor: number; readonly since: number } | undefined {
    const bytes = this.#cursors.get(id);
    if (bytes === undefined) return undefined;
    return {
      cursor: bytes.readUIntBE(0, NUMBER_BYTES),
      since: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
    };
  }

  #keep(id: GroupId, cursor: number, since: number): void {
    const bytes = Buffer.alloc(2 * NUMBER_BYTES);
    bytes.writeUIntBE(cursor, 0, NUMBER_BYTES);
    bytes.writeUIntBE(since, NUMBER_BYTES, NUMBER_BYTES);
    this.#cursors.put(id, bytes);
  }
}

export const LOBBY_TARGET = '#lobby';
