/**
 * CBOR bodies (RFC 8949) of requests, replies and events: encoded plainly, and decoded only after a walk has
 * proven that the bytes are small, shallow and complete, then checked by a schema (src/chat/schemas.ts).
 */
import { Decoder, Encoder } from 'cbor-x';
import * as v from 'valibot';
import { MESSAGE_MAX_BYTES } from '../net/constants.js';
import { NatterError } from './error.js';

/** Maps and arrays within each other. The deepest body, a list of maps in a map, has 3. */
const DEPTH_MAX = 5;
/** Keys, values and elements altogether. The largest body, 1,000 conversations of a WelcomeReply, has 19,000. */
const ITEMS_MAX = 20_000;

const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
});
/**
 * An integer may have 8 bytes, whatever its value: other encoders write one where ours writes a float64.
 * (The library's types know nothing of that option.)
 */
const DECODING = { useRecords: false, mapsAsObjects: true, copyBuffers: true, int64AsNumber: true };
const decoder = new Decoder(DECODING);

/** A body as it goes on the wire. The bytes belong to the caller. */
export function encodeBody(value: object): Buffer {
  return encoder.encode(value);
}

/**
 * Reads a body that came from the network. Unknown keys are dropped, so that a newer peer may add some.
 * Byte strings in the result are copies.
 * @throws NatterError PROTOCOL whatever is wrong with the bytes
 */
export function decodeBody<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> {
  if (bytes.length > MESSAGE_MAX_BYTES) throw malformed(`is larger than ${MESSAGE_MAX_BYTES} bytes`);
  walk(bytes);
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch (error) {
    throw malformed('is not valid CBOR', error);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw malformed(`has a wrong field: ${issue.message}${pathOf(issue)}`);
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null ? '' : ` at ${path}`;
}

function malformed(what: string, cause?: unknown): NatterError {
  return new NatterError('PROTOCOL', `The message body ${what}; both sides need the same natter.`, {}, cause);
}

/**
 * Walks one CBOR item without building anything. A decoder allocates what a header declares, so nine bytes
 * may ask for gigabytes and nested headers for their product (cbor-x issue 142); here every container's
 * declared count is held against the bytes that are left before anybody allocates.
 *
 *   initial byte:  | major (3 bits) | additional (5 bits) |  then 0, 1, 2, 4 or 8 bytes of argument
 */
function walk(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Items still to come per open container, innermost last; the outermost holds the one body.
  const open: number[] = [1];
  let items = 0;
  let at = 0;
  while (open.length > 0) {
    const left = open[open.length - 1] ?? 0;
    if (left === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1] = left - 1;
    items += 1;
    if (items > ITEMS_MAX) throw malformed(`holds more than ${ITEMS_MAX} items`);
    if (at >= bytes.length) throw malformed('runs past its end');
    const initial = view.getUint8(at);
    const [argument, next] = readArgument(view, at + 1, initial & 0x1f);
    at = next;
    const major = initial >> 5;
    if (major === 2 || major === 3) at += argument;
    if (at > bytes.length) throw malformed('runs past its end');
    if (major === 6) throw malformed('holds a tag');
    if (major !== 4 && major !== 5) continue;
    const inside = major === 5 ? argument * 2 : argument;
    if (inside > bytes.length - at) throw malformed('declares more than it holds');
    if (open.length > DEPTH_MAX) throw malformed(`is nested deeper than ${DEPTH_MAX}`);
    open.push(inside);
  }
  if (at !== bytes.length) throw malformed('has bytes behind its end');
}

/** The argument of an initial byte, and the offset behind it. */
function readArgument(view: DataView, at: number, additional: number): [argument: number, next: number] {
  if (additional < 24) return [additional, at];
  // 28 to 30 are not assigned, 31 is an indefinite length, which no body needs.
  if (additional > 27) throw malformed('has an indefinite or unknown length');
  const bytes = 1 << (additional - 24);
  if (at + bytes > view.byteLength) throw malformed('runs past its end');
  switch (bytes) {
    case 1:
      return [view.getUint8(at), at + 1];
    case 2:
      return [view.getUint16(at), at + 2];
    case 4:
      return [view.getUint32(at), at + 4];
    default:
      return [view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4), at + 8];
  }
}
