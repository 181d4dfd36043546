/**
 * What an inspector is shown of a running system, and what it may ask for. All of it is JSON; nothing here ever holds
 * a text that people wrote, a key or a password: states, counts, names of events and the facts an actor tells of itself.
 */

/** One actor in the tree. `actor` is written `room/17`, and is unique together with `thread`. */
export interface ActorRow {
  readonly thread: string;
  readonly actor: string;
  /** Id of its machine's chart; undefined for an actor without one. */
  readonly machine: string | undefined;
  /** As `HostedMachine.describe` writes it: `open.talking`; empty while nothing is known. */
  readonly state: string;
  readonly mailbox: number;
  readonly restarts: number;
  readonly life: 'live' | 'restarting' | 'stopping' | 'given up';
}

export interface ThreadRow {
  readonly name: string;
  /** 0 at first, one more for each time it was respawned. */
  readonly generation: number;
  readonly up: boolean;
  readonly actors: number;
  readonly deadLetters: number;
  readonly handled: number;
  readonly mailbox: number;
  readonly loopDelayP99Ms: number;
}

/** Something that went wrong: a restart with its cause, a thread that died, a dead letter. */
export interface Mishap {
  /** Counts up over the life of the process, so that nobody shows one twice. */
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: 'restart' | 'given up' | 'thread died' | 'thread back' | 'dead letter';
  readonly thread: string;
  readonly actor: string;
  /** One line. */
  readonly cause: string;
}

/** One thing that the chosen actor did or got. */
export interface ActorEvent {
  readonly seq: number;
  readonly at: string;
  readonly kind: 'in' | 'out' | 'edge' | 'state' | 'life';
  /** The message's name, the event's type, or the state. */
  readonly name: string;
  /** Who sent it, or to whom it went; empty for edges and states. */
  readonly other: string;
  readonly bytes: number;
  /** Ids of `ChartEdge`s just taken. */
  readonly edges: readonly string[];
  /** Messages before it that the sampling left out. */
  readonly skipped: number;
}

/** Everything about the one actor that a watcher has chosen. */
export interface ActorDetail {
  readonly row: ActorRow;
  /** Ids of all states that are active now, outer ones too: those to light. */
  readonly active: readonly string[];
  readonly facts: Readonly<Record<string, string | number>>;
}

/** A ring that this process takes part in. */
export interface RingRow {
  /** The one that holds the ring, as the tree calls it. */
  readonly thread: string;
  /** What its people call it; untrusted text. */
  readonly name: string;
  /** Undefined until it was looked at, which is done for those alone who want to see it. */
  readonly sight: RingSight | undefined;
}

/** A ring as one peer sees it, for the drawing. Places are 0 to 1 clockwise. */
export interface RingSight {
  readonly state: string;
  readonly self: RingDot;
  readonly dots: readonly RingDot[];
}

export interface RingDot {
  /** Fingerprint of its key. */
  readonly key: string;
  /** As people know them; untrusted text. */
  readonly name: string;
  readonly place: number;
  /** `both`: the next one clockwise, and the one before. `other`: linked beyond these. `known`: not linked. */
  readonly role: 'self' | 'successor' | 'predecessor' | 'both' | 'long' | 'other' | 'known';
  /** What we have with it. `broken`: there was a link, and nothing is heard. */
  readonly link: 'live' | 'suspect' | 'broken' | 'none';
  readonly lagMs: number | undefined;
}

/**
 * At most ten a second to each watcher; each holds what changed since the one before. The first holds everything, and
 * so does one after a watcher fell behind (`whole`).
 */
export interface Frame {
  readonly whole: boolean;
  /** ISO 8601. */
  readonly at: string;
  readonly threads?: readonly ThreadRow[];
  /** New or changed ones. */
  readonly actors?: readonly ActorRow[];
  /** `thread actor` of those that are no more. */
  readonly gone?: readonly string[];
  readonly mishaps?: readonly Mishap[];
  readonly detail?: ActorDetail;
  readonly events?: readonly ActorEvent[];
  /** All there are, when one came, went or is seen otherwise. */
  readonly rings?: readonly RingRow[];
}

/** What one watcher has on its screen; replaces what it asked for before. */
export interface Interest {
  /** `thread actor` of the chosen one. */
  readonly chosen: string | undefined;
  readonly ring: boolean;
}
