import type { ClientEvent, Group, Person, Presence } from '../../chat/events.js';
import { isCell } from '../../chat/geo.js';
import { isTag } from '../../chat/tag.js';
import { PeerState } from '../../net/ring/constants.js';
import type { GroupId } from '../../net/ring/entry.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';
import { LOBBY, type RingGroup } from '../ring/groups.js';
import type { RingPeer } from '../ring/peer.js';
import type { Names } from './names.js';
import { LOBBY_TARGET, type RingRooms } from './rooms.js';

/** People warned of a look-alike once each. */
const WARNED_MAX = 1_000;

export interface PresenceOptions {
  readonly peer: () => RingPeer;
  readonly names: Names;
  readonly rooms: RingRooms;
  /** Somebody else is in a group in which one was alone. */
  readonly joined: (group: RingGroup, target: string, by: string) => void;
  readonly emit: (event: ClientEvent) => void;
}

/** Who is there and in which groups, as people are told. */
export class RingPresence {
  readonly #options: PresenceOptions;
  /** Groups as they were told last. */
  readonly #told = new Map<GroupId, string>();
  readonly #warned = new Set<PeerId>();
  #isChanged = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Somebody is there, gone, or seen otherwise. */
  person(id: PeerId): void {
    const { names, peer } = this.#options;
    const { roster } = peer().people;
    const shown = roster.shown(id);
    const record = shown ?? roster.get(id)?.record;
    if (record === undefined) return;
    const before = names.of(id);
    const wasKnown = names.knows(id);
    const renamed = names.set(id, record.name, shown !== undefined);
    const now = names.of(id);
    this.#tell(now, record, shown === undefined ? 'offline' : stateOf(record));
    if (wasKnown && before !== now) this.#tell(before, record, 'offline');
    for (const one of renamed) {
      const other = roster.shown(one.id);
      if (other === undefined) continue;
      // First the new name: whoever knows people by their keys then sees that nobody has gone.
      this.#tell(one.now, other, stateOf(other));
      this.#tell(one.before, other, 'offline');
      if (one.id === peer().self) this.#tellSelf(one.now, other.name);
    }
    if (shown !== undefined) this.#warn(id);
    this.#isChanged = true;
  }

  /** A group's members may be others now. */
  changed(): void {
    this.#isChanged = true;
  }

  /** Tells of groups whose members have changed in this turn. */
  settle(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const { peer, names, rooms, joined, emit } = this.#options;
    const mine = new Set<GroupId>();
    for (const ring of peer().groups.mine) {
      const room = rooms.group(ring.id);
      if (room === undefined) continue;
      mine.add(ring.id);
      const group = this.group(ring, room.target);
      const text = JSON.stringify(group);
      if (this.#told.get(ring.id) === text) continue;
      this.#told.set(ring.id, text);
      emit({ event: 'group', ...group });
      if (room.members === group.members.length) continue;
      const [other] = group.members.filter((user) => user !== names.of(peer().self));
      if (room.members <= 1 && other !== undefined) joined(ring, room.target, other);
      room.members = group.members.length;
      rooms.touch(room);
    }
    for (const id of this.#told.keys()) if (!mine.has(id)) this.#told.delete(id);
  }

  group(ring: RingGroup, target: string): Group {
    const { names } = this.#options;
    const members = this.members(ring)
      .map(({ contact }) => names.of(contact.id))
      .sort();
    const { founding } = ring;
    return {
      group: target,
      kind: ring.kind,
      members,
      ...(founding === undefined ? {} : { by: names.of(founding.founder, founding.name), km: founding.km }),
    };
  }

  /** Everybody in it who is there, oneself too. */
  members(ring: RingGroup): PeerRecord[] {
    const { groups, people } = this.#options.peer();
    return [...people.roster.present].filter((record) => groups.isMember(ring, record));
  }

  /** Who is there, or in one group. */
  people(ring: RingGroup = LOBBY): Person[] {
    const { names } = this.#options;
    return this.members(ring)
      .map((record) => this.#person(names.of(record.contact.id), record, stateOf(record)))
      .sort((a, b) => (a.user < b.user ? -1 : 1));
  }

  /** One of those who are known, here or not. */
  named(id: PeerId): Person {
    const author = this.#options.names.fingerprintOf(id);
    const found = this.people().find((person) => person.author === author);
    return found ?? { user: this.#options.names.of(id), state: 'offline', author };
  }

  #tell(user: string, record: PeerRecord, state: Presence): void {
    const { emit } = this.#options;
    emit({ event: 'presence', room: LOBBY_TARGET, ...this.#person(user, record, state) });
  }

  /** One's own name is written otherwise, for others too. */
  #tellSelf(now: string, name: string): void {
    const text =
      now === name
        ? `Others see you as ${now} again.`
        : `Somebody else here is called ${name} or nearly so: others see you as ${now}.`;
    this.#options.emit({ event: 'notice', text });
  }

  #person(user: string, record: PeerRecord, state: Presence): Person {
    return {
      user,
      state,
      author: this.#options.names.fingerprintOf(record.contact.id),
      ...(isCell(record.cell) ? { near: record.cell } : {}),
      interests: record.interests.filter(isTag),
    };
  }

  /** A name that only looks like another's is named once: it may be meant to be mistaken. */
  #warn(id: PeerId): void {
    const { names, emit } = this.#options;
    const [other] = names.lookalikes(id);
    if (other === undefined || this.#warned.has(id) || this.#warned.size >= WARNED_MAX) return;
    this.#warned.add(id);
    emit({
      event: 'notice',
      text: `${names.of(id)} only looks like ${other}: they are two people, told apart by their marks.`,
    });
  }
}

function stateOf(record: PeerRecord): Presence {
  return record.state === PeerState.Away ? 'away' : 'online';
}
