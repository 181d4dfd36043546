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
  readonly #opening = new Map<Target, Promise<Conversation>>();

  /** @param backlog entries before the head that count as news in a conversation one opened oneself */
  constructor(conversations: Conversations, backlog: number) {
    this.#conversations = conversations;
    this.#backlog = backlog;
  }

  /**
   * The conversation, joined or opened if it is not there; asked for once, however many want it.
   * @throws NatterError NO_SUCH_USER, YOURSELF, NAME_*, NO_ANSWER
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
      opening = calls
        .call(operation, { n: name }, ConversationSchema)
        .then((body) => this.#conversations.open(body))
        .finally(() => this.#opening.delete(target));
      this.#opening.set(target, opening);
    }
    return opening;
  }

  /** The server says that a conversation is there. Opened by somebody else, a private one begins with news. */
  appeared(body: ConversationBody): void {
    const byOthers = body.k === ConversationKind.Direct && !this.#opening.has(targetOf(body));
    const backlog = byOthers ? Math.max(APPEARED_BACKLOG, this.#backlog) : this.#backlog;
    const conversation = this.#conversations.open(body, backlog);
    // Whatever it begins with is news, a file that is offered, too.
    if (byOthers) conversation.caughtUp = true;
  }
}
