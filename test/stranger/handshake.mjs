/** The initiator's handshake: retries, RETRY, and the way from IK to XX when nobody answers to the pinned key. */

import { randomBytes } from 'node:crypto';
import { block, Reader } from './bytes.mjs';
import { Initiator } from './noise.mjs';

const VERSION = 1;
const TYPE = { initiation: 0x01, retry: 0x02, response: 0x03, finish: 0x04 };
const DATAGRAM = 1200;
const REPEAT_MS = [300, 600, 1000];
const ATTEMPTS_KEPT = 4;
const RETRIES_PER_INTERVAL = 3;
const IK_TRIES = 2;

/** The bytes of an INITIATION. */
export function initiation(pattern, id, token, message) {
  const content = Buffer.concat([
    Buffer.from([TYPE.initiation, VERSION, pattern]),
    id,
    block(token),
    block(message),
  ]);
  return Buffer.concat([content, Buffer.alloc(DATAGRAM - content.length)]);
}

export class Handshake {
  /**
   * @param send sends a datagram
   * @param own the client's static key pair
   * @param pinned the server's static key, when it is known
   * @param token one of an earlier session, or empty
   */
  constructor({ send, own, pinned, token = Buffer.alloc(0) }) {
    Object.assign(this, { send, own, pinned, token });
    this.attempts = [];
    this.pattern = pinned ? 2 : 1;
    this.tries = 0;
    this.retries = 0;
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.#begin();
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** Takes a datagram of type RETRY or RESPONSE; everything else is dropped. */
  receive(datagram) {
    const reader = new Reader(datagram);
    const type = reader.u8();
    if (reader.u8() !== VERSION) return;
    const attempt = this.attempts.find(({ id }) => datagram.subarray(2, 10).equals(id));
    if (!attempt) return;
    reader.take(8);
    if (type === TYPE.retry) this.#retry(attempt, reader);
    if (type === TYPE.response) this.#response(attempt, reader);
  }

  #begin() {
    const id = randomBytes(8);
    const noise = new Initiator(this.own, this.pattern === 2 ? this.pinned : undefined);
    const message = noise.first(this.pattern === 2 ? this.token : Buffer.alloc(0));
    const datagram = initiation(this.pattern, id, this.token, message);
    this.attempts = [{ id, noise, datagram, hasToken: this.token.length > 0 }, ...this.attempts];
    this.attempts.length = Math.min(this.attempts.length, ATTEMPTS_KEPT);
    this.repeats = 0;
    this.#transmit();
  }

  #transmit() {
    this.sentAt = performance.now();
    this.send(this.attempts[0].datagram);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#timeout(), REPEAT_MS[Math.min(this.repeats, REPEAT_MS.length - 1)]);
  }

  #timeout() {
    this.retries = 0;
    this.tries += 1;
    this.repeats += 1;
    if (this.pattern === 2 && this.tries >= IK_TRIES) {
      this.pattern = 1;
      this.token = Buffer.alloc(0);
      this.#begin();
    } else this.#transmit();
  }

  #retry(attempt, reader) {
    if (attempt !== this.attempts[0] && this.attempts[0].hasToken) return;
    if (this.retries >= RETRIES_PER_INTERVAL) return;
    this.retries += 1;
    this.token = reader.block();
    this.#begin();
  }

  #response(attempt, reader) {
    const peer = reader.take(8);
    const message = reader.block();
    if (reader.left > 0) return;
    let opened;
    try {
      opened = attempt.noise.second(message);
    } catch {
      return;
    }
    if (!opened.payload.equals(peer)) return;
    this.stop();
    if (this.pinned && !opened.server.equals(this.pinned)) {
      this.reject(Object.assign(new Error('The server has another key.'), { code: 'KEY_CHANGED' }));
      return;
    }
    const finish = attempt.noise.pinned
      ? undefined
      : Buffer.concat([Buffer.from([TYPE.finish, VERSION]), peer, block(attempt.noise.third())]);
    this.resolve({
      own: attempt.id,
      peer,
      finish,
      server: opened.server,
      roundTrip: performance.now() - this.sentAt,
      ...attempt.noise.split(),
    });
  }
}
