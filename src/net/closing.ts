import { REASON_MAX_BYTES } from './constants.js';
import { CloseCode } from './types.js';

/** CLOSE is sent this often, unless the peer answers before. */
const TIMES = 3;

/** Cuts a text to `max` bytes of UTF-8 between two characters. */
export function cutText(text: string, max: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= max) return bytes;
  let end = max;
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** What the network called a reason, as far as we know it: codes from 0x40 on never travel. */
export function knownCode(code: number): CloseCode {
  switch (code) {
    case CloseCode.ShuttingDown:
    case CloseCode.Protocol:
    case CloseCode.Limit:
    case CloseCode.Revoked:
      return code;
    default:
      return CloseCode.Done;
  }
}

/** The end of a connection that we close: CLOSE now, again after one and after three intervals, then gone. */
export class Closing {
  readonly code: CloseCode;
  readonly reason: Buffer;
  deadline: number;
  readonly #intervalMs: number;
  #sent = 0;

  constructor(code: CloseCode, text: string, intervalMs: number, now: number) {
    this.code = code;
    this.reason = cutText(text, REASON_MAX_BYTES);
    this.#intervalMs = intervalMs;
    this.deadline = now;
  }

  /** Another CLOSE is due. Otherwise look at `over`. */
  due(now: number): boolean {
    if (now < this.deadline || this.over) return false;
    this.#sent++;
    this.deadline = now + this.#intervalMs * this.#sent;
    return true;
  }

  get over(): boolean {
    return this.#sent >= TIMES;
  }
}
