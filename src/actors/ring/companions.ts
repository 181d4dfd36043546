import type { GroupId } from '../../net/ring/entry.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';
import type { RingGroup } from './groups.js';
import type { PeerWorld } from './world.js';

/** A member of each smaller group is met so often, give or take a third. */
const COMPANY_MS = 20_000;
/** A member who does not answer by then is let go. */
const PATIENCE_MS = 10_000;

export interface CompanionsPort {
  groups(): Iterable<RingGroup>;
  /** Others who are there. */
  members(group: RingGroup): readonly PeerRecord[];
  isLinked(peer: PeerId): boolean;
  need(record: PeerRecord, reason: string): void;
  unneed(peer: PeerId, reason: string): void;
  /** Compares what both have of that group. @returns false when it cannot begin now */
  compare(peer: PeerId, group: RingGroup): boolean;
}

interface Visit {
  readonly group: RingGroup;
  readonly peer: PeerId;
  readonly until: number;
}

/**
 * Ring neighbours compare what they both keep; of a smaller group they may keep nothing. So one of its members is met
 * now and then, over a link that is there already or one just for this.
 */
export class Companions {
  readonly #world: PeerWorld;
  readonly #port: CompanionsPort;
  readonly #visits = new Map<GroupId, Visit>();
  readonly #dueAt = new Map<GroupId, number>();
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(world: PeerWorld, port: CompanionsPort) {
    this.#world = world;
    this.#port = port;
  }

  /** One's groups or their members may be others now. */
  changed(): void {
    for (const { kind } of this.#port.groups()) if (kind !== 'lobby') this.#lookAt = Number.NEGATIVE_INFINITY;
  }

  linked(peer: PeerId): void {
    for (const visit of this.#visits.values()) if (visit.peer === peer) this.#port.compare(peer, visit.group);
  }

  synced(peer: PeerId): void {
    for (const visit of [...this.#visits.values()]) if (visit.peer === peer) this.#end(visit);
  }

  tick(now: number): void {
    for (const visit of [...this.#visits.values()]) if (visit.until <= now) this.#end(visit);
    if (now < this.#lookAt) return;
    this.#lookAt = Number.POSITIVE_INFINITY;
    const kept = new Set<GroupId>();
    for (const group of this.#port.groups()) {
      if (group.kind === 'lobby') continue;
      kept.add(group.id);
      const dueAt = this.#dueAt.get(group.id) ?? now;
      if (dueAt <= now && !this.#visits.has(group.id)) this.#visit(group, now);
      this.#lookAt = Math.min(this.#lookAt, this.#dueAt.get(group.id) ?? now);
    }
    for (const id of this.#dueAt.keys()) if (!kept.has(id)) this.#dueAt.delete(id);
  }

  deadline(): number {
    let first = this.#lookAt;
    for (const { until } of this.#visits.values()) first = Math.min(first, until);
    return first;
  }

  #visit(group: RingGroup, now: number): void {
    this.#dueAt.set(group.id, now + (COMPANY_MS * 2) / 3 + this.#chance() * ((COMPANY_MS * 2) / 3));
    const members = this.#port.members(group);
    const record = members[Math.floor(this.#chance() * members.length)];
    if (record === undefined) return;
    const peer = record.contact.id;
    if (this.#port.isLinked(peer)) {
      this.#port.compare(peer, group);
      return;
    }
    this.#visits.set(group.id, { group, peer, until: now + PATIENCE_MS });
    this.#port.need(record, group.id);
  }

  #end({ group, peer }: Visit): void {
    this.#visits.delete(group.id);
    this.#port.unneed(peer, group.id);
  }

  #chance(): number {
    const bytes = Buffer.alloc(4);
    this.#world.random(bytes);
    return bytes.readUInt32BE() / 2 ** 32;
  }
}
