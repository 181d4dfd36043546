import { PeerState, ROSTER_MAX } from '../../net/ring/constants.js';
import type { DeathNotice } from '../../net/ring/death.js';
import type { Place } from '../../net/ring/place.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';

/** What is known of one peer: its newest record, and whether somebody said that it died since. */
interface RosterRow {
  readonly record: PeerRecord;
  /** Of exactly the version of `record`. */
  readonly death: DeathNotice | undefined;
}

/** Somebody who died is shown as gone after this: most who were declared dead wrongly have refuted it by then. */
const MOURNING_MS = 3_000;

/** What came of a record or a notice. */
export type Learnt = 'news' | 'known' | 'older';

/**
 * Who there is. Of each key the record with the highest version counts; a death notice of that version counts more than
 * the record, and less than a record of the next version.
 */
export class Roster {
  readonly #known = new Map<PeerId, RosterRow>();
  /** What people were told last. */
  readonly #shown = new Map<PeerId, PeerRecord>();
  /** Dead, and still shown: until when. */
  readonly #mourned = new Map<PeerId, number>();
  readonly #self: PeerId;
  #row: (id: PeerId, place: Place) => void = () => {};
  readonly #changed: (id: PeerId) => void;
  readonly #isMet: (id: PeerId) => boolean;

  /** @param changed somebody is seen otherwise than before, by `shown` @param isMet there is a link with them */
  constructor(self: PeerId, changed: (id: PeerId) => void, isMet: (id: PeerId) => boolean) {
    this.#self = self;
    this.#changed = changed;
    this.#isMet = isMet;
  }

  /** @param row told of every row that is new, another, or gone */
  watch(row: (id: PeerId, place: Place) => void): void {
    this.#row = row;
  }

  get(id: PeerId): RosterRow | undefined {
    return this.#known.get(id);
  }

  get all(): IterableIterator<RosterRow> {
    return this.#known.values();
  }

  /** Everybody's newest record as people see it now, without those who are gone. */
  get present(): IterableIterator<PeerRecord> {
    return this.#shown.values();
  }

  get presentCount(): number {
    return this.#shown.size;
  }

  /** How somebody is shown; undefined: gone, or never seen. */
  shown(id: PeerId): PeerRecord | undefined {
    return this.#shown.get(id);
  }

  /** @param isMet a link has proven that there is somebody: when there is no room, another one makes it */
  learn(record: PeerRecord, now: number, isMet = false): Learnt {
    const { id } = record.contact;
    const before = this.#known.get(id);
    if (before !== undefined && record.version <= before.record.version)
      return record.version === before.record.version ? 'known' : 'older';
    if (
      before === undefined &&
      this.#known.size >= ROSTER_MAX &&
      !this.#forget() &&
      !(isMet && this.#forgetYoungest())
    )
      return 'older';
    // The end of the map is who changed last.
    this.#known.delete(id);
    this.#known.set(id, { record, death: undefined });
    this.#row(id, record.contact.place);
    this.#show(id, now);
    return 'news';
  }

  /** @returns `older` also for a version that is not known here: nobody can tell what it is worth */
  mourn(death: DeathNotice, now: number): Learnt {
    const before = this.#known.get(death.subject);
    if (before === undefined || death.version !== before.record.version) return 'older';
    if (before.death !== undefined || before.record.state === PeerState.Left) return 'known';
    this.#known.set(death.subject, { ...before, death });
    this.#row(death.subject, before.record.contact.place);
    this.#show(death.subject, now);
    return 'news';
  }

  tick(now: number): void {
    for (const [id, until] of this.#mourned) if (until <= now) this.#bury(id);
  }

  deadline(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const until of this.#mourned.values()) first = Math.min(first, until);
    return first;
  }

  #show(id: PeerId, now: number): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    const before = this.#shown.get(id);
    if (known.death !== undefined) {
      if (before !== undefined) this.#mourned.set(id, now + MOURNING_MS);
      return;
    }
    this.#mourned.delete(id);
    if (known.record.state !== PeerState.Left) this.#shown.set(id, known.record);
    else if (!this.#shown.delete(id)) return;
    if (before === undefined || !isSeenAlike(before, known.record)) this.#changed(id);
  }

  #bury(id: PeerId): void {
    this.#mourned.delete(id);
    if (this.#shown.delete(id)) this.#changed(id);
  }

  /** The last of those who came: were they made up, they came together. @returns false when there is nobody */
  #forgetYoungest(): boolean {
    let youngest: RosterRow | undefined;
    for (const known of this.#known.values())
      if (known.record.contact.id !== this.#self && !this.#isMet(known.record.contact.id)) youngest = known;
    if (youngest === undefined) return false;
    const { id, place } = youngest.record.contact;
    this.#mourned.delete(id);
    if (this.#shown.delete(id)) this.#changed(id);
    this.#known.delete(id);
    this.#row(id, place);
    return true;
  }

  /** Makes room. @returns false when everybody is here */
  #forget(): boolean {
    for (const [id, { record }] of this.#known) {
      if (this.#shown.has(id) || id === this.#self) continue;
      this.#known.delete(id);
      this.#row(id, record.contact.place);
      return true;
    }
    return false;
  }
}

/** Whether nothing that people see has changed. */
function isSeenAlike(a: PeerRecord, b: PeerRecord): boolean {
  return (
    a.state === b.state &&
    a.name === b.name &&
    a.cell === b.cell &&
    a.interests.length === b.interests.length &&
    a.interests.every((tag, index) => tag === b.interests[index])
  );
}
