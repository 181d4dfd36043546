import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Group, GroupCommands, Location, Room } from '../../chat/events.js';
import { checkRadius, isCell } from '../../chat/geo.js';
import { isTag, parseTag } from '../../chat/tag.js';
import { INTERESTS_MAX } from '../../net/ring/constants.js';
import { FOUNDING_KIND, FOUNDINGS_GROUP, foundingCodec, interestGroup } from '../../net/ring/groups.js';
import { dismantledText, enrolledText, movedOutText } from '../group-words.js';
import type { Founded, RingGroup } from '../ring/groups.js';
import type { Profile } from '../ring/own-record.js';
import type { RingPeer } from '../ring/peer.js';
import { Sequencer } from '../sequencer.js';
import type { Names } from './names.js';
import type { RingPresence } from './presence.js';
import type { RingRoom } from './room.js';
import type { RingRooms } from './rooms.js';

/** Finds cities (actors/jobs/cities.ts). */
export interface Gazetteer {
  /** @throws NatterError BAD_ARGUMENT */
  locate(at: Parameters<GroupCommands['locate']>[0] & object): Promise<Location>;
  /** The city nearest to a cell. */
  nearest(cell: string): Promise<string>;
}

export interface NearbyOptions {
  readonly peer: () => RingPeer;
  readonly rooms: RingRooms;
  readonly presence: RingPresence;
  readonly names: Names;
  readonly gazetteer: Gazetteer;
  /** What one shares has changed. */
  readonly keep: () => void;
  readonly emit: (event: ClientEvent) => void;
}

/** Groups of people nearby and like-minded: by what one says of oneself, and what others say. */
export class Nearby implements GroupCommands {
  readonly #options: NearbyOptions;
  /** The interest and the group nearby that one was in last. */
  #tag = '';
  #geo: RingGroup | undefined;
  /** A city takes its time to be found: what is asked meanwhile of one's place is about that one. */
  readonly #places = new Sequencer();

  constructor(options: NearbyOptions) {
    this.#options = options;
  }

  locate(at: Parameters<GroupCommands['locate']>[0]): Promise<Location | undefined> {
    const { peer, gazetteer } = this.#options;
    return this.#places.run(async () => {
      const location = at === undefined ? undefined : await gazetteer.locate(at);
      const cell = location?.cell ?? '';
      if (cell !== peer().people.own.cell) this.#change({ cell });
      return location;
    });
  }

  async location(): Promise<Location | undefined> {
    await this.#places.settled();
    const { cell } = this.#options.peer().people.own;
    return cell === '' ? undefined : { cell, city: await this.#options.gazetteer.nearest(cell) };
  }

  async near(km?: number): Promise<Room> {
    await this.#places.settled();
    if (km === undefined) return this.#back();
    const { people, feeds } = this.#options.peer();
    const { cell, name } = people.own;
    checkRadius(km);
    if (!isCell(cell)) throw placeless();
    const body = foundingCodec.encode({ centre: cell, km });
    const entry = feeds.compose(FOUNDINGS_GROUP, FOUNDING_KIND, name, body);
    await new Promise<void>((resolve, reject) =>
      feeds.post(entry, (error) => (error === undefined ? resolve() : reject(error))),
    );
    return this.#back();
  }

  async interest(tag?: string): Promise<Room> {
    const { peer } = this.#options;
    const { interests } = peer().people.own;
    const wanted = tag === undefined ? this.#tag || (interests.at(-1) ?? '') : parseTag(tag);
    if (wanted === '')
      throw new NatterError('BAD_ARGUMENT', 'You named no interest yet; /interest TAG joins one.');
    if (!interests.includes(wanted)) {
      if (interests.length >= INTERESTS_MAX)
        throw new NatterError(
          'BAD_ARGUMENT',
          `At most ${INTERESTS_MAX} interests can be shared; leave one first.`,
        );
      this.#change({ interests: [...interests, wanted] });
    }
    this.#tag = wanted;
    const room = this.#options.rooms.group(interestGroup(wanted).toString('hex'));
    if (room === undefined) throw new NatterError('INTERNAL', `The group +${wanted} did not open.`);
    return room.room();
  }

  async groups(): Promise<readonly Group[]> {
    const { peer, presence, rooms } = this.#options;
    return [...peer().groups.mine].flatMap((group) => {
      const room = rooms.group(group.id);
      return room === undefined ? [] : [presence.group(group, room.target)];
    });
  }

  async tags(): Promise<readonly { readonly tag: string; readonly people: number }[]> {
    const counts = new Map<string, number>();
    for (const { interests } of this.#options.peer().people.membersOf(() => true))
      for (const tag of new Set(interests)) if (isTag(tag)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts]
      .map(([tag, people]) => ({ tag, people }))
      .sort((a, b) => b.people - a.people || (a.tag < b.tag ? -1 : 1));
  }

  /** Ends an interest, and with it one's place in its group. */
  forget(tag: string): void {
    const { interests } = this.#options.peer().people.own;
    this.#change({ interests: interests.filter((each) => each !== tag) });
  }

  /** One is in a group: told why, unless one brought it about. */
  entered(group: RingGroup, room: RingRoom): void {
    if (group.kind === 'interest') this.#tag = group.tag;
    if (group.founding === undefined) return;
    this.#geo = group;
    const { founder, name, km } = group.founding;
    const { names, peer, emit } = this.#options;
    if (founder === peer().self) return;
    const by = names.of(founder, name);
    emit({ event: 'notice', text: enrolledText(room.target, by, km) });
  }

  left(group: RingGroup, target: string, isDismantled: boolean): void {
    if (this.#geo?.id === group.id) this.#geo = undefined;
    if (group.founding === undefined) return;
    const { founder, name, km } = group.founding;
    const { names, peer, emit } = this.#options;
    if (founder === peer().self) return;
    const by = names.of(founder, name);
    emit({ event: 'notice', text: isDismantled ? dismantledText(target, by) : movedOutText(target, km) });
  }

  /** Somebody else is in a group in which one was alone: of like-minded people that is worth telling. */
  joined(group: RingGroup, target: string, by: string): void {
    if (group.kind !== 'interest') return;
    this.#options.emit({ event: 'notice', text: `You share ${target} with ${by}.` });
  }

  #change(change: Partial<Pick<Profile, 'cell' | 'interests'>>): void {
    this.#options.peer().change(change);
    this.#options.keep();
  }

  /** The group one founded, else the one one came into last. */
  #back(): Room {
    const { peer, rooms } = this.#options;
    const own: Founded | undefined = peer().groups.foundedBy(peer().self);
    const id = own !== undefined && peer().groups.get(own.id) ? own.id : this.#geo?.id;
    const room = id === undefined ? undefined : rooms.group(id);
    if (room !== undefined) return room.room();
    if (!isCell(peer().people.own.cell)) throw placeless();
    throw new NatterError('BAD_ARGUMENT', 'There is no group near you yet; /near KM founds one.');
  }
}

/** Who shares no place is near to nobody. */
function placeless(): NatterError {
  return new NatterError(
    'BAD_ARGUMENT',
    'Others have to know roughly where you are first: /where CITY or /where LAT,LON shares it.',
  );
}
