import type { Actor } from 'xstate';
import {
  BYTES_BEFORE_HELLO_MAX,
  FRAMES_BEFORE_HELLO_MAX,
  FrameType,
  LINK_IDLE_MS,
  TWIN_LINGER_MS,
  TWIN_WINDOW_MS,
} from '../../net/constants.js';
import { needCodec } from '../../net/ring/hello.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';
import { Lane, type PathAddress } from '../../net/types.js';
import { prepareMachine } from '../inner-machine.js';
import { type LinkPort, linkMachine } from './link.machine.js';
import type { PeerWorld } from './world.js';

export type LinkState = 'dialling' | 'handshaking' | 'syncing' | 'live' | 'suspect' | 'gone';

/** One wire of a link: more than one only while both sides dialled at once, or one began anew. */
interface Line {
  readonly wire: number;
  path: PathAddress;
  readonly dialled: boolean;
  readonly openedAt: number;
  /** The other end's HELLO came. */
  isGreeted: boolean;
  /** Another one took its place: closed then. */
  closeAt: number;
}

interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** What a link asks of those who have all of them. */
export interface LinkOwner {
  readonly world: PeerWorld;
  readonly self: PeerId;
  /** Starts a handshake. @returns the number of the wire it may become */
  dial(link: Link, to: PathAddress): number;
  abandon(wire: number): void;
  hangUp(wire: number, why: string): void;
  linked(link: Link): void;
  ended(link: Link): void;
}

/**
 * What connects one peer to another: the machine says how it stands, this does it. It is known by an address alone
 * until the other's HELLO names who is there.
 */
export class Link implements LinkPort {
  /** From the first HELLO on. */
  record: PeerRecord | undefined;
  /** Of the other end: one that begins anew gets another link. */
  life: Buffer | undefined;
  /** Frames may flow, or could once. */
  isLinked = false;
  /** Where it was dialled first. */
  readonly target: PathAddress | undefined;
  /** It was dialled to see who is there. */
  readonly isMet: boolean;
  /** Frames that overtook the HELLO. */
  #early: Frame[] = [];
  #earlyBytes = 0;
  readonly #owner: LinkOwner;
  readonly #machine: Actor<typeof linkMachine>;
  /** Addresses still to be tried, the likeliest first. */
  readonly #untried: PathAddress[];
  readonly #dials = new Set<number>();
  readonly #lines: Line[] = [];
  /** Why it is needed here. */
  readonly #needs = new Set<string>();
  #needsTold = 0;
  #isNeededThere = true;
  #needHeard = 0;
  #idleSince: number | undefined;

  /** Use `start` then. @param peer whom it must reach; undefined: whoever is there */
  constructor(
    owner: LinkOwner,
    public peer: PeerId | undefined,
    addresses: readonly PathAddress[],
  ) {
    this.#owner = owner;
    this.#untried = [...addresses];
    this.target = addresses[0];
    this.isMet = peer === undefined && this.target !== undefined;
    this.#machine = prepareMachine(owner.world, linkMachine, { port: this });
  }

  /** Dials, unless it is born with a wire. */
  start(wire?: number, path?: PathAddress, dialled = false): void {
    if (wire !== undefined && path !== undefined) this.#add(wire, path, dialled);
    this.#machine.start();
  }

  get state(): LinkState {
    return this.#machine.getSnapshot().value;
  }

  get isFlowing(): boolean {
    return this.isLinked && this.#lines.length > 0;
  }

  get wires(): readonly number[] {
    return this.#lines.map(({ wire }) => wire);
  }

  /** The wire in use. */
  get wire(): number | undefined {
    return this.#lines[0]?.wire;
  }

  get path(): PathAddress | undefined {
    return this.#lines[0]?.path;
  }

  get rttMs(): number | undefined {
    const wire = this.wire;
    return wire === undefined ? undefined : this.#owner.world.wires.rttMs(wire);
  }

  /** @returns false when nothing can be sent now */
  send(type: number, body: Uint8Array, lane: Lane): boolean {
    const wire = this.wire;
    return wire !== undefined && this.#owner.world.wires.send(wire, type, body, lane);
  }

  // ---- Whoever counts on it -----------------------------------------------------------------------------

  need(reason: string): void {
    this.#needs.add(reason);
    this.#tellNeed();
  }

