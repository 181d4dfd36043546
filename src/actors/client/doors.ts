import type { Target } from '../../chat/events.js';
import { parseTarget } from '../../chat/name.js';
import { type ConversationBody, ConversationKind, Operation } from '../../chat/operations.js';
import { ConversationBody as ConversationSchema } from '../../chat/schemas.js';
import type { Calls } from './calls.js';
import { type Conversation, targetOf } from './conversation.js';
import type { Conversations } from './conversations.js';

/** A conversation that appears by itself brings news: somebody wrote. So many entries of it at most. */
const APPEARED_BACKLOG = 100;

/** The ways into conversations that are not there yet. */
export class Doors {
  readonly #conversations: Conversations;
  readonly #backlog: number;
  readonly #enrolled: (conversation: Conversation) => void;
  readonly #opening = new Map<Target, Promise<Conversation>>();

  /**
   * @param backlog entries before the head that count as news in a conversation one opened oneself
   * @param enrolled the server made one belong to a group of people nearby
   */
  constructor(conversations: Conversations, backlog: number, enrolled: (conversation: Conversation) => void) {
    this.#conversations = conversations;
    this.#backlog = backlog;
    this.#enrolled = enrolled;
  }

  /**
   * The conversation, joined or opened if it is not there; asked for once, however many want it.
   * @throws NatterError NO_SUCH_USER, NO_SUCH_ROOM, NOT_ALLOWED, YOURSELF, NAME_*, NO_ANSWER
   */
  async open(room: Target, calls: Calls): Promise<Conversation> {
    const known = this.#conversations.find(room);
    if (known !== undefined) return known;
    const { kind, name, target } = parseTarget(room);
    // A room may be written without its sign.
    const spelled = this.#conversations.find(target);
    if (spelled !== undefined) return spelled;
    let opening = this.#opening.get(target);
    if (opening === undefined) {
      const operation = kind === 'direct' ? Operation.Direct : Operation.Join;
      // Rooms and people are asked for by their names, groups with their sign.
      const n = kind === 'interest' || kind === 'geo' ? target : name;
      opening = calls
        .call(operation, { n }, ConversationSchema)
        .then((body) => this.#conversations.open(body))
        .finally(() => this.#opening.delete(target));
      this.#opening.set(target, opening);
    }
    return opening;
  }

  /** The server says that a conversation is there. Opened by somebody else, a private one begins with news. */
  appeared(body: ConversationBody): void {
    const isMine = this.#opening.has(targetOf(body));
    const isNew = this.#conversations.byLog(body.l) === undefined;
    const byOthers = body.k === ConversationKind.Direct && !isMine;
    const backlog = byOthers ? Math.max(APPEARED_BACKLOG, this.#backlog) : this.#backlog;
    const conversation = this.#conversations.open(body, backlog);
    // Whatever it begins with is news, a file that is offered, too.
    if (byOthers) conversation.caughtUp = true;
    if (body.k === ConversationKind.Geo && isNew && !isMine) this.#enrolled(conversation);
  }
}
