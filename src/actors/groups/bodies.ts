/** CBOR bodies between groups and sessions. */

/** a: who founds; k: radius in km; p: the client's address without its port. */
export interface NearRequest {
  readonly a: Uint8Array;
  readonly k: number;
  readonly p: string;
}
/** n: `+tag` or `~founder`. */
export interface FindRequest {
  readonly a: Uint8Array;
  readonly n: string;
  readonly p: string;
}
