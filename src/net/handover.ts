import { TOKEN_LIFE_MS } from './constants.js';
import { TokenFrame } from './frame.js';
import type { Payload } from './payload.js';
import type { PathAddress } from './types.js';

/**
 * Hands the peer a fresh token now and then, on packets that leave anyway, so that its next handshake is
 * short. A lost one is not repeated: the next comes while the one before it is still good.
 */
export class TokenHandover {
  readonly #make: (to: PathAddress) => Buffer | undefined;
  #dueAt: number;

  /** `make` returns undefined when we do not listen; then nothing is ever handed over. */
  constructor(make: (to: PathAddress) => Buffer | undefined, now: number) {
    this.#make = make;
    this.#dueAt = now;
  }

  due(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** The path changed: the token in the peer's hands is for another address. */
  renew(): void {
    this.#dueAt = 0;
  }

  fill(payload: Payload, to: PathAddress, now: number): void {
    const token = this.#make(to);
    if (token === undefined) {
      this.#dueAt = Number.POSITIVE_INFINITY;
      return;
    }
    const next = TokenFrame.encode(payload.bytes, payload.at, payload.end, token);
    if (next < 0) return;
    payload.at = next;
    this.#dueAt = now + TOKEN_LIFE_MS / 2;
  }
}
