import type { NatterError } from '../../chat/error.js';
import type { Target } from '../../chat/events.js';

/** A log that can be written to. */
export interface PostLog {
  readonly log: number;
  /** 16 bytes. */
  readonly logId: Uint8Array;
  readonly target: Target;
}

/** One message of ours on its way. */
export interface Post {
  readonly to: PostLog;
  /** An EntryKind. */
  readonly kind: number;
  readonly body: Buffer;
  /** Given by a script, so that a repeat of the whole command is one entry; '' for none. */
  readonly key: string;
  /** Hex; follows from stream and counter, so it changes when the post must be numbered anew. */
  id: string;
  counter: number;
  state: 'waiting' | 'sent' | 'held' | 'failed';
  /** It left at least once: the server may have it. */
  everSent: boolean;
  /** Number of the request under way; 0 when none is. */
  request: number;
  /** Nothing unanswered stood before it when it was last sent: a GAP then means the server has forgotten. */
  ledWhenSent: boolean;
}

/** What becomes of posts. */
export interface PostEvents {
  accepted(post: Post, seq: number, at: number): void;
  failed(post: Post, error: NatterError): void;
  /** The post has another id from now on. */
  renamed(post: Post, was: string): void;
}
