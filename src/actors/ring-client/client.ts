import { formatAddress } from '../../chat/address.js';
import { NatterError } from '../../chat/error.js';
import type {
  ClientCommands,
  ClientEvent,
  DrawnPeer,
  GroupCommands,
  MessageKind,
  Person,
  RingCommands,
  RingStatus,
  Room,
  Target,
} from '../../chat/events.js';
import { PeerState } from '../../net/ring/constants.js';
import type { PathAddress } from '../../net/types.js';
import { EventBatch } from '../client/batch.js';
import type { Disk } from '../client/files/disk.js';
import type { RingFiles } from '../ring/files/files.js';
import { LOBBY, type RingGroup } from '../ring/groups.js';
import type { Profile } from '../ring/own-record.js';
import { RingPeer, type RingPeerOptions } from '../ring/peer.js';
import { fileRoom, Offers, openFiles } from './files.js';
import { Names } from './names.js';
import { type Gazetteer, Nearby } from './nearby.js';
import { RingPresence } from './presence.js';
import { LOBBY_TARGET, RingRooms } from './rooms.js';
import { againText, type Shared } from './shared.js';
import { Speech } from './speech.js';
import { Standing } from './standing.js';
import { Warnings } from './warnings.js';

export interface RingClientOptions extends Omit<RingPeerOptions, 'port' | 'broadcast'> {
  readonly gazetteer: Gazetteer;
  /** What was shared last time, and is to be next time; undefined where nothing is to be kept of it. */
  readonly shared?: Shared;
  /** An invite link with these addresses. */
  readonly invite: (addresses: readonly PathAddress[]) => string;
  /** Files to send, the folder they land in, and what is remembered of them. */
  readonly disk: () => Disk;
  /** Events in order, one batch per turn. */
  readonly onEvent: (events: ClientEvent[]) => void;
}

/** A peer of the ring as a screen, a script or a test sees it: the same commands and events as a server's client. */
export class RingClient implements ClientCommands, GroupCommands, RingCommands {
  readonly peer: RingPeer;
  readonly #options: RingClientOptions;
  readonly #batch: EventBatch;
  readonly #names = new Names();
  readonly #rooms: RingRooms;
  readonly #presence: RingPresence;
  readonly #standing: Standing;
  readonly #nearby: Nearby;
  readonly #speech: Speech;
  readonly #offers: Offers;
  readonly #files: RingFiles;
  /** What is shared as it was last time. */
  readonly #again: Pick<Profile, 'cell' | 'interests'>;
  #isLeaving = false;
  #leaving: Promise<void> | undefined;

