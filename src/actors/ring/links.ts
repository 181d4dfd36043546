import { Bucket } from '../../net/bucket.js';
import { Malformed, Reader } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import { fewOfEachNetwork } from '../../net/ring/addresses.js';
import {
  DIAL_PATIENCE_MS,
  HELLOS_BURST,
  HELLOS_PER_S,
  LIFE_BYTES,
  PEER_LINKS_MAX,
} from '../../net/ring/constants.js';
import { helloCodec, needCodec } from '../../net/ring/hello.js';
import { handshakeKeyOf, handshakeKeys } from '../../net/ring/identity.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { Contact, PeerId } from '../../net/ring/types.js';
import { CloseCode, type CloseReason, Lane, type PathAddress } from '../../net/types.js';
import { addressKey } from './address-key.js';
import { Guests } from './guests.js';
import { Link, type LinkOwner } from './link.js';
import { News } from './news.js';
import type { PeerWorld } from './world.js';

/** How often links are looked through for what is not needed any more. */
const LOOK_EVERY_MS = 1_000;
/** Addresses under which we met ourselves. */
const OWN_ADDRESSES_MAX = 32;

/** What the links ask of the peer around them. `linked`, `unlinked` and `unreachable` come from `drain` only. */
export interface LinksPort {
  /** There is something to `drain`. */
  happened(): void;
  /** One's own record as it is now. */
  record(): PeerRecord;
  /** @param isMet it was dialled by its address alone */
  linked(record: PeerRecord, isMet: boolean): void;
  unlinked(peer: PeerId): void;
  /** Dialled in vain. */
  unreachable(peer: PeerId): void;
  /** A frame of a link; may throw Malformed. */
  frame(from: PeerId, type: number, body: Reader): void;
  /** Whoever answers there is of another community, or has another key of it. */
  foreign(address: PathAddress): void;
  /** A peer says where it sees us. */
  seen(address: PathAddress, by: PeerId): void;
}

/** Counts from the start. */
export interface LinkFigures {
  opened: number;
  /** HELLOs under a key that the handshake had not proven, and frames that broke the protocol. */
  refused: number;
  /** Wires for which there was no place: too many of others, above all from the same network. */
  crowded: number;
  framesIn: number;
  framesOut: number;
  bytesOut: number;
}

/** Every link of a peer, by who is at its other end. Everything that enters or leaves the peer passes here. */
export class Links implements LinkOwner {
  readonly figures: LinkFigures = {
    opened: 0,
    refused: 0,
    crowded: 0,
    framesIn: 0,
    framesOut: 0,
    bytesOut: 0,
  };
  readonly #community: Buffer;
  readonly #port: LinksPort;
  readonly #life = Buffer.alloc(LIFE_BYTES);
  readonly #handshakeKey: Buffer;
  /** One per peer, and those that are only known by an address. */
  readonly #byPeer = new Map<PeerId, Link>();
  readonly #all = new Set<Link>();
  readonly #guests = new Guests();
  readonly #byWire = new Map<
    number,
    { readonly link: Link; readonly key: Buffer; readonly path: PathAddress; readonly hellos: Bucket }
  >();
  readonly #dials = new Map<number, { readonly link: Link; readonly to: PathAddress }>();
  /** Where nobody but ourselves is. */
  readonly #own = new Set<string>();
  readonly #reader = new Reader();
  readonly #news: News;
  #needs = 0;
  #lookAt: number;

