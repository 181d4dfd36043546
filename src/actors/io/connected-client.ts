import { Bucket } from '../../net/bucket.js';
import type { Connection } from '../../net/types.js';
import type { ServerLimits } from '../limits.js';
import type { Feed } from './feed.js';

/** What one connection may say, whatever it is. */
export type FrameLimits = Pick<ServerLimits, 'framesPerS' | 'framesBurst'>;

/** WANTs of one connection: a message to another thread each. One a chunk at 1 GB/s would be fewer. */
const WANTS_PER_S = 20_000;

/** A client as the I/O actor knows it, kept as the `owner` of its connection, so that it outlives this actor too. */
export class ConnectedClient {
  /** From IoMessage.Identity: given to the session again when its thread was lost. */
  identity: Buffer = Buffer.alloc(0);
  readonly feeds = new Set<Feed>();
  /**
   * A datagram holds hundreds of the smallest frames, and each is a message to another thread: without a bound
   * one connection would fill the mailboxes of all.
   */
  readonly frames: Bucket;
  readonly wants: Bucket;

  constructor({ framesPerS, framesBurst }: FrameLimits, now: number) {
    this.frames = new Bucket(framesPerS, framesBurst, now);
    this.wants = new Bucket(WANTS_PER_S, WANTS_PER_S, now);
  }

  /** The client at the other end of a connection, made when there is none yet. */
  static of(connection: Connection, limits: FrameLimits, now: number): ConnectedClient {
    connection.owner ??= new ConnectedClient(limits, now);
    return connection.owner as ConnectedClient;
  }
}
