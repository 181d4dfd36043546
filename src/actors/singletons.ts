/** The actors of which a server has one each, wherever the composition places them. */
import { Kind } from './runtime/actor.js';

export const IO = { kind: Kind.Io, key: 0 } as const;
export const PRESENCE = { kind: Kind.Presence, key: 0 } as const;
export const REGISTRY = { kind: Kind.Registry, key: 0 } as const;
export const STORE = { kind: Kind.Store, key: 0 } as const;
export const FILES = { kind: Kind.Files, key: 0 } as const;
export const GROUPS = { kind: Kind.Groups, key: 0 } as const;
export const BLOBS = { kind: Kind.Blobs, key: 0 } as const;

/** The actors of a peer of the ring. */
export const RING = { kind: Kind.Ring, key: 0 } as const;
export const WIRE = { kind: Kind.Wire, key: 0 } as const;
