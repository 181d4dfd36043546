import { mergeAddresses } from '../../net/ring/addresses.js';
import { PeerState } from '../../net/ring/constants.js';
import { type PeerProfile, type PeerRecord, signRecord } from '../../net/ring/record.js';
import type { PathAddress } from '../../net/types.js';
import type { Rows } from '../../store/feeds/types.js';
import { addressKey } from './address-key.js';
import type { PeerWorld } from './world.js';

const KEY = 'version';
const VERSION_BYTES = 6;
const VERSION_MAX = 2 ** (8 * VERSION_BYTES) - 1;
/** Addresses at which others say they see us, the newest last. */
const SEEN_MAX = 8;
/** So many must have seen us at one address before others are told: one alone may be wrong, or lie. */
const SEEN_BY = 2;

export type Profile = Pick<PeerProfile, 'name' | 'cell' | 'interests'>;

/** What this peer says about itself. Every change makes a record of a higher version, over restarts too. */
export class OwnRecord {
  readonly #world: PeerWorld;
  readonly #community: Buffer;
  readonly #rows: Rows;
  /** Addresses at which others see us, and who said so. */
  readonly #seen = new Map<string, { readonly address: PathAddress; readonly by: Set<string> }>();
  #record: PeerRecord;

  /** @param rows the table of versions, which lasts */
  constructor(world: PeerWorld, community: Buffer, rows: Rows, profile: Profile) {
    this.#world = world;
    this.#community = community;
    this.#rows = rows;
    this.#record = this.#sign({ ...profile, state: PeerState.Online });
  }

  get now(): PeerRecord {
    return this.#record;
  }

  /** Others know a record of this key by that version: the next one is newer. Only the key's owner can have signed it. */
  heard(version: number): void {
    if (version > this.#last && version < VERSION_MAX) this.#keep(version);
  }

  /** Says something else from now on; with nothing to change, the same under a new version. */
  change(change: Partial<Profile & { readonly state: PeerState }>): PeerRecord {
    this.#record = this.#sign({ ...this.#record, ...change });
    return this.#record;
  }

  /** Somebody sees us there. @param by something that one liar cannot have many of: their address */
  seen(address: PathAddress, by: string): void {
    const key = addressKey(address);
    const known = this.#seen.get(key) ?? { address, by: new Set<string>() };
    this.#seen.delete(key);
    this.#seen.set(key, known);
    if (known.by.size < SEEN_BY) known.by.add(by);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** Whether it names other addresses than those we have now. */
  get isOutdated(): boolean {
    const said = this.#record.addresses.map(addressKey);
    const have = this.#addresses().map(addressKey);
    return said.length !== have.length || have.some((key) => !said.includes(key));
  }

  #sign(profile: Omit<PeerProfile, 'version' | 'addresses'>): PeerRecord {
    const version = Math.max(this.#world.clock.wall(), this.#last + 1);
    this.#keep(version);
    const { state, name, cell, interests } = profile;
    const addresses = this.#addresses();
    return signRecord(this.#world.identity, this.#community, {
      version,
      state,
      name,
      cell,
      interests,
      addresses,
    });
  }

  /** The highest version that was used, over restarts too. */
  get #last(): number {
    return this.#rows.get(KEY)?.readUIntBE(0, VERSION_BYTES) ?? 0;
  }

  #keep(version: number): void {
    const bytes = Buffer.alloc(VERSION_BYTES);
    bytes.writeUIntBE(version, 0, VERSION_BYTES);
    this.#rows.put(KEY, bytes);
  }

  #addresses(): PathAddress[] {
    const own = this.#world.wires.addresses;
    const known = new Set(own.map(addressKey));
    const seen = [...this.#seen.values()]
      .filter(({ address, by }) => by.size >= SEEN_BY && !known.has(addressKey(address)))
      .map(({ address }) => address);
    return mergeAddresses(own, seen.reverse());
  }
}
