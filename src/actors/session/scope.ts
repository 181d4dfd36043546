import type { WelcomeReply } from '../../chat/operations.js';
import type { Bucket } from '../../net/bucket.js';
import type { ServerLimits } from '../limits.js';
import type { Identified } from '../registry/bodies.js';
import type { ActorContext } from '../runtime/actor.js';
import type { Conversations } from './conversations.js';
import type { OpenFiles } from './open-files.js';
import type { Author } from './posts.js';

/** What an operation may see and do of the session that it runs in. */
export interface SessionScope {
  readonly context: ActorContext;
  readonly conn: number;
  /** The device's static key, 32 bytes. */
  readonly device: Buffer;
  readonly handshakeHash: Buffer;
  /** Where the client is, as far as limits go: an IPv4 address, or an IPv6 network of 64 bits. */
  readonly address: string;
  readonly conversations: Conversations;
  readonly files: OpenFiles;
  readonly limits: ServerLimits;
  /** A token for each file offered. */
  readonly offers: Bucket;
  /** @throws NatterError NOT_LOGGED_IN */
  author(): Author;
  /** The client has proven who it is; ends when its conversations are loaded. */
  welcome(who: Identified): Promise<WelcomeReply>;
  /** The password was proven just now. */
  proved(): void;
  /** @throws NatterError NOT_ALLOWED unless the password was proven within the last minutes */
  requireProof(): void;
  /** To every session of an account, this one too. */
  notify(account: Uint8Array, type: number, body: Uint8Array): void;
  /** Shows the account as away, or not, as far as this session goes. */
  setAway(away: boolean): void;
  /** The account is in that cell now (empty: nowhere); ends when it is in the groups around there. */
  settle(cell: string): Promise<void>;
  logout(): void;
}
