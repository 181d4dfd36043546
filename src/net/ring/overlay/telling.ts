import type { Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { LINKS_DELAY_MS, NEIGHBOURS_DELAY_MS, STABILISE_MS } from '../constants.js';
import { Asking, LinksFrame, NeighboursFrame, StabiliseFrame } from './frames.js';
import type { Known } from './known.js';
import { type Shared, writer } from './shared.js';

/** Who asked to be told is told for so long: whoever builds a list on ours asks again every two seconds. */
const FOLLOW_MS = 6 * STABILISE_MS;

/** What others are told of us: our pointers, when they ask and when these change, and where our links lead. */
export class Telling {
  readonly #shared: Shared;
  #newsAt = Number.POSITIVE_INFINITY;
  #linksAt = Number.POSITIVE_INFINITY;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** A STABILISE. That it comes from a candidate for our predecessor (rectify) is known from its link alone. */
  asked(known: Known, body: Reader, now: number): void {
    const { number, flags, version } = StabiliseFrame.decode(body);
    const { pointers, port } = this.#shared;
    if ((flags & Asking.Follow) !== 0) known.followsUntil = now + FOLLOW_MS;
    known.toldVersion = pointers.version;
    const answer =
      version === pointers.version
        ? NeighboursFrame.unchanged(writer, number, version)
        : NeighboursFrame.encode(writer, number, pointers.view, false);
    port.send(known.contact.id, FrameType.Neighbours, answer);
  }

  /** A new first successor hears at once whom we had before: where two rings meet, that joins them. */
  greet(head: Known): void {
    const { pointers, port } = this.#shared;
    port.send(head.contact.id, FrameType.Neighbours, NeighboursFrame.encode(writer, 0, pointers.view, false));
  }

  goodbye(): void {
    const { pointers, port, acquaintance } = this.#shared;
    const body = NeighboursFrame.encode(writer, 0, pointers.view, true);
    for (const known of acquaintance.all)
      if (known.linked) port.send(known.contact.id, FrameType.Neighbours, body);
  }

  /** Our pointers are others. */
  newsSoon(now: number): void {
    if (this.#newsAt === Number.POSITIVE_INFINITY) this.#newsAt = now + NEIGHBOURS_DELAY_MS;
  }

  /** Our links are others. */
  linksSoon(now: number): void {
    if (this.#linksAt === Number.POSITIVE_INFINITY) this.#linksAt = now + LINKS_DELAY_MS;
  }

  tick(now: number): void {
    if (this.#newsAt <= now) this.#tellNews(now);
    if (this.#linksAt <= now) this.#tellLinks();
  }

  deadline(): number {
    return Math.min(this.#newsAt, this.#linksAt);
  }

  #tellNews(now: number): void {
    this.#newsAt = Number.POSITIVE_INFINITY;
    const { pointers, port, acquaintance } = this.#shared;
    const body = NeighboursFrame.encode(writer, 0, pointers.view, false);
    for (const known of acquaintance.all) {
      if (!known.linked || known.followsUntil < now || known.toldVersion === pointers.version) continue;
      known.toldVersion = pointers.version;
      port.send(known.contact.id, FrameType.Neighbours, body);
    }
  }

  #tellLinks(): void {
    this.#linksAt = Number.POSITIVE_INFINITY;
    const { port, acquaintance } = this.#shared;
    const linked = acquaintance.all.filter(({ usable }) => usable);
    const places = linked.map(({ contact }) => contact.place);
    const body = LinksFrame.encode(writer, places);
    for (const { contact } of linked) port.send(contact.id, FrameType.Links, body);
  }
}
