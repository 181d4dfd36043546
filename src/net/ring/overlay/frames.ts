/**
 * The overlay's frames. Whatever a list could be is bounded before anything of it is kept.
 *
 *     STABILISE   number varint, flags u8, version u32
 *     NEIGHBOURS  number varint, flags u8, version u32, [contact], count u8 x contact
 *     PROBE, PROBED, PROBED_FOR   number varint
 *     PROBE_FOR   number varint, contact
 *     FIND        number varint, place u64, hops u8
 *     FOUND       number varint, has u8, [contact], count u8 x contact
 *     LINKS       count u8 x the first 32 bits of a place
 */
import { Malformed, type Reader, type Writer } from '../../bytes.js';
import { FOUND_CONTACTS_MAX, LINKS_MAX, RING_PLACES, SUCCESSORS_MAX } from '../constants.js';
import { writeContact } from '../contact.js';
import { type Place, roughly } from '../place.js';
import type { Contact } from '../types.js';
import { readCachedContact } from './contact-cache.js';

/** Of STABILISE. */
export const Asking = {
  /** "You are my first successor": the other one may take the sender as its predecessor (Zave's rectify). */
  Successor: 1,
  /** "Tell me when your list changes." */
  Follow: 2,
} as const;

/** Of NEIGHBOURS. */
const Telling = { Leaving: 1, Unchanged: 2, Predecessor: 4, Joining: 8 } as const;

export interface Stabilise {
  readonly number: number;
  readonly flags: number;
  /** Of the NEIGHBOURS that its sender has; 0 when it has none. */
  readonly version: number;
}

/** A peer's pointers as it tells them. */
export interface View {
  readonly version: number;
  readonly predecessor: Contact | undefined;
  /** Clockwise from that peer, the nearest first. */
  readonly successors: readonly Contact[];
  /** It has not found its place yet: its list is whoever it has met, and passes over others. */
  readonly isJoining?: boolean;
}

export interface Neighbours {
  /** Of the STABILISE it answers; 0 when nobody asked. */
  readonly number: number;
  readonly leaving: boolean;
  /** Undefined when it is still the one whose version was asked with. */
  readonly view: View | undefined;
}

export const StabiliseFrame = {
  encode(writer: Writer, { number, flags, version }: Stabilise): Buffer {
    return writer.reset().varint(number).u8(flags).u32(version).view();
  },
  decode(reader: Reader): Stabilise {
    return { number: reader.varint(), flags: reader.u8(), version: reader.u32() };
  },
};

export const NeighboursFrame = {
  encode(writer: Writer, number: number, view: View, leaving: boolean): Buffer {
    const { predecessor, successors, version, isJoining = false } = view;
    const flags =
      (leaving ? Telling.Leaving : 0) |
      (predecessor === undefined ? 0 : Telling.Predecessor) |
      (isJoining ? Telling.Joining : 0);
    writer.reset().varint(number).u8(flags).u32(version);
    if (predecessor !== undefined) writeContact(writer, predecessor);
    writeContacts(writer, successors, SUCCESSORS_MAX);
    return writer.view();
  },
  /** What was asked with is still so. */
  unchanged(writer: Writer, number: number, version: number): Buffer {
    return writer.reset().varint(number).u8(Telling.Unchanged).u32(version).view();
  },
  /** @throws Malformed */
  decode(reader: Reader, community: Uint8Array): Neighbours {
    const number = reader.varint();
    const flags = reader.u8();
    const version = reader.u32();
    const leaving = (flags & Telling.Leaving) !== 0;
    if ((flags & Telling.Unchanged) !== 0) return { number, leaving, view: undefined };
    const predecessor =
      (flags & Telling.Predecessor) === 0 ? undefined : readCachedContact(reader, community);
    const successors = readContacts(reader, SUCCESSORS_MAX, community);
    const isJoining = (flags & Telling.Joining) !== 0;
    return { number, leaving, view: { version, predecessor, successors, isJoining } };
  },
};

export const ProbeForFrame = {
  encode(writer: Writer, number: number, contact: Contact): Buffer {
    writer.reset().varint(number);
    writeContact(writer, contact);
    return writer.view();
  },
  /** @throws Malformed */
  decode(reader: Reader, community: Uint8Array): { readonly number: number; readonly contact: Contact } {
    return { number: reader.varint(), contact: readCachedContact(reader, community) };
  },
};

export interface Find {
  readonly number: number;
  readonly place: Place;
  /** How many more peers it may pass. */
  readonly hops: number;
}

export const FindFrame = {
  encode(writer: Writer, { number, place, hops }: Find): Buffer {
    return writer.reset().varint(number).u64(place).u8(hops).view();
  },
  /** @throws Malformed */
  decode(reader: Reader): Find {
    return { number: reader.varint(), place: readPlace(reader), hops: reader.u8() };
  },
};

/** Who is around a place, as somebody near it sees them. */
export interface Around {
  /** The last one before it. */
  readonly predecessor: Contact | undefined;
  /** At the place and behind it, clockwise. */
  readonly successors: readonly Contact[];
}

export const FoundFrame = {
  encode(writer: Writer, number: number, { predecessor, successors }: Around): Buffer {
    writer
      .reset()
      .varint(number)
      .u8(predecessor === undefined ? 0 : 1);
    if (predecessor !== undefined) writeContact(writer, predecessor);
    writeContacts(writer, successors, FOUND_CONTACTS_MAX);
    return writer.view();
  },
  /** @throws Malformed */
  decode(reader: Reader, community: Uint8Array): { readonly number: number; readonly around: Around } {
    const number = reader.varint();
    const predecessor = reader.u8() === 0 ? undefined : readCachedContact(reader, community);
    return {
      number,
      around: { predecessor, successors: readContacts(reader, FOUND_CONTACTS_MAX, community) },
    };
  },
};

export const LinksFrame = {
  encode(writer: Writer, places: readonly Place[]): Buffer {
    const some = places.slice(0, LINKS_MAX);
    writer.reset().u8(some.length);
    for (const place of some) writer.u32(roughly(place));
    return writer.view();
  },
  /** @returns places as `roughly` gives them @throws Malformed */
  decode(reader: Reader): Uint32Array {
    const count = reader.u8();
    if (count > LINKS_MAX) throw new Malformed('too many links');
    const places = new Uint32Array(count);
    for (let index = 0; index < count; index++) places[index] = reader.u32();
    return places;
  },
};

function writeContacts(writer: Writer, contacts: readonly Contact[], max: number): void {
  const some = contacts.length > max ? contacts.slice(0, max) : contacts;
  writer.u8(some.length);
  for (const contact of some) writeContact(writer, contact);
}

function readContacts(reader: Reader, max: number, community: Uint8Array): Contact[] {
  const count = reader.u8();
  if (count > max) throw new Malformed('too many contacts');
  return Array.from({ length: count }, () => readCachedContact(reader, community));
}

function readPlace(reader: Reader): Place {
  const place = reader.u64();
  if (place >= RING_PLACES) throw new Malformed('a place beyond the ring');
  return place;
}
