import type { PeerId } from '../types.js';
import { Promises } from './promises.js';
import type { PendingHead, Round } from './round.js';
import type { SyncRange } from './set.js';

/** Which feeds are being fetched and from whom, so that two partners do not bring the same; and who could not. */
export class Fetching {
  readonly #rounds = new Map<string, Round>();
  readonly #promises = new Promises();

  /** What to ask a partner for by one of its heads. */
  lacking(partner: PeerId, { set, head, key }: PendingHead, now: number): readonly SyncRange[] {
    if (this.#rounds.has(key) || this.#promises.hasBroken(partner, key, now)) return [];
    const ranges: SyncRange[] = [];
    let isAbsent = false;
    for (const { id, from, to } of set.lack({ ...head, first: 1 })) {
      if (from < head.first) isAbsent = true;
      if (to >= head.first) ranges.push({ id, from: Math.max(from, head.first), to });
    }
    const below = isAbsent ? this.#promises.absent(partner, key, head.first) : 0;
    if (below > 1) set.lost({ id: head.id, from: 1, to: below - 1 });
    return ranges;
  }

  begin(pending: readonly PendingHead[], round: Round): void {
    for (const { key } of pending) this.#rounds.set(key, round);
  }

  end(pending: readonly PendingHead[], round: Round): void {
    for (const { key } of pending) if (this.#rounds.get(key) === round) this.#rounds.delete(key);
  }

  /** Whether heads of that partner are still looked at. */
  trusts(partner: PeerId, now: number): boolean {
    return this.#promises.trusts(partner, now);
  }

  /** It answered, but not with what its heads promised. */
  broke(partner: PeerId, pending: readonly PendingHead[], now: number): void {
    for (const { key } of pending) this.#promises.broke(partner, key, now);
  }
}
