import type { Actor } from 'xstate';
import { FrameType } from '../../net/constants.js';
import { fingerprint } from '../../net/fingerprint.js';
import { BYTES_BEFORE_HELLO_MAX, FRAMES_BEFORE_HELLO_MAX, LINK_IDLE_MS } from '../../net/ring/constants.js';
import { needCodec } from '../../net/ring/hello.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { PeerId } from '../../net/ring/types.js';
import { Lane, type PathAddress } from '../../net/types.js';
import { prepareMachine } from '../inner-machine.js';
import { type LinkPort, linkMachine } from './link.machine.js';
import { LinkWires } from './link-wires.js';
import type { PeerWorld } from './world.js';

export type LinkState = 'dialling' | 'handshaking' | 'syncing' | 'live' | 'suspect' | 'gone';

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
  /**
   * A number above all before it: NEEDs overtake each other, and the other end may take a link that begins here for the
   * one that it still has.
   */
  countNeed(): number;
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
  readonly #wires = new LinkWires();
  /** Why it is needed here. */
  readonly #needs = new Set<string>();
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
    this.#machine = prepareMachine(owner.world, linkMachine, { port: this }, () => this.#facts());
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
    return this.isLinked && this.#wires.first !== undefined;
  }

  /** The wire in use. */
  get wire(): number | undefined {
    return this.#wires.first?.wire;
  }

  get path(): PathAddress | undefined {
    return this.#wires.first?.path;
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
    for (const { wire } of this.#wires.due(now)) this.#owner.hangUp(wire, 'another wire has taken its place');
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
    const held = this.#wires.find(wire);
    if (held === undefined) return;
    held.isGreeted = true;
    this.life = life;
    if (this.record === undefined || record.version >= this.record.version) this.record = record;
    this.#choose();
    this.#machine.send({ type: 'GREETED' });
  }

  /** Takes a wire on which this link's peer was met by another. */
  adopt(other: Link, wire: number): void {
    const held = other.#wires.remove(wire);
    if (held === undefined) return;
    this.#wires.add(held);
    this.#machine.send({ type: 'OPENED' });
  }

  /** Gives a wire away, for a link that begins with it. */
  release(wire: number): { readonly path: PathAddress; readonly dialled: boolean } | undefined {
    return this.#wires.remove(wire);
  }

  closed(wire: number): void {
    if (this.#wires.remove(wire) === undefined) return;
    if (this.#wires.first === undefined) this.#machine.send({ type: 'LOST' });
    else this.#choose();
  }

  movedTo(wire: number, path: PathAddress): void {
    const held = this.#wires.find(wire);
    if (held !== undefined) held.path = path;
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
    if (this.#wires.first !== undefined) {
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
    for (const { wire } of this.#wires.clear()) this.#owner.hangUp(wire, 'not needed any more');
    this.#owner.ended(this);
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #add(wire: number, path: PathAddress, dialled: boolean): void {
    const openedAt = this.#owner.world.clock.now();
    this.#wires.add({ wire, path, dialled, openedAt, isGreeted: false, closeAt: Number.POSITIVE_INFINITY });
  }

  /** For an inspector; keys are shown by their fingerprints, as everywhere. */
  #facts(): Record<string, string | number> {
    const { peer, rttMs, isNeeded } = this;
    return {
      ...(peer === undefined ? {} : { peer: fingerprint(Buffer.from(peer, 'hex')) }),
      ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }),
      wires: this.#wires.all.length,
      needed: isNeeded ? 1 : 0,
    };
  }

  #choose(): void {
    const { self, world } = this.#owner;
    const isSmaller = self < (this.record?.contact.id ?? '');
    if (this.#wires.choose(isSmaller, world.clock.now())) this.#tellNeed();
  }

  #tellNeed(): void {
    if (!this.isLinked) return;
    const body = needCodec.encode({ count: this.#owner.countNeed(), need: this.isNeeded });
    this.send(FrameType.Need, body, Lane.Control);
  }
}
