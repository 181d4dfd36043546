/** Peers that keep to nothing: they shake hands like others, and then say whatever a test wants. */
import type { WireHandler, Wires } from '../../src/actors/ring/world.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { clockAt } from '../../src/net/ring/clock.js';
import { GROUP_ID_BYTES, PeerState } from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { signDeath } from '../../src/net/ring/death.js';
import { type FeedEntry, NO_ENTRY, signEntry, type Words } from '../../src/net/ring/entry.js';
import { gossipFrame } from '../../src/net/ring/gossip/frames.js';
import { type Item, ItemKind } from '../../src/net/ring/gossip/item.js';
import { helloCodec } from '../../src/net/ring/hello.js';
import { type Identity, identityOf } from '../../src/net/ring/identity.js';
import { NeighboursFrame, StabiliseFrame, type View } from '../../src/net/ring/overlay/frames.js';
import { type PeerProfile, type PeerRecord, signRecord } from '../../src/net/ring/record.js';
import type { Contact } from '../../src/net/ring/types.js';
import { CloseCode, type CloseReason, Lane, type PathAddress } from '../../src/net/types.js';

export interface Overheard {
  readonly wire: number;
  readonly type: number;
  readonly body: Buffer;
}

const PATIENCE_MS = 5_000;

/** The `number`-th key that somebody may have made up. */
export function madeUp(number: number): Identity {
  const seed = Buffer.alloc(32, 0xee);
  seed.writeUInt32BE(number);
  return identityOf(seed);
}

export class Rogue implements WireHandler {
  readonly identity: Identity;
  readonly community: Buffer;
  readonly contact: Contact;
  readonly heard: Overheard[] = [];
  readonly ended: CloseReason[] = [];
  readonly open = new Set<number>();
  /** Bytes of frames. */
  bytesIn = 0;
  bytesOut = 0;
  /** Says HELLO when a wire opens. */
  isPolite = true;
  /** Answers whoever asks for its neighbours or whether it lives. */
  isAlive = true;
  /** The neighbours it claims to have. */
  view: View = { version: 1, predecessor: undefined, successors: [] };
  /** Its record: version, name... */
  profile: PeerProfile;
  readonly #wires: Wires;
  readonly #epoch: Buffer;
  #looking: (() => void)[] = [];

  constructor(wires: Wires, community: Buffer, identity: Identity, wall: number) {
    this.#wires = wires;
    this.identity = identity;
    this.community = community;
    this.contact = contactOf(community, identity.publicKey, wires.addresses);
    this.#epoch = identity.publicKey.subarray(0, 8);
    this.profile = {
      ...{ version: wall, state: PeerState.Online, name: 'mallory', cell: '', interests: [] },
      addresses: wires.addresses,
    };
    wires.handler = this;
  }

  // ---- Acting -------------------------------------------------------------------------------------------

  dial(to: PathAddress): number {
    return this.#wires.dial(to, PATIENCE_MS);
  }

  send(wire: number, type: number, body: Uint8Array): boolean {
    if (!this.#wires.send(wire, type, body, Lane.Control)) return false;
    this.bytesOut += body.length;
    return true;
  }

  hello(wire: number, record = this.record()): void {
    this.send(
      wire,
      FrameType.Hello,
      helloCodec.encode({ life: this.identity.publicKey.subarray(8, 16), seen: undefined, record }),
    );
  }

  hangUp(wire: number): void {
    this.open.delete(wire);
    this.#wires.close(wire, CloseCode.Done, '');
  }

  /** @param hops as it claims */
  gossip(wire: number, item: Item, hops = 1): boolean {
    return this.send(wire, FrameType.Gossip, gossipFrame.encode(item, hops));
  }

  // ---- Making up ----------------------------------------------------------------------------------------

  record(change: Partial<PeerProfile> = {}, identity = this.identity): PeerRecord {
    return signRecord(identity, this.community, { ...this.profile, ...change });
  }

  recordItem(change: Partial<PeerProfile>, identity = this.identity): Item {
    return { kind: ItemKind.Record, bytes: this.record(change, identity).bytes };
  }

  death(subject: PeerRecord, reporter = this.identity): Item {
    const { bytes } = signDeath(reporter, this.community, subject.contact.key, subject.version);
    return { kind: ItemKind.Death, bytes };
  }

  /** The first entry of a feed, unless told otherwise. @param at ms since 1970 */
  entry(text: string, at: number, words: Partial<Words> = {}, identity = this.identity): FeedEntry {
    return signEntry(identity, this.community, {
      group: Buffer.alloc(GROUP_ID_BYTES),
      epoch: this.#epoch,
      seq: 1,
      previous: NO_ENTRY,
      clock: clockAt(at),
      kind: 1,
      name: this.profile.name,
      body: Buffer.from(text),
      ...words,
    });
  }

  // ---- Hearing ------------------------------------------------------------------------------------------

  /** Bodies of the frames of that type that came. */
  of(type: number): Buffer[] {
    return this.heard.filter((each) => each.type === type).map(({ body }) => body);
  }

  /** Waits until that holds of what was heard; over a real network only. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#looking.push(resolve));
  }

  opened(wire: number): void {
    this.open.add(wire);
    if (this.isPolite) this.hello(wire);
    this.#look();
  }

  frame(wire: number, type: number, body: Buffer): void {
    this.heard.push({ wire, type, body: Buffer.from(body) });
    this.bytesIn += body.length;
    if (this.isAlive) this.#answer(wire, type, body);
    this.#look();
  }

  closed(wire: number, reason: CloseReason): void {
    this.open.delete(wire);
    this.ended.push(reason);
    this.#look();
  }

  failed(_wire: number, reason: CloseReason): void {
    this.ended.push(reason);
    this.#look();
  }

  wanted(): void {}
  chunk(): void {}
  supplied(): void {}

  #answer(wire: number, type: number, body: Buffer): void {
    const writer = new Writer(64, 1 << 16);
    if (type === FrameType.Stabilise) {
      const { number } = StabiliseFrame.decode(new Reader(body));
      this.send(wire, FrameType.Neighbours, NeighboursFrame.encode(writer, number, this.view, false));
    } else if (type === FrameType.Probe) {
      this.send(wire, FrameType.Probed, body);
    }
  }

  #look(): void {
    for (const look of this.#looking.splice(0)) look();
  }
}
