/**
 * Many overlays and a network between them, in virtual time. Links keep what the real ones promise: a peer's key is
 * proven, frames come once, in any order, however many packets are lost, silence ends a link in the end.
 */
import { Reader } from '../../src/net/bytes.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { Overlay } from '../../src/net/ring/overlay/overlay.js';
import type { OverlayPort } from '../../src/net/ring/overlay/port.js';
import type { Contact, PeerId } from '../../src/net/ring/types.js';

export const COMMUNITY = Buffer.alloc(32, 7);
const SILENCE_MS = 25_000;
const UNNEEDED_MS = 10_000;
const GOODBYE_MS = 300;
const NOTICE_KNOWN_MS = 30_000;
const DIAL_GIVES_UP_MS = 5_000;

/** mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Line {
  readonly ends: readonly [Node, Node];
  readonly needs: [boolean, boolean];
  open: boolean;
}

export class Node {
  readonly contact: Contact;
  readonly overlay: Overlay;
  readonly lines = new Map<PeerId, Line>();
  readonly dialling = new Set<PeerId>();
  readonly died: Contact[] = [];
  readonly suspected: PeerId[] = [];
  readonly where: readonly [number, number];
  up = false;
  /** Frames and timers wait until then. */
  stalledUntil = 0;
  framesSent = 0;
  bytesSent = 0;
  dials = 0;
  /** Changes what leaves: how liars lie. */
  bend: (to: PeerId, type: number, body: Uint8Array) => Uint8Array | undefined = (_to, _type, body) => body;
  timerAt = Number.POSITIVE_INFINITY;

  constructor(world: World, passive: readonly Contact[] = [], contact?: Contact) {
    const key = Buffer.alloc(32);
    world.fill(key);
    this.contact = contact ?? contactOf(COMMUNITY, key, [{ address: '10.0.0.1', port: 7777 }]);
    this.where = [world.random(), world.random()];
    const port: OverlayPort = {
      send: (to, type, body) => world.send(this, to, type, body),
      dial: (to) => world.dial(this, to),
      isMeeting: () => false,
      addresses: () => this.contact.addresses,
      release: (peer) => world.release(this, peer),
      changed: () => {},
      suspected: (peer) => this.suspected.push(peer),
      trusted: () => {},
      died: (peer) => {
        this.died.push(peer);
        world.tellDeath(this, peer);
      },
    };
    this.overlay = new Overlay({
      self: { ...this.contact, addresses: [] },
      community: COMMUNITY,
      random: (target) => world.fill(target),
      port,
      passive,
    });
  }

  get id(): PeerId {
    return this.contact.id;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class World {
  now = 0;
  loss = 0;
  readonly nodes = new Map<PeerId, Node>();
  readonly random: () => number;
  /** Whether packets get from one to another. */
  reaches: (from: Node, to: Node) => boolean = () => true;
  /** Whether deaths are broadcast. */
  notices = true;
  events = 0;
  readonly #toldAt = new Map<string, number>();
  readonly #heap: Event[] = [];
  #order = 0;
  readonly #reader = new Reader();

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  get live(): Node[] {
    return [...this.nodes.values()].filter(({ up }) => up);
  }

  /** As the broadcast of a death notice does. */
  tellDeath(from: Node, dead: Contact): void {
    if (!this.notices) return;
    for (const node of this.live) {
      if (!this.reaches(from, node) || this.nodes.get(dead.id) === node) continue;
      const key = `${node.id} ${dead.id}`;
      if ((this.#toldAt.get(key) ?? Number.NEGATIVE_INFINITY) > this.now - NOTICE_KNOWN_MS) continue;
      this.#toldAt.set(key, this.now);
      this.after(100 + 300 * this.random(), () =>
        this.#drive(node, () => node.overlay.reported(dead.id, this.now)),
      );
    }
  }

  fill(target: Buffer): void {
    for (let index = 0; index < target.length; index++) target[index] = Math.floor(this.random() * 256);
  }

  add(...introduced: readonly Node[]): Node {
    const node = new Node(this);
    this.nodes.set(node.id, node);
    this.start(node, ...introduced);
    return node;
  }

  start(node: Node, ...introduced: readonly Node[]): void {
    node.up = true;
    node.overlay.begin(this.now);
    for (const { contact } of introduced) node.overlay.introduce(contact, this.now);
    this.#rearm(node);
  }

  /** The same peer, started anew with what it remembers. */
  again(node: Node, passive: readonly Contact[]): Node {
    const fresh = new Node(this, passive, node.contact);
    this.nodes.set(fresh.id, fresh);
    this.start(fresh);
    return fresh;
  }

  /** Without a word, as a process that is killed. */
  kill(node: Node): void {
    node.up = false;
  }

  leave(node: Node): void {
    node.overlay.leave();
    this.after(GOODBYE_MS, () => {
      node.up = false;
      for (const line of [...node.lines.values()]) this.#close(line);
    });
  }

  /** All live peers, by place. */
  ring(): Node[] {
    return this.live.sort((a, b) => a.contact.place - b.contact.place);
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let event = this.#heap[0]; event !== undefined && event.at <= end; event = this.#heap[0]) {
      this.#pop();
      this.now = event.at;
      this.events++;
      event.run();
    }
    this.now = end;
  }

  /** @returns virtual ms until it held, or undefined after `limitMs` */
  runUntil(holds: () => boolean, limitMs: number, stepMs = 100): number | undefined {
    const from = this.now;
    while (this.now - from < limitMs) {
      if (holds()) return this.now - from;
      this.run(stepMs);
    }
    return holds() ? this.now - from : undefined;
  }

  latency(a: Node, b: Node): number {
    return 5 + 50 * Math.hypot(a.where[0] - b.where[0], a.where[1] - b.where[1]);
  }

  dial(from: Node, contact: Contact): void {
    const line = from.lines.get(contact.id);
    if (line?.open) {
      line.needs[line.ends.indexOf(from)] = true;
      return;
    }
    if (from.dialling.has(contact.id)) return;
    from.dials++;
    from.dialling.add(contact.id);
    const to = this.nodes.get(contact.id);
    const rtt = to === undefined ? 0 : 2 * this.latency(from, to);
    const canMeet = () => to?.up === true && this.reaches(from, to) && this.reaches(to, from);
    const ms = canMeet() ? rtt * 1.5 + this.#lossMs(rtt) : DIAL_GIVES_UP_MS;
    this.after(ms, () => {
      if (!from.dialling.delete(contact.id) || !from.up) return;
      if (from.lines.has(contact.id)) return;
      if (to === undefined || !canMeet() || ms >= DIAL_GIVES_UP_MS) {
        this.#drive(from, () => from.overlay.unreachable(contact.id, this.now));
        return;
      }
      to.dialling.delete(from.id);
      const fresh: Line = { ends: [from, to], needs: [true, false], open: true };
      from.lines.set(to.id, fresh);
      to.lines.set(from.id, fresh);
      this.#drive(from, () => from.overlay.linked(to.contact, this.now));
      this.#drive(to, () => to.overlay.linked(from.contact, this.now));
    });
  }

  release(from: Node, peer: PeerId): void {
    from.dialling.delete(peer);
    const line = from.lines.get(peer);
    if (line === undefined) return;
    line.needs[line.ends.indexOf(from)] = false;
    this.after(UNNEEDED_MS, () => {
      if (line.open && !line.needs.includes(true)) this.#close(line);
    });
  }

  send(from: Node, peer: PeerId, type: number, body: Uint8Array): boolean {
    const line = from.lines.get(peer);
    if (!line?.open) return false;
    const end = line.ends.indexOf(from);
    const to = line.ends[1 - end] as Node;
    const bent = from.bend(peer, type, body);
    if (bent === undefined) return true;
    from.framesSent++;
    from.bytesSent += bent.length + 2;
    const copy = Buffer.from(bent);
    const oneWay = this.latency(from, to);
    this.after(oneWay + this.#lossMs(2 * oneWay), () => this.#deliver(line, from, to, type, copy));
    return true;
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  at(at: number, run: () => void): void {
    this.#push({ at, order: this.#order++, run });
  }

  #deliver(line: Line, from: Node, to: Node, type: number, body: Buffer): void {
    if (!line.open || !from.lines.has(to.id)) return;
    if (!to.up || !from.up || !this.reaches(from, to) || !this.reaches(to, from)) {
      this.after(SILENCE_MS, () => {
        if (line.open && !(from.up && to.up && this.reaches(from, to) && this.reaches(to, from)))
          this.#close(line);
      });
      return;
    }
    if (to.stalledUntil > this.now) {
      this.at(to.stalledUntil, () => this.#deliver(line, from, to, type, body));
      return;
    }
    this.#drive(to, () => {
      to.overlay.heard(from.id, this.now);
      to.overlay.frame(from.id, type, this.#reader.reset(body), this.now);
    });
  }

  #close(line: Line): void {
    if (!line.open) return;
    line.open = false;
    const [a, b] = line.ends;
    a.lines.delete(b.id);
    b.lines.delete(a.id);
    if (a.up) this.#drive(a, () => a.overlay.unlinked(b.id, this.now));
    if (b.up) this.#drive(b, () => b.overlay.unlinked(a.id, this.now));
  }

  #drive(node: Node, run: () => void): void {
    if (!node.up) return;
    run();
    this.#rearm(node);
  }

  #rearm(node: Node): void {
    const at = node.overlay.deadline();
    if (at >= node.timerAt || at === Number.POSITIVE_INFINITY) return;
    node.timerAt = at;
    this.at(at, () => {
      if (node.timerAt !== at) return;
      node.timerAt = Number.POSITIVE_INFINITY;
      if (!node.up) return;
      if (node.stalledUntil > this.now) {
        node.timerAt = node.stalledUntil;
        this.at(node.stalledUntil, () => {
          node.timerAt = Number.POSITIVE_INFINITY;
          this.#tick(node);
        });
      } else this.#tick(node);
    });
  }

  #tick(node: Node): void {
    if (!node.up) return;
    if (node.overlay.deadline() <= this.now) node.overlay.tick(this.now);
    this.#rearm(node);
  }

  #lossMs(rtt: number): number {
    let ms = 0;
    for (let wait = rtt * 1.5 + 50; this.loss > 0 && this.random() < this.loss; wait *= 2) ms += wait;
    return ms;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Event;
      if (parent.at < event.at || (parent.at === event.at && parent.order < event.order)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      let child = heap[below] as Event;
      const right = heap[below + 1];
      if (
        right !== undefined &&
        (right.at < child.at || (right.at === child.at && right.order < child.order))
      ) {
        child = right;
        below += 1;
      }
      if (last.at < child.at || (last.at === child.at && last.order < child.order)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

/** The first thing that is not as it is in truth, in words; undefined when all pointers are right. */
export function wrong(world: Pick<World, 'ring'>): string | undefined {
  const ring = world.ring();
  const count = ring.length;
  for (const [index, node] of ring.entries()) {
    const { successors, predecessor } = node.overlay.neighbourhood;
    const expected = Math.min(count - 1, 8);
    if (successors.length < expected) return `${index} knows ${successors.length} of ${count - 1} successors`;
    for (const [at, contact] of successors.entries()) {
      const truth = ring[(index + at + 1) % count];
      if (truth?.id !== contact.id) {
        const is = ring.findIndex(({ id }) => id === contact.id);
        return `successor ${at} of ${index} of ${count} is ${is}`;
      }
    }
    if (count > 1 && predecessor?.id !== ring[(index + count - 1) % count]?.id)
      return `predecessor of ${index} is ${ring.findIndex(({ id }) => id === predecessor?.id)}`;
  }
  return undefined;
}

export const isRight = (world: Pick<World, 'ring'>) => wrong(world) === undefined;
