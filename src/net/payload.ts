import type { Carried, SentPackets } from './sent.js';

/**
 * The payload of the packet that is being filled: plaintext in the scratch of the keys, what it carries described in the
 * ring of sent packets. One object per thread is reused: a packet is filled and sealed in one go.
 *
 *     bytes  | ACK | PUSH 41 | PUSH 42 |   room   |
 *                                      ^ at       ^ end
 */
export class Payload {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** Asks for an ack. */
  eliciting = false;
  #sent: SentPackets | undefined;

  begin(bytes: Buffer, end: number, sent: SentPackets): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = end;
    this.eliciting = false;
    this.#sent = sent;
  }

  /** The number the packet will have. */
  get number(): number {
    return this.#sent?.next ?? 0;
  }

  get room(): number {
    return this.end - this.at;
  }

  /** A frame was written up to `next`; `carrier` hears of (a, b) again when the packet's fate is known. */
  carry(next: number, carrier: Carried, a: number, b: number): void {
    this.at = next;
    this.eliciting = true;
    this.#sent?.describe(carrier, a, b);
  }

  /** The packet carries an ACK up to `largest`. Does not ask for one itself. */
  carryAck(carrier: Carried, largest: number): void {
    this.#sent?.describe(carrier, largest, 0);
  }
}