  constructor(options: RingClientOptions) {
    const { world, community, profile: given, store, mail, bootstrap, gazetteer, shared, onEvent } = options;
    this.#options = options;
    this.#again = shared?.restored(given) ?? { cell: '', interests: [] };
    const profile = {
      ...given,
      cell: given.cell || this.#again.cell,
      interests: [...given.interests, ...this.#again.interests],
    };
    const turnEnd = (run: () => void) => world.turnEnd(run);
    this.#batch = new EventBatch(turnEnd, () => this.#settle(), onEvent);
    const emit = (event: ClientEvent) => this.#batch.add(event);
    const peer = () => this.peer;
    const names = this.#names;
    this.#rooms = new RingRooms({
      store,
      peer,
      wall: () => world.clock.wall(),
      voices: {
        self: world.identity.publicKey.toString('hex'),
        nick: profile.name,
        nameOf: (id, said) => names.of(id, said),
        fingerprintOf: (id) => names.fingerprintOf(id),
      },
      nameOfGroup: (group) => this.#nameOfGroup(group),
      find: (name) => names.find(name),
      offered: (room, message, author, body, isNew) =>
        this.#files.seen(fileRoom(room), message, author, body, isNew),
      emit,
    });
    this.#speech = new Speech({ peer, rooms: this.#rooms, rows: store.rows('keys') });
    this.#presence = new RingPresence({
      peer,
      names,
      rooms: this.#rooms,
      joined: (group, target, by) => this.#nearby.joined(group, target, by),
      emit,
    });
    const warnings = new Warnings({ clock: world.clock, names, emit });
    this.#standing = new Standing({ clock: world.clock, peer, names, emit });
    this.#nearby = new Nearby({
      peer,
      names,
      rooms: this.#rooms,
      presence: this.#presence,
      gazetteer,
      keep: () => shared?.keep(this.peer.people.own),
      emit,
    });
    this.peer = new RingPeer({
      world,
      community,
      profile,
      store,
      mail,
      bootstrap,
      port: {
        entry: (entry, number) => this.#rooms.entry(entry, number),
        letter: (letter) => {
          this.#rooms.letter(letter);
          this.#offers.letter(letter);
        },
        delivery: (letter, was) => this.#rooms.delivery(letter, was),
        person: (id) => {
          if (this.#isLeaving) return;
          this.#presence.person(id);
          if (this.peer.people.roster.shown(id) !== undefined) this.#files.appeared(id);
          this.#standing.changed();
        },
        entered: (group) => {
          this.#nearby.entered(group, this.#rooms.enter(group));
          this.#presence.changed();
        },
        left: (group, isDismantled) => {
          const room = this.#rooms.leave(group.id);
          if (room !== undefined) this.#nearby.left(group, room.target, isDismantled);
        },
        founded: () => this.#presence.changed(),
        // Whoever leaves is not alone in the ring by that.
        stands: () => {
          if (!this.#isLeaving) this.#standing.changed();
        },
        misdated: (aheadMs) => warnings.misdated(aheadMs),
        foreign: (at) => warnings.foreign(at),
        forked: (entry) => warnings.forked(entry),
      },
    });
    this.#offers = new Offers(this.peer, this.#rooms);
    this.#files = openFiles({
      world,
      community,
      peer: this.peer,
      rooms: this.#rooms,
      offers: this.#offers,
      disk: options.disk,
      emit,
    });
    this.peer.attach(this.#files);
  }

  /** Opens what is kept, and looks for the others. */
  begin(): void {
    const { world, profile, bootstrap } = this.#options;
    this.#batch.add({ event: 'link', state: 'live', lagMs: 0, sinceMs: 0, detail: '' });
    const account = world.identity.publicKey.toString('hex');
    this.#batch.add({ event: 'welcome', user: profile.name, account });
    this.#names.set(this.peer.self, profile.name, true);
    this.#rooms.enter(LOBBY);
    for (const { peer } of this.peer.parts.talk.letters.conversations()) this.#rooms.withPerson(peer);
    this.#files.begin();
    this.#options.shared?.keep(this.peer.people.own);
    void this.#tellAgain();
    this.peer.begin();
    this.#standing.begin(bootstrap);
    this.#presence.changed();
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  async login(): Promise<{ user: string }> {
    return { user: this.peer.people.own.name };
  }

  async probe(): Promise<never> {
    throw needsServer('A server is looked at');
  }

  quit(_ms: number): Promise<void> {
    this.#leaving ??= new Promise((resolve) => {
      // Before the peer is told: what it says while it leaves is not news.
      this.#isLeaving = true;
      this.#files.close();
      this.peer.leave(() => {
        this.#batch.flush();
        resolve();
      });
    });
    return this.#leaving;
  }

  // ---- Conversations ------------------------------------------------------------------------------------

  async join(room: Target): Promise<Room> {
    if (room.startsWith('+')) return this.#nearby.interest(room.slice(1));
    return this.#rooms.get(room).room();
  }

  async leave(target: Target): Promise<void> {
    const room = this.#rooms.get(target);
    if (room.group === undefined) this.#rooms.hide(room);
    else if (room.group.kind === 'interest') this.#nearby.forget(room.group.tag);
    else if (room.group.kind === 'geo')
      throw new NatterError('NOT_ALLOWED', 'You are in this group as long as you are near it.');
    else throw new NatterError('NOT_ALLOWED', 'Everybody is in the lobby; /quit leaves the ring.');
  }

  async follow(target: Target, since?: number): Promise<Room> {
    const room = this.#rooms.get(target);
    const followed = room.room();
    if (since !== undefined) this.#rooms.since(room, since);
    return followed;
  }

  async history(target: Target, before: number, count: number): Promise<void> {
    this.#rooms.history(this.#rooms.get(target), before, count);
  }

  async read(target: Target, seq: number): Promise<void> {
    this.#rooms.read(this.#rooms.get(target), seq);
    this.#batch.touch();
  }

  async topic(): Promise<void> {
    throw needsServer('A topic is kept');
  }

  // ---- Talking ------------------------------------------------------------------------------------------

  async say(target: Target, text: string, kind: MessageKind, key = ''): Promise<string> {
    return this.#speech.say(target, text, kind, key);
  }

  async retry(id: string): Promise<void> {
    this.peer.parts.talk.retry(id);
  }

  async discard(id: string): Promise<void> {
    this.peer.parts.talk.discard(id);
  }

  /** Nobody is told: it would have to go round the whole ring. */
  async typing(): Promise<void> {}

  // ---- People -------------------------------------------------------------------------------------------

  async away(on: boolean): Promise<void> {
    this.peer.change({ state: on ? PeerState.Away : PeerState.Online });
  }

  async who(target?: Target): Promise<readonly Person[]> {
    const room = target === undefined ? undefined : this.#rooms.get(target);
    // Of two alone the key tells who it is: the other one may have come to be written otherwise.
    const other = room?.room().author;
    const members =
      other === undefined
        ? this.#presence.people(room?.group)
        : this.#presence.people().filter(({ author }) => author === other);
    this.#batch.add({ event: 'members', room: room?.target ?? LOBBY_TARGET, members });
    return members;
  }

  person = async (name: string): Promise<Person> => this.#presence.named(this.#names.find(name));

  async rooms(): Promise<readonly { name: string; topic: string; members: number }[]> {
    const rooms = [...this.#rooms.all]
      .filter(({ group }) => group !== undefined)
      .map(({ target, members }) => ({ name: target, topic: '', members }));
    this.#batch.add({ event: 'directory', rooms });
    return rooms;
  }

  // ---- Groups and the ring ------------------------------------------------------------------------------

  locate: GroupCommands['locate'] = (at) => this.#nearby.locate(at);
  location = () => this.#nearby.location();
  near = (km?: number) => this.#nearby.near(km);
  interest = (tag?: string) => this.#nearby.interest(tag);
  groups = () => this.#nearby.groups();
  tags = () => this.#nearby.tags();

  async invite(): Promise<string> {
    return this.#options.invite(this.peer.people.own.contact.addresses);
  }

  async addresses(): Promise<readonly string[]> {
    const { addresses } = this.peer.people.own.contact;
    return addresses.map(({ address, port }) => formatAddress({ host: address, port }));
  }

  async ringStatus(): Promise<RingStatus> {
    return this.#standing.status();
  }

  async ringView(): Promise<readonly DrawnPeer[]> {
    return this.#standing.view();
  }

  // ---- Files --------------------------------------------------------------------------------------------

  sendFile = (room: Target, path: string) => this.#files.transfers.send(room, path);
  acceptFile = (id: string, into?: string) => this.#files.transfers.accept(id, into);
  rejectFile = (id: string) => this.#files.transfers.reject(id);
  pauseFile = (id: string) => this.#files.transfers.pause(id);
  resumeFile = (id: string) => this.#files.transfers.resume(id);
  cancelFile = (id: string) => this.#files.transfers.cancel(id);
  trust = (user: string, on: boolean) => this.#files.transfers.trust(user, on);
  transfers = () => this.#files.transfers.list();
  offers = () => this.#files.transfers.offers();

  // ---- What only a server has ---------------------------------------------------------------------------

  async changePassword(): Promise<void> {
    throw needsServer('A password is kept');
  }

  async devices(): Promise<never> {
    throw needsServer('Devices are kept');
  }

  async forgetDevice(): Promise<void> {
    throw needsServer('Devices are kept');
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #settle(): void {
    this.#presence.settle();
    this.#rooms.settle();
  }

  #nameOfGroup({ tag, founding }: RingGroup): Target {
    if (founding === undefined) return `+${tag}`;
    return `~${this.#names.of(founding.founder, founding.name)}`;
  }

  async #tellAgain(): Promise<void> {
    const { cell, interests } = this.#again;
    if (cell === '' && interests.length === 0) return;
    const city = cell === '' ? '' : await this.#options.gazetteer.nearest(cell);
    this.#batch.add({ event: 'notice', text: againText(city, interests) });
  }
}

function needsServer(what: string): NatterError {
  return new NatterError('NOT_ALLOWED', `${what} by a server; the ring has none.`);
}
