import type { HostPort } from '../../chat/address.js';
import type { ClientEvent } from '../../chat/events.js';
import type { Inspectable } from '../inspect/inspectable.js';
import type { Whereabouts } from '../jobs/cities.js';
import type { Commands } from './commands.js';

export interface RingOptions {
  /** The data folder (`--data`); the platform's own without it. */
  readonly data?: string;
  /** The community's name, as `parseCommunity` gives it. */
  readonly community: string;
  /** Of a closed community: the key of its invite link, 32 bytes. */
  readonly secret?: Buffer;
  /** The community shall be closed: at the first start a key is made and kept, which invite links carry. */
  readonly closed?: boolean;
  readonly listen: HostPort;
  /** Where others may be: from `--peer` and from the invite link. Those of last time are known besides. */
  readonly peers: readonly HostPort[];
  readonly nick: string;
  readonly interests: readonly string[];
  /** Absent: the place is not shared. */
  readonly place?: Whereabouts;
  /** Place and interests are kept for the next start, and are those of the last one where none are given. */
  readonly keeps?: boolean;
  /** Looks for others on the local network, and is found there; never on a loopback address. */
  readonly lan: boolean;
  /** Events in order, one batch per turn. */
  readonly onEvent: (events: ClientEvent[]) => void;
}

/** A running peer: `quit` leaves the ring and tells the others, `close` ends its threads. */
export interface Ring extends Commands {
  readonly host: string;
  /** The one it got, when port 0 was asked for. */
  readonly port: number;
  /** Fingerprint of its key. */
  readonly key: string;
  /** The name of the community it is in. */
  readonly community: string;
  /** What an inspector looks into. */
  readonly inspectable: Inspectable;
  close(): Promise<void>;
}
