import { PROBE_FOR_TIMEOUT_MS, PROBES_FOR_ONE_MAX, PROBES_FOR_OTHERS_MAX } from '../constants.js';
import type { PeerId } from '../types.js';

interface Favour {
  readonly asker: PeerId;
  readonly number: number;
  readonly target: PeerId;
  readonly until: number;
}

/** Probes that others have asked for: any word of the target is what they want to hear. */
export class Favours {
  readonly #open: Favour[] = [];

  /** @returns false when too many wait already */
  add(asker: PeerId, number: number, target: PeerId, now: number): boolean {
    while ((this.#open[0]?.until ?? now) < now) this.#open.shift();
    if (this.#open.length >= PROBES_FOR_OTHERS_MAX) return false;
    if (this.#open.filter((favour) => favour.asker === asker).length >= PROBES_FOR_ONE_MAX) return false;
    this.#open.push({ asker, number, target, until: now + PROBE_FOR_TIMEOUT_MS });
    return true;
  }

  /** It was heard: takes out who asked about it. */
  heard(target: PeerId, now: number, tell: (asker: PeerId, number: number) => void): void {
    if (this.#open.length === 0) return;
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const favour = this.#open[index];
      if (favour?.target !== target) continue;
      this.#open.splice(index, 1);
      if (favour.until >= now) tell(favour.asker, favour.number);
    }
  }
}