  constructor(
    readonly world: PeerWorld,
    readonly self: PeerId,
    community: Buffer,
    port: LinksPort,
  ) {
    this.#community = community;
    this.#port = port;
    this.#news = new News(() => port.happened());
    this.#handshakeKey = handshakeKeys(world.identity).publicKey;
    this.#lookAt = world.clock.now() + LOOK_EVERY_MS;
    world.random(this.#life);
  }

  get all(): ReadonlySet<Link> {
    return this.#all;
  }

  /** Peers to which frames flow. */
  get count(): number {
    let count = 0;
    for (const { isFlowing } of this.#byPeer.values()) if (isFlowing) count++;
    return count;
  }

  find(peer: PeerId): Link | undefined {
    return this.#byPeer.get(peer);
  }

  send(to: PeerId, type: number, body: Uint8Array, lane: Lane = Lane.Control): boolean {
    const link = this.#byPeer.get(to);
    if (link === undefined || !link.isFlowing || !link.send(type, body, lane)) return false;
    this.figures.framesOut++;
    this.figures.bytesOut += body.length;
    return true;
  }

  /** A link to that peer is needed for that reason: there is one, or it is dialled. */
  need(contact: Contact, reason: string): void {
    if (contact.id === this.self) return;
    let link = this.#byPeer.get(contact.id);
    if (link === undefined) {
      if (this.#all.size >= PEER_LINKS_MAX) {
        this.#news.tell(() => this.#port.unreachable(contact.id));
        return;
      }
      const addresses = fewOfEachNetwork(
        contact.addresses.filter((address) => !this.#own.has(addressKey(address))),
      );
      link = this.#begin(contact.id, addresses);
      link.need(reason);
      link.start();
    } else link.need(reason);
  }

  /** Who is at the other end of a wire, once that is known. */
  peerOf(wire: number): PeerId | undefined {
    const link = this.#byWire.get(wire)?.link;
    return link?.isLinked === true ? link.peer : undefined;
  }

  /** Frames flow, and nobody suspects the other end. */
  isLive(peer: PeerId): boolean {
    const link = this.#byPeer.get(peer);
    return link?.isFlowing === true && link.state !== 'suspect';
  }

  unneed(peer: PeerId, reason: string): void {
    this.#byPeer.get(peer)?.unneed(reason);
  }

  /** Dials an address to see who is there, unless somebody there is linked or being dialled. */
  meet(address: PathAddress): void {
    const key = addressKey(address);
    if (this.#own.has(key) || this.#all.size >= PEER_LINKS_MAX) return;
    for (const { path, target } of this.#all) {
      const there = path ?? target;
      if (there !== undefined && addressKey(there) === key) return;
    }
    this.#begin(undefined, [address]).start();
  }

  /** An address is being dialled, and nobody knows who is there. */
  get isMeeting(): boolean {
    for (const { peer, isMet } of this.#all) if (peer === undefined && isMet) return true;
    return false;
  }

  /** Ends the link with a dead or unwanted peer. */
  drop(peer: PeerId): void {
    this.#byPeer.get(peer)?.close();
  }

  closeAll(): void {
    for (const link of [...this.#all]) link.close();
  }

  /** Tells what has happened to links. */
  drain(): void {
    this.#news.drain();
  }

  tick(now: number): void {
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_EVERY_MS;
    for (const link of [...this.#all]) link.tick(now);
  }

  deadline(): number {
    return this.#all.size === 0 ? Number.POSITIVE_INFINITY : this.#lookAt;
  }

  // ---- From the wires -----------------------------------------------------------------------------------

  opened(wire: number, key: Buffer, path: PathAddress, dialled: boolean): void {
    const dial = this.#dials.get(wire)?.link;
    this.#dials.delete(wire);
    if (key.equals(this.#handshakeKey)) {
      this.#meetOurselves(wire, path, dial);
      return;
    }
    this.figures.opened++;
    const expected = dial?.peer === undefined ? undefined : handshakeKeyOf(Buffer.from(dial.peer, 'hex'));
    if (dial !== undefined && (expected === undefined || expected.equals(key))) {
      this.#byWire.set(wire, { link: dial, key: Buffer.from(key), path, hellos: this.#hellos() });
      dial.opened(wire, path);
    } else {
      // Somebody else lives there now: an address is only a hint. Whoever it is, they are met.
      dial?.failed(wire);
      if (!this.#guests.admits(path.address)) {
        this.figures.crowded++;
        this.world.wires.close(wire, CloseCode.Limit, 'too many links');
        return;
      }
      const link = this.#begin(undefined, []);
      this.#guests.add(link, path.address);
      this.#byWire.set(wire, { link, key: Buffer.from(key), path, hellos: this.#hellos() });
      link.start(wire, path, dialled);
    }
    this.#greet(wire, path);
  }

  failed(wire: number, { code }: CloseReason): void {
    const dial = this.#dials.get(wire);
    this.#dials.delete(wire);
    if (dial !== undefined && code === CloseCode.Foreign) this.#port.foreign(dial.to);
    dial?.link.failed(wire);
  }

  closed(wire: number, _reason: CloseReason): void {
    const known = this.#byWire.get(wire);
    this.#byWire.delete(wire);
    known?.link.closed(wire);
  }

  /** The other end of a wire has another address now. */
  moved(wire: number, path: PathAddress): void {
    this.#byWire.get(wire)?.link.movedTo(wire, path);
  }

  /** @throws Malformed for what no honest peer sends; the wire is closed then */
  frame(wire: number, type: number, body: Buffer): void {
    const known = this.#byWire.get(wire);
    if (known === undefined) return;
    this.figures.framesIn++;
    try {
      this.#take(known.link, wire, type, body);
    } catch (error) {
      if (error instanceof Malformed) this.figures.refused++;
      throw error;
    }
  }

  // ---- From the links -----------------------------------------------------------------------------------

  dial(link: Link, to: PathAddress): number {
    const wire = this.world.wires.dial(to, DIAL_PATIENCE_MS);
    this.#dials.set(wire, { link, to });
    return wire;
  }

  abandon(wire: number): void {
    this.#dials.delete(wire);
    this.world.wires.abandon(wire);
  }

  hangUp(wire: number, why: string): void {
    this.#byWire.delete(wire);
    this.world.wires.close(wire, CloseCode.Done, why);
  }

  countNeed(): number {
    this.#needs++;
    return this.#needs;
  }

  linked(link: Link): void {
    const { record, isMet } = link;
    if (record !== undefined) this.#news.tell(() => this.#port.linked(record, isMet));
  }

  ended(link: Link): void {
    this.#all.delete(link);
    this.#guests.delete(link);
    const { peer } = link;
    if (peer === undefined || this.#byPeer.get(peer) !== link) return;
    this.#byPeer.delete(peer);
    const { isLinked } = link;
    this.#news.tell(() => (isLinked ? this.#port.unlinked(peer) : this.#port.unreachable(peer)));
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #begin(peer: PeerId | undefined, addresses: readonly PathAddress[]): Link {
    const link = new Link(this, peer, addresses);
    this.#all.add(link);
    if (peer !== undefined) this.#byPeer.set(peer, link);
    return link;
  }

  #take(link: Link, wire: number, type: number, body: Buffer): void {
    if (type === FrameType.Hello) {
      this.#greeted(wire, body);
    } else if (!link.isLinked || link.peer === undefined) {
      if (!link.keep(type, body)) throw new Malformed('too much before HELLO');
    } else if (type === FrameType.Need) {
      const { count, need } = needCodec.decode(this.#reader.reset(body));
      link.needed(count, need);
    } else {
      this.#port.frame(link.peer, type, this.#reader.reset(body));
    }
  }

  #greeted(wire: number, body: Buffer): void {
    const known = this.#byWire.get(wire);
    if (known === undefined) return;
    // Each costs a signature to check, and may be a link to begin anew.
    if (known.hellos.take(this.world.clock.now()) > 0) throw new Malformed('HELLO again and again');
    const { life, seen, record } = helloCodec.decode(
      this.#reader.reset(body),
      this.#community,
      this.world.verify,
    );
    const { id, key } = record.contact;
    if (known.link.peer !== undefined && known.link.peer !== id)
      throw new Malformed('a HELLO of another peer');
    // The key that signs and the key that shook hands must be one: else a record could be shown by anyone.
    if (handshakeKeyOf(key)?.equals(known.key) !== true)
      throw new Malformed('a HELLO under a key not proven');
    const link = this.#settle(known.link, wire, id, life);
    link.greeted(wire, life, record);
    // Frames follow on its heels: the parts hear first that there is a link.
    this.drain();
    if (seen !== undefined) this.#port.seen(seen, id);
    for (const { type, body: early } of link.takeEarly()) this.#take(link, wire, type, early);
  }

  /** Whose link the wire belongs to, now that it is known who is there. */
  #settle(met: Link, wire: number, id: PeerId, life: Buffer): Link {
    const isRenewed = met.life !== undefined && !met.life.equals(life);
    const link = isRenewed ? this.#renew(met, wire) : met;
    let other = this.#byPeer.get(id);
    if (other === link) return link;
    if (other?.life !== undefined && !other.life.equals(life)) {
      // It began anew: what it knew of this link is gone.
      other.close();
      other = this.#byPeer.get(id);
    }
    if (other === undefined || other === link) {
      link.peer = id;
      this.#byPeer.set(id, link);
      return link;
    }
    const known = this.#byWire.get(wire);
    if (known !== undefined) this.#byWire.set(wire, { ...known, link: other });
    other.adopt(link, wire);
    link.close();
    return other;
  }

  /** The program at the other end began anew over the same connection: it knows nothing of the link there was. */
  #renew(link: Link, wire: number): Link {
    const known = this.#byWire.get(wire);
    const released = link.release(wire);
    link.close();
    const fresh = this.#begin(undefined, []);
    if (known === undefined || released === undefined) return fresh;
    this.#byWire.set(wire, { ...known, link: fresh });
    if (!released.dialled) this.#guests.add(fresh, released.path.address);
    fresh.start(wire, released.path, released.dialled);
    this.#greet(wire, released.path);
    return fresh;
  }

  #greet(wire: number, path: PathAddress): void {
    const hello = helloCodec.encode({ life: this.#life, seen: path, record: this.#port.record() });
    this.world.wires.send(wire, FrameType.Hello, hello, Lane.Control);
  }

  #hellos(): Bucket {
    return new Bucket(HELLOS_PER_S, HELLOS_BURST, this.world.clock.now());
  }

  #meetOurselves(wire: number, path: PathAddress, dial: Link | undefined): void {
    if (this.#own.size < OWN_ADDRESSES_MAX) this.#own.add(addressKey(path));
    this.world.wires.close(wire, CloseCode.Done, 'that is oneself');
    dial?.failed(wire);
  }
}
