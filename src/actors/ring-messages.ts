/**
 * What the two actors of a ring peer say to each other, as `messages.ts` has it of the server's. `wire` is a varint,
 * drawn by who opens it: odd by the ring when it dials, even by the wire. All of one wire goes on the data lane, so
 * that it keeps its order.
 *
 *   ring -> wire -> network -> wire -> ring
 */

/** To the wire (key 0), the I/O actor below a peer of the ring. */
export const WireMessage = {
  /** Nothing: the socket is bound. */
  Listen: 0,
  /** life varint: a ring begins anew; every wire there was ends, and the wire tells Ready. */
  Renew: 1,
  /** wire, give up ms varint, address text, port u16. */
  Dial: 2,
  /** wire. */
  Abandon: 3,
  /** wire, frame type u8, lane u8, body (rest). */
  Send: 4,
  /** wire, code varint, reason text. */
  Close: 5,
  /** wire, transfer varint, chunk varint, bytes varint. */
  Want: 6,
  /** wire, transfer varint. */
  Unwant: 7,
  /** wire, transfer varint, chunk varint, record (rest). */
  Supply: 8,
  /** wire, transfer varint. */
  Unsupply: 9,
  /** mark varint: everything told before it was taken in; the wire tells RingMessage.Marked. */
  Mark: 10,
  /** mark varint. */
  Marked: 11,
} as const;

/** To a peer of the ring (key 0), from its wire. Before Ready of its own life it takes nothing of these in. */
export const RingMessage = {
  /** life varint, addresses (net/ring/contact.ts): it listens, and there is no wire yet. */
  Ready: 1,
  /** addresses: this machine's have changed. */
  Addresses: 2,
  /** wire, dialled u8, handshake key (32), address text, port u16, rtt varint (microseconds, 0 unknown). */
  Opened: 3,
  /** wire, frame type u8, body (rest). */
  Frame: 4,
  /** wire, code varint, local u8, reason text. */
  Closed: 5,
  /** As Closed, of one that was dialled and never opened. */
  Failed: 6,
  /** wire, transfer varint, first varint, count varint. */
  Wanted: 7,
  /** wire, transfer varint, chunk varint, record (rest). */
  Chunk: 8,
  /** wire, transfer varint, chunk varint. */
  Supplied: 9,
  /** wire, taken frames varint, taken bytes varint, held frames varint, held bytes varint, rtt varint (microseconds): of what was told to be sent. */
  Load: 10,
  /** wire, address text, port u16: the other end has another address now. */
  Moved: 11,
  /** address text, port u16: somebody of this community may be there. */
  Found: 12,
  /** Nothing: the wire begins anew, all wires are gone. */
  Lost: 13,
  /** mark varint: everything told before it was taken in; the ring tells WireMessage.Marked. */
  Mark: 14,
  /** mark varint. */
  Marked: 15,
} as const;
