import type { Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { PROBE_HELPERS } from '../constants.js';
import { distance, roughly } from '../place.js';
import type { PeerId } from '../types.js';
import { Detector } from './detector.js';
import { Favours } from './favours.js';
import { Asking, ProbeForFrame, StabiliseFrame } from './frames.js';
import type { Hearsay } from './hearsay.js';
import type { Health, Known } from './known.js';
import { type Shared, writer } from './shared.js';

/** When somebody is silent, so many of those around are asked. */
const NEIGHBOURS_DOUBTED = 6;

/** The words in which the detector asks, and what it means for the overlay when somebody's health turns. */
export class Probes {
  readonly detector: Detector;
  readonly #shared: Shared;
  readonly #hearsay: Hearsay;
  readonly #favours = new Favours();

  /** @param evicted is told of every death, proven or not */
  constructor(shared: Shared, hearsay: Hearsay, evicted: (known: Known, now: number) => void) {
    this.#shared = shared;
    this.#hearsay = hearsay;
    this.detector = new Detector({
      ask: (known, number) => this.#ask(known, number),
      askOthers: (known, number) => this.#askOthers(known, number),
      missed: (known, now) => this.#missed(known, now),
      turned: (known, was, now) => {
        this.#turned(known, was, now);
        if (known.health === 'dead') evicted(known, now);
      },
    });
  }

  heard(known: Known, now: number): void {
    this.detector.heard(known, now);
    this.#oblige(known, now);
  }

  linked(known: Known, now: number): void {
    this.detector.answered(known, 0, now);
    this.#oblige(known, now);
  }

  /** Somebody wants us to try whether a third one lives. */
  askedFor(from: PeerId, body: Reader, now: number): void {
    const { number, contact } = ProbeForFrame.decode(body, this.#shared.community);
    if (contact.id === this.#shared.self.id) {
      this.number(from, FrameType.ProbedFor, number);
      return;
    }
    const known = this.#shared.acquaintance.get(contact.id);
    if (!this.#favours.add(from, number, contact.id, now)) return;
    if (known?.linked) this.number(contact.id, FrameType.Probe, this.detector.number());
    else if ((known?.restsUntil ?? 0) <= now) this.#hearsay.one(contact, now);
  }

  /** Somebody reached whom we asked about. */
  reached(number: number, now: number): void {
    const known = this.#shared.acquaintance.all.find(({ watch }) => watch?.number === number);
    if (known === undefined || number === 0) this.#shared.counters.unasked++;
    else this.detector.reachedByOther(known, now);
  }

  /** A frame that is a number only. */
  number(to: PeerId, type: number, number: number): void {
    this.#shared.port.send(to, type, writer.reset().varint(number).view());
  }

  #oblige(known: Known, now: number): void {
    this.#favours.heard(known.contact.id, now, (asker, number) =>
      this.number(asker, FrameType.ProbedFor, number),
    );
  }

  /** Whoever is near is asked for its pointers, which is as good as a probe. */
  #ask(known: Known, number: number): void {
    const { pointers, port } = this.#shared;
    const { id } = known.contact;
    const { head, successors } = pointers;
    if (known !== head && !successors.tellers.includes(known) && !pointers.isNear(known)) {
      this.number(id, FrameType.Probe, number);
      return;
    }
    const flags = Asking.Follow | (known === head ? Asking.Successor : 0);
    const version = known.view?.version ?? 0;
    port.send(id, FrameType.Stabilise, StabiliseFrame.encode(writer, { number, flags, version }));
  }

  /** Those who are linked to it according to their LINKS, else any. */
  #askOthers(known: Known, number: number): boolean {
    const { acquaintance, chance, port } = this.#shared;
    const others = acquaintance.all.filter((other) => other.usable && other !== known);
    const place = roughly(known.contact.place);
    const near = others.filter(({ around }) => around?.includes(place));
    const helpers = chance.some(near, PROBE_HELPERS);
    if (helpers.length < PROBE_HELPERS) {
      const rest = others.filter((other) => !helpers.includes(other));
      helpers.push(...chance.some(rest, PROBE_HELPERS - helpers.length));
    }
    const body = ProbeForFrame.encode(writer, number, known.contact);
    for (const helper of helpers) port.send(helper.contact.id, FrameType.ProbeFor, body);
    return helpers.length > 0;
  }

  /** Where one is silent others may be: those around it are asked at once instead of in turn. */
  #missed(silent: Known, now: number): void {
    this.#shared.look(now);
    const { place } = silent.contact;
    const linked = this.#shared.acquaintance.all.filter((known) => known.linked && known !== silent);
    linked.sort((a, b) => distance(a.contact.place, place) - distance(b.contact.place, place));
    for (const known of linked.slice(0, NEIGHBOURS_DOUBTED)) this.detector.doubt(known, now);
  }

  #turned(known: Known, was: Health, now: number): void {
    const { port, counters } = this.#shared;
    const { id } = known.contact;
    this.#shared.look(now);
    if (known.health === 'suspect') port.suspected(id);
    else if (known.health === 'dead') counters.evicted++;
    else if (was === 'suspect') port.trusted(id);
  }
}