  unneed(reason: string): void {
    if (this.#needs.delete(reason)) this.#tellNeed();
  }

  get isNeeded(): boolean {
    return this.#needs.size > 0;
  }

  /** The other end needs it, or not. */
  needed(count: number, isNeeded: boolean): void {
    if (count <= this.#needHeard) return;
    this.#needHeard = count;
    this.#isNeededThere = isNeeded;
  }

  synced(): void {
    this.#machine.send({ type: 'SYNCED' });
  }

  suspect(): void {
    this.#machine.send({ type: 'SUSPECTED' });
  }

  trust(): void {
    this.#machine.send({ type: 'TRUSTED' });
  }

  close(): void {
    this.#machine.send({ type: 'CLOSE' });
  }

  /** Closes what was needed by nobody for long enough, and wires whose place another has taken. */
  tick(now: number): void {
    for (const line of [...this.#lines]) {
      if (line.closeAt > now) continue;
      this.#lines.splice(this.#lines.indexOf(line), 1);
      this.#owner.hangUp(line.wire, 'another wire has taken its place');
    }
    if (!this.isLinked || this.isNeeded || this.#isNeededThere) {
      this.#idleSince = undefined;
      return;
    }
    this.#idleSince ??= now;
    if (now - this.#idleSince >= LINK_IDLE_MS) this.close();
  }

  // ---- Wires --------------------------------------------------------------------------------------------

  /** A handshake of this link's has proven whom it was meant for. */
  opened(wire: number, path: PathAddress): void {
    this.#dials.delete(wire);
    this.#add(wire, path, true);
    this.#machine.send({ type: 'OPENED' });
  }

  /** One of its handshakes came to nothing, or proved somebody else. */
  failed(wire: number): void {
    if (this.#dials.delete(wire)) this.dialNext();
  }

  /** The other end has said HELLO on one of its wires. */
  greeted(wire: number, life: Buffer, record: PeerRecord): void {
    const line = this.#lines.find((each) => each.wire === wire);
    if (line === undefined) return;
    line.isGreeted = true;
    this.life = life;
    if (this.record === undefined || record.version >= this.record.version) this.record = record;
    this.#choose();
    this.#machine.send({ type: 'GREETED' });
  }

  /** Takes a wire on which this link's peer was met by another. */
  adopt(other: Link, wire: number): void {
    const at = other.#lines.findIndex((each) => each.wire === wire);
    const [line] = other.#lines.splice(at, 1);
    if (line === undefined) return;
    this.#lines.push(line);
    this.#machine.send({ type: 'OPENED' });
  }

  /** Gives a wire away, for a link that begins with it. */
  release(wire: number): { readonly path: PathAddress; readonly dialled: boolean } | undefined {
    const at = this.#lines.findIndex((each) => each.wire === wire);
    return at < 0 ? undefined : this.#lines.splice(at, 1)[0];
  }

  closed(wire: number): void {
    const at = this.#lines.findIndex((each) => each.wire === wire);
    if (at < 0) return;
    this.#lines.splice(at, 1);
    if (this.#lines.length === 0) this.#machine.send({ type: 'LOST' });
    else this.#choose();
  }

  movedTo(wire: number, path: PathAddress): void {
    for (const line of this.#lines) if (line.wire === wire) line.path = path;
  }

  /** A frame that overtook the HELLO. @returns false when too many wait */
  keep(type: number, body: Buffer): boolean {
    if (this.#early.length >= FRAMES_BEFORE_HELLO_MAX) return false;
    if (this.#earlyBytes + body.length > BYTES_BEFORE_HELLO_MAX) return false;
    this.#early.push({ type, body: Buffer.from(body) });
    this.#earlyBytes += body.length;
    return true;
  }

  /** What came before the HELLO, once. */
  takeEarly(): readonly Frame[] {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    return early;
  }

  // ---- The machine's port -------------------------------------------------------------------------------

  dialNext(): void {
    if (this.#lines.length > 0) {
      this.#machine.send({ type: 'OPENED' });
      return;
    }
    const to = this.#untried.shift();
    if (to !== undefined) this.#dials.add(this.#owner.dial(this, to));
    else if (this.#dials.size === 0) this.#machine.send({ type: 'EXHAUSTED' });
  }

  hasMoreAddresses(): boolean {
    return this.#untried.length > 0;
  }

  abandonDials(): void {
    for (const wire of this.#dials) this.#owner.abandon(wire);
    this.#dials.clear();
  }

  link(): void {
    this.isLinked = true;
    this.#tellNeed();
    this.#owner.linked(this);
  }

  end(): void {
    for (const { wire } of this.#lines) this.#owner.hangUp(wire, 'not needed any more');
    this.#lines.length = 0;
    this.#owner.ended(this);
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #add(wire: number, path: PathAddress, dialled: boolean): void {
    const openedAt = this.#owner.world.clock.now();
    this.#lines.push({ wire, path, dialled, openedAt, isGreeted: false, closeAt: Number.POSITIVE_INFINITY });
  }

  /**
   * Puts the wire to be used first. Of two that were dialled by both sides at once the one dialled by the smaller id
   * stays, so that both choose alike; else the newer one, since the other side has a reason to dial again: it woke up
   * at another place. The smaller id closes what goes.
   */
  #choose(): void {
    const ready = this.#lines.filter(({ isGreeted }) => isGreeted);
    const [first, ...others] = ready;
    if (first === undefined) return;
    let best = first;
    for (const line of others) if (this.#isBetter(line, best)) best = line;
    const isChange = best !== this.#lines[0];
    this.#lines.splice(this.#lines.indexOf(best), 1);
    this.#lines.unshift(best);
    best.closeAt = Number.POSITIVE_INFINITY;
    if (isChange) this.#tellNeed();
    if (!this.#isSmaller) return;
    const closeAt = this.#owner.world.clock.now() + TWIN_LINGER_MS;
    for (const line of ready) if (line !== best) line.closeAt = Math.min(line.closeAt, closeAt);
  }

  #isBetter(line: Line, than: Line): boolean {
    const isAtOnce = Math.abs(line.openedAt - than.openedAt) <= TWIN_WINDOW_MS;
    if (!isAtOnce || line.dialled === than.dialled) return line.openedAt > than.openedAt;
    return line.dialled === this.#isSmaller;
  }

  get #isSmaller(): boolean {
    return this.#owner.self < (this.record?.contact.id ?? '');
  }

  #tellNeed(): void {
    if (!this.isLinked) return;
    this.#needsTold++;
    const body = needCodec.encode({ count: this.#needsTold, need: this.isNeeded });
    this.send(FrameType.Need, body, Lane.Control);
  }
}
