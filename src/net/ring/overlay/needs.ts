import { Bucket } from '../../bucket.js';
import { DIALS_BURST, DIALS_PER_S } from '../constants.js';
import type { Contact } from '../types.js';
import type { Acquaintance, Known } from './known.js';

interface NeedsPort {
  dial(contact: Contact): void;
  release(known: Known): void;
  /** There is no budget for a dial. */
  refused(): void;
}

/**
 * Which links are wanted: tells the port the difference. Dials of peers that were never proven cost a token of a
 * budget, since whoever lies about neighbours could otherwise make us knock at every door there is.
 */
export class Needs {
  readonly #port: NeedsPort;
  readonly #acquaintance: Acquaintance;
  #budget: Bucket | undefined;

  constructor(port: NeedsPort, acquaintance: Acquaintance) {
    this.#port = port;
    this.#acquaintance = acquaintance;
  }

  /** It was there: only dials in vain cost anything. */
  linked(known: Known): void {
    if (known.needed && !known.proven) this.#budget?.give();
  }

  /** @returns whether somebody has to wait for the budget */
  meet(wanted: ReadonlySet<Known>, now: number): boolean {
    let waits = false;
    this.#budget ??= new Bucket(DIALS_PER_S, DIALS_BURST, now);
    for (const known of this.#acquaintance.all) {
      if (wanted.has(known)) continue;
      known.waits = false;
      if (!known.needed) continue;
      known.needed = false;
      this.#port.release(known);
    }
    for (const known of wanted) {
      if (known.needed || (!known.linked && known.restsUntil > now)) continue;
      if (!known.linked && !known.proven && this.#budget.take(now) > 0) {
        if (!known.waits) this.#port.refused();
        known.waits = true;
        waits = true;
        continue;
      }
      known.needed = true;
      known.waits = false;
      this.#port.dial(known.contact);
    }
    return waits;
  }
}
