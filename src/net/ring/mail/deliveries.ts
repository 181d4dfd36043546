import { FrameType } from '../../constants.js';
import type { PeerId } from '../types.js';
import type { Shelf } from './shelf.js';

/** Whoever is n-th of those who keep the mail waits so long n times: then the first alone has delivered it. */
const RANK_MS = 1_000;
/** Pieces under way to one addressee. */
const WINDOW = 16;
const AGAIN_MS = 10_000;
const TRIES_MAX = 3;

interface Delivery {
  dueAt: number;
  tries: number;
  readonly flying: Set<string>;
}

/** Mail on its way to addressees who are there: a few pieces at a time, until each has its receipt. */
export class Deliveries {
  readonly #shelf: Shelf;
  readonly #send: (to: Buffer, type: number, body: Uint8Array, now: number) => void;
  readonly #byAddressee = new Map<PeerId, Delivery>();

  constructor(shelf: Shelf, send: (to: Buffer, type: number, body: Uint8Array, now: number) => void) {
    this.#shelf = shelf;
    this.#send = send;
  }

  /** That addressee is there. @param rank of this peer among those who keep its mail, from 0 */
  begin(addressee: PeerId, rank: number, now: number): void {
    if (this.#byAddressee.has(addressee) || this.#shelf.of(addressee).length === 0) return;
    this.#byAddressee.set(addressee, { dueAt: now + rank * RANK_MS, tries: 0, flying: new Set() });
  }

  /** A piece is with whom it was for. */
  settled(addressee: PeerId, name: string, now: number): void {
    const delivery = this.#byAddressee.get(addressee);
    if (delivery === undefined || !delivery.flying.delete(name) || delivery.flying.size > 0) return;
    delivery.tries = 0;
    delivery.dueAt = now;
  }

  tick(now: number): void {
    for (const [addressee, delivery] of this.#byAddressee) {
      if (delivery.dueAt > now) continue;
      const mail = this.#shelf.of(addressee).slice(0, WINDOW);
      // Who does not answer is offered it again when next seen.
      if (mail.length === 0 || delivery.tries >= TRIES_MAX) {
        this.#byAddressee.delete(addressee);
        continue;
      }
      delivery.tries++;
      delivery.dueAt = now + AGAIN_MS;
      delivery.flying.clear();
      const to = Buffer.from(addressee, 'hex');
      for (const { name } of mail) {
        const bytes = this.#shelf.read(name);
        if (bytes === undefined) continue;
        delivery.flying.add(name);
        this.#send(to, FrameType.Mail, bytes, now);
      }
    }
  }

  deadline(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#byAddressee.values()) due = Math.min(due, dueAt);
    return due;
  }
}
