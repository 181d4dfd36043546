import { Writer } from '../../bytes.js';
import type { Contact } from '../types.js';
import type { Chance } from './chance.js';
import type { Acquaintance, Known } from './known.js';
import type { Pointers } from './pointers.js';
import type { OverlayCounters, OverlayPort } from './port.js';

/** One frame is written at a time on a thread. */
export const writer = new Writer(2048);

/** What the pieces of an overlay have in common. */
export interface Shared {
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Uint8Array;
  readonly port: OverlayPort;
  readonly chance: Chance;
  readonly acquaintance: Acquaintance;
  readonly pointers: Pointers;
  readonly counters: OverlayCounters;
  /** Something is another way than it was: pointers are made anew soon. */
  look(now: number): void;
  /** A link is wanted for a moment, to see what they are good for. */
  attempt(known: Known, now: number): void;
}
