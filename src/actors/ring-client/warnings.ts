import { formatAddress } from '../../chat/address.js';
import type { ClientEvent } from '../../chat/events.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import type { PathAddress } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';
import type { Names } from './names.js';

/** What is refused is told about once in so long: it may go on and on. Each kind by itself, or one would hide another. */
const WARN_EVERY_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

type Kind = 'clock' | 'fork';

export interface WarningsOptions {
  readonly clock: Clock;
  readonly names: Names;
  readonly emit: (event: ClientEvent) => void;
}

/** Tells a person what goes wrong in the ring without anybody having asked for anything. */
export class Warnings {
  readonly #options: WarningsOptions;
  /** Addresses of which it was said that strangers are there. */
  readonly #foreigners = new Set<string>();
  /** When each kind of thing was told last. */
  readonly #warnedAt = new Map<Kind, number>();

  constructor(options: WarningsOptions) {
    this.#options = options;
  }

  /** Others refuse what one says. */
  misdated(aheadMs: number): void {
    const hours = Math.max(1, Math.round(aheadMs / HOUR_MS));
    this.#warn(
      'clock',
      `Your clock is ${hours} h ahead of the others', who refuse what you say; set it right and say it again.`,
    );
  }

  /** Somebody signed two histories. */
  forked({ author, name }: FeedEntry): void {
    const who = this.#options.names.of(author.toString('hex'), name);
    this.#warn('fork', `${who} says two things at once; what came first is kept.`);
  }

  /** Said once: it is dialled again and again, since somebody else may come there. */
  foreign({ address, port }: PathAddress): void {
    const at = formatAddress({ host: address, port });
    if (this.#foreigners.has(at)) return;
    this.#foreigners.add(at);
    this.#options.emit({
      event: 'error',
      code: 'WRONG_COMMUNITY',
      message: `Whoever answers at ${at} is of another community, or has another key of it; check the name, or ask for a new invite.`,
    });
  }

  #warn(kind: Kind, text: string): void {
    const now = this.#options.clock.now();
    if (now < (this.#warnedAt.get(kind) ?? Number.NEGATIVE_INFINITY) + WARN_EVERY_MS) return;
    this.#warnedAt.set(kind, now);
    this.#options.emit({ event: 'notice', text });
  }
}
