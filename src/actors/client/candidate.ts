import { Reader } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import { replyCodec } from '../../net/talk.js';
import type { Connection } from '../../net/types.js';
import { Authentication, type AuthenticationOptions } from './authentication.js';
import { Calls } from './calls.js';
import { quitting } from './failures.js';
import type { SessionOptions } from './session.js';
import type { Outcome } from './steps.js';

/** Frames that may follow the welcome before the login is through here: they came in the same datagram. */
const EARLY_FRAMES_MAX = 1_024;

interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** A connection that is open, but over which nobody has logged in yet. */
export class Candidate {
  readonly connection: Connection;
  readonly #calls: Calls;
  readonly #reader = new Reader();
  #early: Frame[] = [];

  /** @param wake asks for what was queued to be sent */
  constructor(connection: Connection, { world, channel }: SessionOptions, wake: () => void) {
    this.connection = connection;
    this.#calls = new Calls(world.clock, channel.numbers, channel.writer);
    this.#calls.attach(connection, wake);
  }

  /** Logs in or registers; never rejects. */
  authenticate(
    { world, credentials, keys, label }: SessionOptions,
    how: Pick<AuthenticationOptions, 'deviceKnown' | 'deviceOnly' | 'register' | 'registering'>,
  ): Promise<Outcome> {
    return new Authentication({
      calls: this.#calls,
      handshakeHash: this.connection.handshakeHash,
      stretching: world.stretching,
      clock: world.clock,
      tap: world.tap,
      credentials,
      deviceKey: keys.publicKey,
      label,
      ...how,
    }).run();
  }

  /** Takes in a frame: an answer, or news for the time after the login. */
  frame(type: number, body: Buffer): void {
    if (type === FrameType.Reply) this.#calls.reply(replyCodec.decode(this.#reader.reset(body)));
    else if (this.#early.length < EARLY_FRAMES_MAX) this.#early.push({ type, body: Buffer.from(body) });
  }

  /** The login is through. @returns what came before that was known here, in order */
  release(): Frame[] {
    this.#calls.detach();
    const early = this.#early;
    this.#early = [];
    return early;
  }

  /** Nobody wants the login any more. */
  abandon(): void {
    this.#calls.failAll(quitting());
    this.#calls.detach();
  }
}
