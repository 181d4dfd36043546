import { type Cell, isCell, isWithin, RADIUS_MAX_KM, RADIUS_MIN_KM } from '../../chat/geo.js';
import { Malformed } from '../../net/bytes.js';
import type { FeedEntry, GroupId } from '../../net/ring/entry.js';
import {
  FOUNDING_KIND,
  FOUNDINGS_GROUP,
  type Founding,
  foundingCodec,
  geoGroup,
  interestGroup,
  LOBBY_GROUP,
} from '../../net/ring/groups.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';

/** Groups of one community that are known; of more the oldest foundings are forgotten. */
const FOUNDINGS_MAX = 1_000;
/** Groups nearby that others may put one into: whoever has many keys could found any number of them. */
const ENROLLED_MAX = 24;

/** A group that one is in. */
export interface RingGroup {
  readonly id: GroupId;
  /** The 16 bytes of `id`. */
  readonly bytes: Buffer;
  readonly kind: 'lobby' | 'interest' | 'geo';
  /** Of kind interest. */
  readonly tag: string;
  /** Of kind geo. */
  readonly founding: Founded | undefined;
}

/** A group of those near a place, as its founder founded it. */
export interface Founded extends Founding {
  readonly id: GroupId;
  readonly bytes: Buffer;
  readonly founder: PeerId;
  /** The founder's name when they founded it. */
  readonly name: string;
  readonly clock: Buffer;
}

export interface GroupsPort {
  /** One is in a group from now on. */
  entered(group: RingGroup): void;
  /** One is not in it any more. @param dismantled its founder has founded another instead */
  left(group: RingGroup, dismantled: boolean): void;
}

/** Counts from the start. */
export interface GroupFigures {
  /** Groups nearby that one did not enter, being in so many that others founded. */
  crowded: number;
}

export const LOBBY: RingGroup = {
  id: LOBBY_GROUP.toString('hex'),
  bytes: LOBBY_GROUP,
  kind: 'lobby',
  tag: '',
  founding: undefined,
};
const FOUNDINGS_ID = FOUNDINGS_GROUP.toString('hex');

/**
 * Which groups there are, and in which of them one is. Nobody keeps a list of members: everybody works out from the
 * records who is in what, by interests and cells, and so all agree without a word.
 */
export class Groups {
  readonly figures: GroupFigures = { crowded: 0 };
  readonly #self: PeerId;
  readonly #port: GroupsPort;
  /** The newest of each founder. */
  readonly #foundings = new Map<PeerId, Founded>();
  readonly #mine = new Map<GroupId, RingGroup>([[LOBBY.id, LOBBY]]);
  #cell: Cell | '' = '';

  constructor(self: PeerId, port: GroupsPort) {
    this.#self = self;
    this.#port = port;
  }

  /** Those one is in, the lobby first. */
  get mine(): IterableIterator<RingGroup> {
    return this.#mine.values();
  }

  get(id: GroupId): RingGroup | undefined {
    return this.#mine.get(id);
  }

  /** The group that somebody founded last, wherever it is. */
  foundedBy(founder: PeerId): Founded | undefined {
    return this.#foundings.get(founder);
  }

  /** Whether entries of a group are kept here. */
  keeps(id: GroupId): boolean {
    return id === FOUNDINGS_ID || this.#mine.has(id);
  }

  /** Groups whose feeds are kept here, 16 bytes each. */
  get kept(): readonly GroupId[] {
    return [...this.#mine.keys(), FOUNDINGS_ID];
  }

  /** Whether somebody is in a group. */
  isMember(group: RingGroup, record: PeerRecord): boolean {
    if (group.founding !== undefined) {
      const cell = isCell(record.cell) ? record.cell : '';
      return isWithin(cell, group.founding.centre, group.founding.km);
    }
    return group.kind === 'lobby' || record.interests.includes(group.tag);
  }

  /** One's own cell and interests are these from now on. */
  settle(cell: Cell | '', interests: readonly string[]): void {
    this.#cell = cell;
    const wanted = new Map(interests.map((tag) => [tag, interestGroup(tag)] as const));
    for (const group of [...this.#mine.values()])
      if (group.kind === 'interest' && !wanted.has(group.tag)) this.#leave(group, false);
    for (const [tag, bytes] of wanted) {
      const id = bytes.toString('hex');
      if (!this.#mine.has(id)) this.#enter({ id, bytes, kind: 'interest', tag, founding: undefined });
    }
    for (const founded of this.#foundings.values()) this.#place(founded);
  }

  /** An entry of the group of foundings: a later one of the same founder dismantles the one before. */
  heard(entry: FeedEntry): Founded | undefined {
    const founding = entry.kind === FOUNDING_KIND ? foundingOf(entry.body) : undefined;
    if (founding === undefined) return undefined;
    const founder = entry.author.toString('hex');
    const before = this.#foundings.get(founder);
    if (before !== undefined && Buffer.compare(before.clock, entry.clock) >= 0) return undefined;
    const bytes = geoGroup(entry.hash);
    const id = bytes.toString('hex');
    const founded = { ...founding, id, bytes, founder, name: entry.name, clock: entry.clock };
    this.#foundings.delete(founder);
    this.#foundings.set(founder, founded);
    const old = before === undefined ? undefined : this.#mine.get(before.id);
    if (old !== undefined) this.#leave(old, true);
    this.#place(founded);
    this.#bound();
    return founded;
  }

  #place(founded: Founded): void {
    const { id, bytes } = founded;
    const isIn = isWithin(this.#cell, founded.centre, founded.km);
    const group = this.#mine.get(id);
    if (isIn && group === undefined && this.#hasRoom(founded))
      this.#enter({ id, bytes, kind: 'geo', tag: '', founding: founded });
    if (!isIn && group !== undefined) this.#leave(group, false);
  }

  #enter(group: RingGroup): void {
    this.#mine.set(group.id, group);
    this.#port.entered(group);
  }

  #leave(group: RingGroup, dismantled: boolean): void {
    this.#mine.delete(group.id);
    this.#port.left(group, dismantled);
  }

  /** For one's own there is always room. */
  #hasRoom({ founder }: Founded): boolean {
    if (founder === this.#self) return true;
    let enrolled = 0;
    for (const { founding } of this.#mine.values())
      if (founding !== undefined && founding.founder !== this.#self) enrolled++;
    if (enrolled < ENROLLED_MAX) return true;
    this.figures.crowded++;
    return false;
  }

  /** Forgets the oldest of those that one is not in: a flood from elsewhere ends nobody's group. */
  #bound(): void {
    if (this.#foundings.size <= FOUNDINGS_MAX) return;
    for (const { founder, id } of this.#foundings.values()) {
      if (this.#mine.has(id) || founder === this.#self) continue;
      this.#foundings.delete(founder);
      return;
    }
  }
}

/** What anybody may have signed: nonsense is nobody's group. */
function foundingOf(body: Buffer): Founding | undefined {
  try {
    const founding = foundingCodec.decode(body);
    const isSound = isCell(founding.centre) && founding.km >= RADIUS_MIN_KM && founding.km <= RADIUS_MAX_KM;
    return isSound ? founding : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
